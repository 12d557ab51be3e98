/* A call from its first ring to its end, played by the simulator and watched in the browser. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LONG, open, until } from './house.mjs';

let house;
before(async () => {
	house = await open();
});
after(() => house?.close());

const state = (page, words) =>
	page.locator('.call-end .state', { hasText: words }).waitFor({ timeout: LONG });
/** Until the stretch it is in has its place in the bar. */
const lasts = (page, kind) =>
	until(
		async () => {
			const title = await page.locator('.call-bar .piece').last().getAttribute('title');
			const [, name, seconds] = /^(.*) 0:(\d\d)/.exec(title);
			return name === kind && Number(seconds) >= 1;
		},
		`a second of ${kind}`,
		LONG,
	);

/** The only call there is, opened from the list of live calls. */
async function opened(page, number) {
	const row = page.locator('.rows tbody tr', { hasText: number });
	await row.waitFor({ timeout: LONG });
	await row.getByRole('link').click();
	await page.locator('.call-head').waitFor();
	return decodeURIComponent(new URL(page.url()).hash.split('/').at(-1));
}

const kinds = (page) =>
	page
		.locator('.call-bar .piece')
		.evaluateAll((all) => all.map((e) => [...e.classList].find((c) => c.startsWith('k-')).slice(2)));

