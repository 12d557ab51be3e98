/* States that a gateway gets into seldom, by the mock. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { open, real, signIn, until } from './support.mjs';

const skip = real ? 'only before the mock' : false;
let house;
const start = async (...flags) => {
	house = await open(...flags);
};
beforeEach(() => {
	house = null;
});
afterEach(() => house?.close());

const live = (page) => page.locator('.top .pill.calm').waitFor();
const banner = (page, which) => page.locator(`[data-banner=${which}]`);

test(
	'a gateway that goes away is said at once, time stands still, and the page catches up',
	{ skip },
	async () => {
		await start();
		const page = await house.page('#/live');
		await live(page);
		await page.locator('.rows tbody tr').first().waitFor();
		await house.mock('drop?seconds=6');
		await banner(page, 'gateway').waitFor({ timeout: 2000 });
		assert.match(await banner(page, 'gateway').innerText(), /away since \d\d:\d\d:\d\d/);
		const time = page.locator('.rows tbody .c-time .time').first();
		/* What is written is up to a tick behind the moment in which time was stopped. */
		await page.waitForTimeout(700);
		const before = await time.innerText();
		await page.waitForTimeout(1500);
		assert.equal(await time.innerText(), before);
		await banner(page, 'gateway').waitFor({ state: 'detached', timeout: 20_000 });
		await live(page);
		assert.equal(await banner(page, 'gap').count(), 0, 'nothing was lost');
		const here = await page.locator('h1 .num').innerText();
		const { calls } = await (await fetch(`${house.base}v1/calls`)).json();
		assert.ok(Math.abs(Number(here) - calls.length) <= 3, `${here} calls shown, ${calls.length} are`);
	},
);

test('a resume that comes too late loads all anew, and says so', { skip }, async () => {
	await start();
	const page = await house.page('#/live');
	await live(page);
	await house.mock('forget');
	await house.mock('drop?seconds=1');
	await banner(page, 'gap').waitFor({ timeout: 15_000 });
	assert.match(await banner(page, 'gap').innerText(), /loaded everything anew/);
	await live(page);
});

test('a gateway that was started anew is followed', { skip }, async () => {
	await start();
	const page = await house.page('#/live');
	await live(page);
	await house.mock('restart?version=1.1');
	await page.getByText('The gateway has been updated').waitFor({ timeout: 15_000 });
	await live(page);
	const first = await page.locator('.rows').innerText();
	await until(async () => (await page.locator('.rows').innerText()) !== first, 'new messages', 15_000);
});

test('a PBX that is away has its own banner, and its link says what to try and when', { skip }, async () => {
	await start();
	await house.mock('link?pbx=branch&state=waiting');
	const page = await house.page('#/links');
	await banner(page, 'pbx').waitFor();
	const card = page.getByRole('article', { name: 'PBX branch' });
	await card.getByText('What to try').waitFor();
	assert.match(await card.innerText(), /Tried again in 0:\d\d/);
	await page.keyboard.press('1');
	await page.locator('.stale-tile').first().waitFor();
	assert.match(await page.locator('.stale-tile').first().innerText(), /as of \d\d:\d\d:\d\d/);
	await house.mock('link?pbx=branch&state=up');
	await banner(page, 'pbx').waitFor({ state: 'detached' });
	await page.locator('.stale-tile').first().waitFor({ state: 'detached' });
});

test('a wrong password is not said to be tried again', { skip }, async () => {
	await start();
	await house.mock('link?pbx=main&state=stopped');
	const page = await house.page('#/links');
	await page.getByText('It is not tried again by itself').waitFor();
});

test("a gap in the PBX's counter is a quiet notice with the count", { skip }, async () => {
	await start();
	const page = await house.page('#/board');
	await live(page);
	await house.mock('gap?pbx=main&missed=7');
	await banner(page, 'gap').waitFor();
	assert.match(await banner(page, 'gap').innerText(), /7 messages missed/);
	await page.getByLabel('Dismiss this notice').click();
	await banner(page, 'gap').waitFor({ state: 'detached' });
});

test('a token is asked for, a wrong one refused, the right one opens', { skip }, async () => {
	await start('--token', 'let-me-in');
	const page = await house.page('#/live');
	await signIn(page, 'wrong');
	await page.getByText('does not know this token').waitFor();
	await signIn(page, 'let-me-in');
	await live(page);
	assert.match(page.url(), /#\/live/);
	await page.keyboard.press('6');
	await page.getByRole('button', { name: 'Sign out' }).click();
	await page.getByLabel('Token').waitFor();
});

test('a token that runs out asks for another', { skip }, async () => {
	await start();
	const page = await house.page('#/board');
	await live(page);
	await house.mock('token?set=new');
	await page.getByLabel('Token').waitFor({ timeout: 15_000 });
});

test('a house in which nobody has phoned says so kindly', { skip }, async () => {
	await start('--empty');
	const page = await house.page('#/live');
	await page.getByText('All quiet').waitFor();
	await page.keyboard.press('4');
	await page.getByText('No calls yet').waitFor();
	await page.keyboard.press('1');
	await page.getByText('No calls in this time yet').waitFor();
});

test('a call that is not known is no dead end', { skip }, async () => {
	await start();
	const page = await house.page('#/call/main/none');
	await page.getByText('This call is not known').waitFor();
	await page.getByRole('link', { name: 'Look in the history' }).click();
	await page.locator('.history-table').waitFor();
});

test('of a thousand calls, only those in sight are in the page, and all are counted', { skip }, async () => {
	await start();
	await house.mock('live?n=1000');
	const page = await house.page('#/live');
	await until(
		async () => Number((await page.locator('h1 .num').innerText()).replace(/\D/g, '')) > 950,
		'1,000 calls',
	);
	assert.ok((await page.locator('.rows tbody tr').count()) < 80);
	await page.getByRole('grid').focus();
	await page.keyboard.press('End');
	await until(async () => (await page.locator('tr[aria-selected=true]').count()) === 1, 'the last row');
	await page.getByRole('searchbox').fill('Desk 12');
	await until(async () => (await page.locator('.rows tbody tr:not(.space)').count()) < 40, 'fewer rows');
	assert.match(page.url(), /q=Desk/);
});

test('those who gave up are listed, the short ones on demand', { skip }, async () => {
	await start();
	const page = await house.page('#/board');
	await page.locator('.count-link').first().click();
	const dialog = page.getByRole('dialog');
	await dialog.locator('.callers li').first().waitFor();
	const all = await dialog.locator('.callers li').count();
	await dialog.getByLabel('Short is under').fill('600');
	await dialog.getByLabel('Short is under').press('Tab');
	await dialog.getByText('Nobody here').waitFor();
	await dialog.getByRole('checkbox').check();
	assert.ok((await dialog.locator('.callers li').count()) >= all);
	await page.goBack();
	await dialog.waitFor({ state: 'detached' });
});

test('the wall survives a gateway that goes and comes', { skip }, async () => {
	await start();
	const page = await house.page('#/wall');
	await page.locator('.tile').first().waitFor();
	await house.mock('drop?seconds=2');
	await banner(page, 'gateway').waitFor();
	assert.ok((await page.locator('.tile').count()) > 0, 'the tiles of then stay');
	await banner(page, 'gateway').waitFor({ state: 'detached', timeout: 20_000 });
	assert.deepEqual(page.faults, []);
});
