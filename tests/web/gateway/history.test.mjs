/* Past calls: found, filtered, and taken away as a file. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { LONG, open, until } from './house.mjs';

let house;

/* One that was answered in the group, one that was not, one that was pushed away, and one within the house. */
async function somebodyPhones({ sim, gateway }) {
	await until(async () => (await gateway.ask('v1/pbx')).pbxs[0].state === 'up', 'the link', LONG);
	const incoming = (call, cli, name, to) =>
		sim.act('incoming', {
			trunk: 5,
			did: '5678',
			cli,
			call,
			...(name && { name }),
			...(to && { to }),
		});
	await incoming('c1', '01707555111', 'Meyer, "Zoë" & Söhne');
	await sim.act('answer', { user: 4002, call: 'c1' });
	await sim.act('hang_up', { user: 4002, call: 'c1' });
	await incoming('c2', '01707555222');
	await sim.act('hang_up', { call: 'c2' });
	await incoming('c3', '0033123456789', '=1+1', 4003);
	await sim.act('reject', { user: 4003, call: 'c3' });
	await sim.act('dial', { user: 4005, to: '4001', call: 'c4' });
	await sim.act('answer', { user: 4001, call: 'c4' });
	await sim.act('hang_up', { user: 4005, call: 'c4' });
	await until(
		async () => (await gateway.ask('v1/history')).calls.length === 4,
		'four calls of history',
		LONG,
	);
}

before(async () => {
	house = await open();
	await somebodyPhones(house);
});
after(() => house?.close());

const rows = (page) => page.locator('.history-table tbody tr');
const shows = (page, n, what) =>
	until(
		async () =>
			(await rows(page).count()) === n && (await page.locator('[aria-busy=true]').count()) === 0,
		`${n} calls ${what}`,
		LONG,
	);

/** The gateway's CSV, by the rules of RFC 4180. */
function readCsv(text) {
	const table = [[]];
	for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
		table.at(-1).push(quoted?.replaceAll('""', '"') ?? plain);
		if (end !== ',') table.push([]);
	}
	const [names, ...lines] = table.filter((line) => line.length > 1);
	return lines.map((line) => Object.fromEntries(names.map((name, i) => [name, line[i]])));
}

test('all calls are there, the newest first', async () => {
	const page = await house.page('#/history');
	await shows(page, 4, 'in all');
	const ids = await page
		.locator('.history-table tbody a')
		.evaluateAll((all) => all.map((a) => decodeURIComponent(a.getAttribute('href').split('/').at(-1))));
	const { calls } = await house.gateway.ask('v1/history');
	assert.deepEqual(
		ids,
		calls.map((c) => c.id),
	);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('search finds names and numbers, in any case', async () => {
	const page = await house.page('#/history');
	await shows(page, 4, 'in all');
	await page.getByRole('searchbox').fill('ZOË');
	await shows(page, 1, 'of Zoë');
	assert.match(await rows(page).innerText(), /Meyer, "Zoë" & Söhne/);
	await page.getByRole('searchbox').fill('01707555222');
	await shows(page, 1, 'of that number');
	await page.getByRole('searchbox').fill('nobody of this name');
	await page.getByText('No call matches').waitFor({ timeout: LONG });
	await page.getByRole('link', { name: 'Clear all filters' }).click();
	await shows(page, 4, 'in all again');
	await page.context().close();
});

test('filters narrow it down, together and each', async () => {
	const page = await house.page('#/history');
	await shows(page, 4, 'in all');
	await page.getByLabel('Direction').selectOption('internal');
	await shows(page, 1, 'within the house');
	await page.getByLabel('Direction').selectOption('incoming');
	await shows(page, 3, 'from outside');
	await page.getByLabel('Group').selectOption({ label: 'Sales' });
	await shows(page, 2, 'of the group');
	await page.getByLabel('Outcome').selectOption('answered');
	await shows(page, 1, 'that it answered');
	await page.getByRole('link', { name: 'Clear all' }).click();
	await shows(page, 4, 'in all again');
	await page.getByLabel('Extension').fill('4005');
	await shows(page, 1, 'of 4005');
	await page.getByLabel('Extension').fill('');
	await page.getByLabel('Number', { exact: true }).fill('0033123456789');
	await shows(page, 1, 'of that number');
	await page.context().close();
});

test('the CSV that is downloaded has the calls that are shown', async () => {
	const page = await house.page('#/history?direction=incoming');
	await shows(page, 3, 'from outside');
	const [download] = await Promise.all([
		page.waitForEvent('download'),
		page.getByRole('link', { name: 'CSV' }).click(),
	]);
	assert.match(download.suggestedFilename(), /\.csv$/);
	const lines = readCsv(readFileSync(await download.path(), 'utf8').replace(/^\uFEFF/, ''));
	const { calls } = await house.gateway.ask('v1/history?direction=incoming');
	assert.equal(lines.length, 3);
	for (const call of calls) {
		const line = lines.find((l) => l.id === call.id);
		assert.ok(line, `${call.id} is in the file`);
		assert.equal(line.outcome, call.outcome);
		assert.equal(line.cli, call.cli);
		/* What a spreadsheet would take for a formula is made text. */
		assert.equal(line.name, /^[=+@-]/.test(call.name ?? '') ? `'${call.name}` : (call.name ?? ''));
		assert.equal(Number(line.duration_s), call.duration_s);
	}
	await page.context().close();
});
