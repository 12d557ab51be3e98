/* The gateway, the network or the PBX goes away and comes back; the page says so and catches up by itself. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { LONG, open, until, wireTo } from './house.mjs';

let house;
beforeEach(async () => {
	house = await open();
});
afterEach(() => house?.close());

const banner = (page, which) => page.locator(`[data-banner=${which}]`);
const isLive = (page) => page.locator('.top .pill.calm').waitFor({ timeout: LONG });
const isAway = (page) => banner(page, 'gateway').waitFor({ timeout: LONG });
const row = (page, number) => page.locator('.rows tbody tr', { hasText: number });

const begin = (number, call) =>
	house.sim.act('incoming', {
		trunk: 5,
		did: '5678',
		cli: number,
		to: 4001,
		call,
	});

/** What it shows is what the gateway has: of calls that are up, their states too. */
async function nothingIsMissing(page) {
	const shown = () =>
		page
			.locator('.rows tbody tr:not(.space)')
			.evaluateAll((all) =>
				all
					.map(
						(r) =>
							`${r.querySelector('a').hash.split('/').at(-1)} ${r.querySelector('.glyph').classList[1]}`,
					)
					.sort(),
			);
	const expected = async () =>
		(await house.gateway.ask('v1/calls')).calls.map((c) => `${c.id} s-${c.state}`).sort();
	await until(
		async () => (await shown()).join() === (await expected()).join(),
		'all calls as they are',
		LONG,
	);
}

test('a gateway that is killed and started again: the page says it, waits, and has all again', async () => {
	const { sim, gateway } = house;
	const page = await house.page('#/live');
	await isLive(page);
	await begin('01707100001', 'over');
	await row(page, '01707100001').waitFor({ timeout: LONG });
	await sim.act('hang_up', { call: 'over' });
	await begin('01707100002', 'stays');
	await sim.act('answer', { user: 4001, call: 'stays' });
	await row(page, '01707100002').getByText('Talking').waitFor({ timeout: LONG });
	await until(async () => (await gateway.ask('v1/history')).calls.length === 1, 'the history', LONG);

	await gateway.kill();
	await isAway(page);
	assert.match(await banner(page, 'gateway').innerText(), /away since \d\d:\d\d:\d\d/);
	await page.locator('.top .pill.alarm', { hasText: 'Away' }).waitFor();
	assert.equal(await row(page, '01707100002').count(), 1, 'what was known is still to be seen');
	/* Meanwhile: one is held, and another comes. */
	await sim.act('hold', { user: 4001, call: 'stays' });
	await sim.act('incoming', {
		trunk: 5,
		did: '5678',
		cli: '01707100003',
		to: 4002,
		call: 'new',
	});

	await gateway.restart();
	await banner(page, 'gateway').waitFor({
		state: 'detached',
		timeout: LONG,
	});
	await isLive(page);
	await row(page, '01707100002').getByText('On hold').waitFor({ timeout: LONG });
	await row(page, '01707100003').getByText('Ringing').waitFor({ timeout: LONG });
	await nothingIsMissing(page);
	await sim.act('hang_up', { call: 'new' });
	await row(page, '01707100003').waitFor({
		state: 'detached',
		timeout: LONG,
	});
	await until(async () => (await gateway.ask('v1/history')).calls.length === 2, 'the history', LONG);
	await page.keyboard.press('4');
	for (const number of ['01707100001', '01707100003'])
		await page.locator('.history-table tbody tr', { hasText: number }).waitFor({ timeout: LONG });
	assert.deepEqual(page.faults, []);
});

test('a network that is cut: what happened meanwhile is told afterwards, with nothing loaded anew', async () => {
	const { sim, gateway } = house;
	const wire = await wireTo(gateway.base);
	try {
		const page = await house.pageAt(`${wire.base}#/live`);
		await isLive(page);
		const streams = [];
		page.on(
			'request',
			(r) => r.url().includes('/v1/stream') && streams.push(new URL(r.url()).searchParams),
		);
		await begin('01707200001', 'ends');
		await row(page, '01707200001').waitFor({ timeout: LONG });
		wire.cut();
		await isAway(page);
		await sim.act('hang_up', { call: 'ends' });
		await begin('01707200002', 'stays');
		await sim.act('answer', { user: 4001, call: 'stays' });
		wire.mend();
		await banner(page, 'gateway').waitFor({
			state: 'detached',
			timeout: LONG,
		});
		await row(page, '01707200002').getByText('Talking').waitFor({ timeout: LONG });
		await row(page, '01707200001').waitFor({
			state: 'detached',
			timeout: LONG,
		});
		await nothingIsMissing(page);
		assert.equal(await banner(page, 'gap').count(), 0, 'nothing was lost');
		assert.ok(
			streams.every((query) => query.has('from') && !query.has('snapshot')),
			'it went on behind the last message',
		);
	} finally {
		await wire.close();
	}
});

test('a link to the PBX that is lost is said on every view, and what to try on its own', async () => {
	const { sim } = house;
	const page = await house.page('#/board');
	await isLive(page);
	await begin('01707300001', 'gone');
	await page.keyboard.press('2');
	await row(page, '01707300001').waitFor({ timeout: LONG });
	await sim.goAway();
	await banner(page, 'pbx').waitFor({ timeout: LONG });
	assert.match(await banner(page, 'pbx').innerText(), /No connection to 127\.0\.0\.1 since \d\d:\d\d:\d\d/);
	await page.locator('.top .pill.warn', { hasText: 'A PBX is away' }).click();
	const card = page.getByRole('article', { name: 'PBX 127.0.0.1' });
	await card.getByText('What to try').waitFor({ timeout: LONG });
	for (const key of ['1', '2', '3', '4']) {
		await page.keyboard.press(key);
		await banner(page, 'pbx').waitFor();
	}
	await page.keyboard.press('2');
	assert.equal(await row(page, '01707300001').count(), 1, 'what was known is still to be seen');
	await page.keyboard.press('5');
	await sim.comeBack();
	await banner(page, 'pbx').waitFor({ state: 'detached', timeout: LONG });
	await isLive(page);
	await card.getByText('Up', { exact: true }).waitFor();
	await page.keyboard.press('2');
	await row(page, '01707300001').waitFor({
		state: 'detached',
		timeout: LONG,
	});
	await begin('01707300002', 'next');
	await row(page, '01707300002').waitFor({ timeout: LONG });
});
