/* A thousand calls at once, and hundreds more a minute. What keeps the page fast is looked at, not how fast it was: the
 * machine's other work must not decide. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LONG, open, until } from './house.mjs';

const CALLS = 1000;
/** In calls a minute: until there are enough, and then for as many to come as go. */
const RISING = 12_000;
const STEADY = 300;

let house;
before(async () => {
	const size = ['--users', '3000', '--groups', '20', '--trunks', '30', '--channels', '60'];
	house = await open([...size, '--rate', String(RISING), '--talk', '600']);
	const up = async () => (await house.gateway.ask('v1/calls')).calls.length;
	await until(async () => (await up()) > CALLS * 1.1, `${CALLS} calls at the gateway`, 4 * LONG);
	await house.sim.rate(STEADY);
});
after(() => house?.close());

const number = (text) => Number(text.replace(/\D/g, ''));
const inAll = async (page) => number(await page.locator('h1 .num').innerText());
const inPage = (page) => page.locator('.rows tbody tr:not(.space)').count();

test('all are counted, those in sight are in the page, and it is as live as with ten', async () => {
	const page = await house.page('#/live');
	await until(async () => (await inAll(page)) >= CALLS, `${CALLS} calls`, LONG);
	assert.ok((await inPage(page)) < 80, 'rows out of sight are not in the page');
	assert.equal(number(await page.getByRole('grid').getAttribute('aria-rowcount')), (await inAll(page)) + 1);
	assert.ok((await page.evaluate(() => document.querySelectorAll('*').length)) < 3000);
	/* Calls keep coming and going. */
	const before = await inAll(page);
	await until(async () => (await inAll(page)) !== before, 'another number of calls', LONG);
	/* The last one is reached by a key, and opened by another. */
	await page.getByRole('grid').focus();
	await page.keyboard.press('End');
	await page.locator('tr[aria-selected=true]').waitFor({ timeout: LONG });
	assert.ok((await inPage(page)) < 80);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('a filter among a thousand finds the one', async () => {
	const page = await house.page('#/live');
	await until(async () => (await inAll(page)) >= CALLS, `${CALLS} calls`, LONG);
	const { calls } = await house.gateway.ask('v1/calls');
	const newest = calls
		.filter((c) => c.state === 'connected' && c.cli)
		.reduce((x, y) => (x.answered > y.answered ? x : y));
	await page.getByRole('searchbox').fill(newest.id);
	await until(async () => (await inPage(page)) === 1, 'the one', LONG);
	await page.locator('.rows tbody a').click();
	await page.locator('.call-bar .piece').first().waitFor({ timeout: LONG });
	await page.context().close();
});

/** In the page: which calls' rows were drawn anew while the number of calls changed so many times. */
const drawnAnew = (times) =>
	new Promise((done) => {
		const everything = { subtree: true, childList: true, characterData: true };
		const drawn = new Set();
		let changes = 0;
		new MutationObserver((seen) => {
			for (const { target } of seen) {
				const element = target.nodeType === 1 ? target : target.parentElement;
				const row = element?.closest('tbody tr:not(.space)');
				/* Running times write themselves. */
				if (row && !element.closest('.time')) drawn.add(row.querySelector('a').hash.split('/').pop());
			}
		}).observe(document.querySelector('.rows'), everything);
		new MutationObserver(() => {
			if (++changes === times) done([...drawn].map(decodeURIComponent));
		}).observe(document.querySelector('h1 .num'), everything);
	});

test('what changes out of sight does not touch the rows in sight', async () => {
	/* The longest calls come first, and the newest, which change most, last. */
	const page = await house.page('#/live?order=started&state=connected');
	await until(async () => (await inPage(page)) > 20, 'rows', LONG);
	const told = async () => new Map((await house.gateway.ask('v1/calls')).calls.map((c) => [c.id, JSON.stringify(c)]));
	const before = await told();
	const drawn = await page.evaluate(drawnAnew, 5);
	const after = await told();
	const inVain = drawn.filter((id) => before.has(id) && before.get(id) === after.get(id));
	/* A page that is behind may draw what the gateway had told before it was asked. */
	assert.ok(inVain.length <= 3, `${inVain.length} of ${drawn.length} rows were drawn anew for nothing: ${inVain.join()}`);
	assert.ok(drawn.length < before.size / 2, `${drawn.length} rows of ${before.size} calls`);
	await page.context().close();
});

test('thousands of people, and the groups, stay in step with the gateway', async () => {
	const page = await house.page('#/people?state=talking');
	await until(async () => (await page.locator('.person').count()) > CALLS / 2, 'people who talk', LONG);
	const first = await page.locator('.people h2 .num').innerText();
	await until(async () => (await page.locator('.people h2 .num').innerText()) !== first, 'a change', LONG);
	await page.keyboard.press('1');
	await page.locator('.tile').first().waitFor({ timeout: LONG });
	const live = page.locator('.sums div', { hasText: 'live calls' }).locator('dd');
	await until(async () => number(await live.innerText()) >= CALLS, 'all calls in the sums', LONG);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});
