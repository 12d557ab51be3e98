/* What must hold before any gateway, before this one: the tests of the views, with the demonstration in place of the mock. */
import { after } from 'node:test';
import { LONG, startDemo, until } from './house.mjs';

const demo = await startDemo();
after(() => demo.stop());
const past = async (outcome) => (await demo.ask(`v1/history?outcome=${outcome}`)).calls.length > 0;
await until(
	async () => (await past('answered')) && (await past('abandoned')),
	'calls of both outcomes',
	4 * LONG,
);
process.env.DEVLINK3_PAGE_URL = demo.base;
await import('../page/views.test.mjs');
