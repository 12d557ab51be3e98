/* What must hold before any gateway with some calls, the mock or a real one (`devlink3 serve --demo`). */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faintTexts } from './contrast.mjs';
import { open, until } from './support.mjs';

let house;
before(async () => {
	house = await open();
});
after(() => house.close());

const live = (page) => page.locator('.top .pill.calm').waitFor();
const VIEWS = ['board', 'live', 'people', 'history', 'links', 'settings'];

for (const view of VIEWS)
	test(`${view} is drawn without a fault, dark, light and on a phone`, async () => {
		for (const options of [
			{ colorScheme: 'dark' },
			{ colorScheme: 'light' },
			{ viewport: { width: 360, height: 740 } },
		]) {
			const page = await house.page(`#/${view}`, options);
			await live(page);
			await page.locator('main h1').first().waitFor({ state: 'attached' });
			const wide = await page.evaluate(() => {
				const main = document.querySelector('main');
				return Math.max(
					document.documentElement.scrollWidth - innerWidth,
					main.scrollWidth - main.clientWidth,
				);
			});
			assert.equal(wide, 0, 'nothing is wider than the screen');
			assert.deepEqual(page.faults, []);
			await page.context().close();
		}
	});

for (const colorScheme of ['dark', 'light'])
	test(`no text is too faint in the ${colorScheme} theme`, async () => {
		const page = await house.page('#/board', { colorScheme });
		await live(page);
		for (const view of [...VIEWS, 'wall', 'history?outcome=answered']) {
			await page.evaluate((hash) => (location.hash = hash), `#/${view}`);
			await page.locator('main h1, .wall').first().waitFor({ state: 'attached' });
			await page.waitForTimeout(500);
			assert.deepEqual(await page.evaluate(faintTexts), [], view);
		}
		await page.locator('.history-table tbody a').first().click();
		await page.locator('.timeline li').first().waitFor();
		assert.deepEqual(await page.evaluate(faintTexts), [], 'a call');
		await page.context().close();
	});

test('every field and button has a name, and every view one heading', async () => {
	const page = await house.page('#/board');
	await live(page);
	for (const view of VIEWS) {
		await page.evaluate((hash) => (location.hash = hash), `#/${view}`);
		await page.locator('main h1').first().waitFor({ state: 'attached' });
		const nameless = await page.evaluate(() =>
			[...document.querySelectorAll('button, a, input:not([hidden]), select')]
				.filter((e) => !(e.ariaLabel || e.textContent.trim() || e.labels?.[0]?.textContent.trim()))
				.map((e) => e.outerHTML.slice(0, 120)),
		);
		assert.deepEqual(nameless, [], view);
		assert.equal(await page.locator('h1').count(), 1, view);
	}
	await page.context().close();
});

test('every group has a tile, and its service level stands beside its formula', async () => {
	const page = await house.page('#/board');
	const tile = page.locator('.tile').first();
	await tile.waitFor();
	const { groups } = await (await fetch(`${house.base}v1/groups`)).json();
	assert.equal(await page.locator('.tile').count(), groups.length);
	assert.match(await tile.locator('.formula').innerText(), /\d+ in \d+ s ÷ \(\d+ − \d+ short\)/);
	await page.context().close();
});

test('running times run, and by themselves', async () => {
	const page = await house.page('#/live');
	const time = page.locator('.rows tbody .c-time .time').last();
	await time.waitFor();
	const key = await page.locator('.rows tbody tr').first().locator('a').getAttribute('href');
	const row = page.locator(`.rows tbody tr:has(a[href="${key}"]) .c-time.wide .time`);
	const first = await row.innerText();
	await until(async () => (await row.count()) === 0 || (await row.innerText()) !== first, 'another second');
	await page.context().close();
});