test('a call is followed through ringing, talking, hold and park to its end', async () => {
	const { sim, gateway } = house;
	const page = await house.page('#/live');
	await page.getByText('All quiet').waitFor({ timeout: LONG });
	await sim.act('incoming', {
		trunk: 5,
		did: '5678',
		cli: '01707111111',
		to: 4001,
		call: 'c1',
	});
	const id = await opened(page, '01707111111');
	await state(page, 'Ringing');
	await lasts(page, 'ringing');
	await sim.act('answer', { user: 4001, call: 'c1' });
	await state(page, 'Talking');
	await lasts(page, 'talking');
	await sim.act('hold', { user: 4001, call: 'c1' });
	await state(page, 'On hold');
	await lasts(page, 'on hold');
	await sim.act('retrieve', { user: 4001, call: 'c1' });
	await state(page, 'Talking');
	await lasts(page, 'talking');
	await sim.act('park', { user: 4001, slot: 1, call: 'c1' });
	await state(page, 'Parked');
	await lasts(page, 'parked');
	await sim.act('unpark', { user: 4002, slot: 1 });
	await state(page, 'Talking');
	await lasts(page, 'talking');
	await sim.act('hang_up', { call: 'c1' });
	await page.locator('.call-end .outcome', { hasText: 'Answered' }).waitFor({ timeout: LONG });
	assert.match(await page.locator('.call-end').innerText(), /ended by the caller, 01707111111/);
	const { call } = await gateway.ask(`v1/calls/${id}?pbx=127.0.0.1`);
	await theBarIsProportional(page, call);
	await everyoneWhoTalkedIsNamed(page);
	await theRecordsAreThere(page, id);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

async function theBarIsProportional(page, call) {
	assert.deepEqual(await kinds(page), ['ring', 'talk', 'hold', 'talk', 'park', 'talk']);
	const at = (what) => call.timeline.find((e) => e.what === what).at;
	const whole = call.ended - call.started;
	const share = (kind) =>
		page.locator('.call-bar .bar').evaluate((bar, name) => {
			const piece = bar.querySelector(`.k-${name}`).getBoundingClientRect();
			return piece.width / bar.getBoundingClientRect().width;
		}, kind);
	for (const [kind, from, to] of [
		['ring', call.started, call.answered],
		['hold', at('held'), at('retrieved')],
		['park', at('parked'), at('unparked')],
	]) {
		const [is, should] = [await share(kind), (to - from) / whole];
		/* Pieces that would be too thin to see are a little wider than they should be. */
		assert.ok(
			Math.abs(is - should) < 0.05,
			`${kind} has ${is} of the bar, and took ${should} of the call`,
		);
	}
}

async function everyoneWhoTalkedIsNamed(page) {
	const talked = await page.getByRole('region', { name: 'Facts' }).innerText();
	assert.match(talked, /Sofía Marín \(4001\)/);
	assert.match(talked, /Siobhán \(4002\)/);
	const timeline = await page.getByRole('region', { name: 'Timeline' }).innerText();
	assert.match(timeline, /parked in slot 1/);
}

async function theRecordsAreThere(page, id) {
	const { records } = await house.gateway.ask(`v1/calls/${id}?pbx=127.0.0.1`);
	assert.ok(records.length >= 7, `${records.length} records`);
	const shown = page.locator('.records details');
	await until(async () => (await shown.count()) === records.length, 'all records', LONG);
	for (const [i, record] of records.entries()) {
		await shown.nth(i).locator('summary').click();
		assert.equal(await shown.nth(i).locator('.raw').innerText(), record.raw.trimEnd());
		assert.ok((await shown.nth(i).locator('.fields dt').count()) > 0);
	}
}

test('a call that is passed on says who did, and the stretch in between has its colour', async () => {
	const { sim } = house;
	const page = await house.page('#/live');
	await sim.act('incoming', {
		trunk: 5,
		did: '5678',
		cli: '01707222222',
		to: 4001,
		call: 'c2',
	});
	await opened(page, '01707222222');
	await sim.act('answer', { user: 4001, call: 'c2' });
	await lasts(page, 'talking');
	await sim.act('transfer', { user: 4001, to: 4002, call: 'c2' });
	await lasts(page, 'being transferred');
	await sim.act('answer', { user: 4002, call: 'c2' });
	await state(page, 'Talking');
	await lasts(page, 'talking');
	await sim.act('hang_up', { user: 4002, call: 'c2' });
	await page.getByText('ended by').waitFor({ timeout: LONG });
	assert.match(await page.locator('.call-end').innerText(), /ended by O'Brien Siobhán \(4002\)/);
	assert.deepEqual(await kinds(page), ['ring', 'talk', 'transfer', 'talk']);
	assert.match(
		await page.getByRole('region', { name: 'Timeline' }).innerText(),
		/Sofía Marín \(4001\) passed the call on/,
	);
	await page.context().close();
});

test('who leaves a message is shown with the mailbox', async () => {
	const { sim } = house;
	const page = await house.page('#/live');
	await sim.act('incoming', {
		trunk: 5,
		did: '5678',
		cli: '01707333333',
		to: 4004,
		call: 'c3',
	});
	await opened(page, '01707333333');
	await sim.act('voicemail', { call: 'c3' });
	await state(page, 'Voicemail');
	await lasts(page, 'voicemail');
	await sim.act('hang_up', { call: 'c3' });
	await page.locator('.call-end .outcome', { hasText: 'Voicemail' }).waitFor({ timeout: LONG });
	assert.equal((await kinds(page)).at(-1), 'voicemail');
	await page.context().close();
});

test('a caller waits on the board, gives up, and is in the list of those who did', async () => {
	const { sim } = house;
	const page = await house.page('#/board');
	for (const user of [4001, 4002, 4003]) await sim.act('do_not_disturb', { user, on: true });
	await sim.act('incoming', {
		trunk: 5,
		did: '5678',
		cli: '01707444444',
		call: 'c4',
	});
	const tile = page.getByRole('article', { name: 'Group Sales' });
	const figure = (name) => tile.locator('.figure', { hasText: name }).locator('b');
	await until(
		async () => (await tile.count()) === 1 && (await figure('waiting').innerText()) === '1',
		'one waits',
		LONG,
	);
	await until(async () => (await figure('longest wait').innerText()) >= '0:02', 'the wait to run', LONG);
	await sim.act('hang_up', { call: 'c4' });
	await until(async () => (await figure('waiting').innerText()) === '0', 'nobody waits', LONG);
	await tile.getByRole('link', { name: '1 abandoned, list them' }).click();
	const dialog = page.getByRole('dialog');
	const short = dialog.getByRole('checkbox');
	const caller = dialog.locator('.callers li', {
		hasText: '01707444444',
	});
	// On a slow machine the caller waited for longer than a short call.
	await until(async () => (await short.count()) + (await caller.count()) > 0, 'the list', LONG);
	if ((await caller.count()) === 0) await short.check();
	await caller.getByRole('link').click();
	await page.locator('.call-end .outcome', { hasText: 'Abandoned' }).waitFor({ timeout: LONG });
	assert.ok((await kinds(page)).includes('queue'));
	assert.match(await page.locator('.call-end').innerText(), /ended by the caller/);
	for (const user of [4001, 4002, 4003]) await sim.act('do_not_disturb', { user, on: false });
	await page.context().close();
});