test('a click opens a call, Back comes back with its filters', async () => {
	const page = await house.page('#/history?outcome=answered');
	await page.locator('.history-table tbody a').first().click();
	await page.locator('.call-bar .piece').first().waitFor();
	assert.match(page.url(), /#\/call\//);
	await page.locator('.timeline li').first().waitFor();
	await page.goBack();
	await page.locator('.history-table').waitFor();
	assert.match(page.url(), /outcome=answered/);
	assert.equal(await page.getByLabel('Outcome').inputValue(), 'answered');
	await page.context().close();
});

test('a call goes down to its records, fields and raw text', async () => {
	const page = await house.page('#/history?outcome=answered');
	await page.locator('.history-table tbody a').first().click();
	const record = page.locator('.records details').first();
	await record.locator('summary').click();
	assert.ok((await record.locator('.fields dt').count()) > 5);
	assert.ok((await record.locator('.raw').innerText()).length > 20);
	await page.context().close();
});

test('a filter is in the address, finds what it says, and the CSV has the same', async () => {
	const page = await house.page('#/history');
	await page.getByLabel('Outcome').selectOption('abandoned');
	await until(() => page.url().includes('outcome=abandoned'), 'the filter in the address');
	await until(
		async () =>
			(await page.locator('.history-table tbody tr').count()) ===
			(await page.locator('.history-table tbody .o-abandoned').count()),
		'abandoned calls only',
	);
	const csv = await page.locator('a[download]').getAttribute('href');
	assert.match(csv, /outcome=abandoned/);
	assert.match(csv, /format=csv/);
	const text = await (await fetch(house.base + csv)).text();
	const lines = text.trim().split('\n');
	assert.ok(lines.length > 1 && lines.slice(1).every((line) => line.includes('abandoned')));
	await page.context().close();
});

test('pages of the history have addresses of their own', async () => {
	const page = await house.page('#/history');
	const earlier = page.getByRole('link', { name: 'Earlier calls' });
	await page.locator('.history-table').waitFor();
	if ((await earlier.count()) === 0) return page.context().close();
	const first = await page.locator('.history-table tbody a').first().getAttribute('href');
	await earlier.click();
	await until(
		async () => (await page.locator('.history-table tbody a').first().getAttribute('href')) !== first,
		'earlier calls',
	);
	assert.match(page.url(), /cursor=/);
	await page.context().close();
});

test('keys go through the views and through the calls', async () => {
	const page = await house.page('#/board');
	await live(page);
	await page.keyboard.press('2');
	await page.getByRole('grid').waitFor();
	await page.keyboard.press('?');
	await page.getByRole('dialog').waitFor();
	await page.keyboard.press('Escape');
	await page.getByRole('dialog').waitFor({ state: 'detached' });
	await page.keyboard.press('/');
	assert.equal(await page.evaluate(() => document.activeElement.type), 'search');
	await page.getByRole('grid').focus();
	await page.keyboard.press('ArrowDown');
	await page.locator('tr[aria-selected=true]').waitFor();
	await page.keyboard.press('Enter');
	await page.locator('.call-head').waitFor();
	await page.context().close();
});

test('the theme can be switched and is kept', async () => {
	const page = await house.page('#/board', { colorScheme: 'light' });
	await live(page);
	const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
	assert.equal(await theme(), 'light');
	await page.keyboard.press('t');
	await until(async () => (await theme()) === 'dark', 'the dark theme');
	await page.reload();
	await live(page);
	assert.equal(await theme(), 'dark');
	await page.context().close();
});

test('the wall shows nothing but tiles, and all of them without scrolling', async () => {
	const page = await house.page('#/wall', { viewport: { width: 1920, height: 1080 } });
	await page.locator('.tile').first().waitFor();
	assert.equal(await page.locator('nav').count(), 0);
	const cut = await page.evaluate(
		() =>
			[...document.querySelectorAll('.tile')].filter(
				(t) => t.scrollHeight > t.clientHeight + 1 || t.getBoundingClientRect().bottom > innerHeight,
			).length,
	);
	assert.equal(cut, 0);
	await page.locator('.wall.asleep').waitFor();
	await page.mouse.move(300, 300);
	await page.locator('.wall:not(.asleep)').waitFor();
	await page.keyboard.press('Escape');
	await page.locator('nav').waitFor();
	await page.context().close();
});

test('settings change the tiles, and a bad file is refused in words', async () => {
	const page = await house.page('#/settings');
	await live(page);
	await page.getByLabel('service level (percent): alarm').fill('100');
	await page.getByLabel('service level (percent): alarm').press('Tab');
	await page.locator('input[type=file]').setInputFiles({
		name: 'bad.json',
		mimeType: 'application/json',
		buffer: Buffer.from('{"version":1,"theme":"pink"}'),
	});
	await page.getByText('bad.json cannot be used').waitFor();
	await page.keyboard.press('Escape');
	await page.evaluate(() => (location.hash = '#/board'));
	await page.locator('.tile.alarm').first().waitFor();
	await page.context().close();
});
