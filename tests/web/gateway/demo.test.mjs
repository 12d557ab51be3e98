/* What somebody sees who types `make run`. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LONG, openDemo, until } from './house.mjs';

let house;
before(async () => {
	house = await openDemo();
});
after(() => house?.close());

test('the board fills by itself, with a tile for each group and calls that are up', async () => {
	const page = await house.page();
	await page.locator('.tile').first().waitFor({ timeout: LONG });
	await page.locator('.top .tag', { hasText: 'demo' }).waitFor();
	const live = page.locator('.sums div', { hasText: 'live calls' }).locator('dd');
	await until(async () => Number(await live.innerText()) > 0, 'live calls', LONG);
	await until(
		async () =>
			(await page.locator('.tile').count()) === (await house.gateway.ask('v1/groups')).groups.length,
		'a tile for each group',
		LONG,
	);
	assert.deepEqual(page.faults, []);
	await page.context().close();
});

test('live calls are those that the gateway has, and change by themselves', async () => {
	const page = await house.page('#/live');
	const shown = () =>
		page
			.locator('.rows tbody a')
			.evaluateAll((all) =>
				all.map((a) => decodeURIComponent(a.getAttribute('href').split('/').at(-1))).sort(),
			);
	await page.locator('.rows tbody a').first().waitFor({ timeout: LONG });
	await until(
		async () => {
			const is = await shown();
			const { calls } = await house.gateway.ask('v1/calls');
			return (
				is.join() ===
				calls
					.map((c) => c.id)
					.sort()
					.join()
			);
		},
		'the calls of the gateway',
		LONG,
	);
	const first = (await shown()).join();
	await until(async () => (await shown()).join() !== first, 'another call', LONG);
	await page.context().close();
});

test('it begins with a rush: within seconds there is something of everything', async () => {
	const page = await house.page('#/live');
	const { started } = await house.gateway.ask('v1/info');
	const kinds = page.locator('.filters button .glyph');
	await until(async () => (await kinds.count()) >= 4, 'calls in four states', LONG);
	/* However long one waits, no more can have begun then. */
	const early = async () => {
		const answers = [await house.gateway.ask('v1/calls'), await house.gateway.ask('v1/history')];
		return answers.flatMap((a) => a.calls).filter((c) => c.started < started + 10).length;
	};
	await until(async () => (await early()) >= 16, 'sixteen calls of the first ten seconds', LONG);
	await page.context().close();
});

test('whoever is of the house has a name, and nothing is undefined', async () => {
	const page = await house.page('#/live');
	const { users } = await house.gateway.ask('v1/users');
	const names = new Map(users.map((u) => [u.extension, u.name]));
	await page.locator('.rows tbody a').first().waitFor({ timeout: LONG });
	const nameless = await page
		.locator('.rows tbody tr:not(.space)')
		.evaluateAll((rows) =>
			rows.flatMap((r) => [...r.querySelectorAll('td.c-who')].map((td) => td.innerText.trim())),
		);
	assert.deepEqual(
		nameless.filter((text) => names.get(text)),
		[],
	);
	for (const view of ['live', 'people', 'history', 'board', 'links']) {
		await page.evaluate((hash) => (location.hash = hash), `#/${view}`);
		await page.locator('main h1').first().waitFor({ state: 'attached' });
		await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached', timeout: LONG });
		assert.doesNotMatch(await page.locator('main').innerText(), /undefined|null|NaN|\[object/, view);
	}
	await page.context().close();
});

test('the numbers of a link move, though its state does not', async () => {
	const page = await house.page('#/links');
	const events = page
		.locator('.link-facts div', { has: page.getByText('Events', { exact: true }) })
		.locator('dd');
	await until(
		async () => Number((await events.innerText()).replace(/\D/g, '')) > 20,
		'events counted',
		LONG,
	);
	await page.context().close();
});

test('the chart counts what the gateway does, of all calls and of a group', async () => {
	const page = await house.page('#/board');
	const rows = page.locator('.day-chart tbody tr');
	await until(
		async () => (await house.gateway.ask('v1/history')).calls.some((c) => c.group),
		'a call of a group',
		/* Its caller may wait and then talk for minutes. */
		4 * LONG,
	);
	const { groups } = await house.gateway.ask('v1/groups');
	const names = new Map(groups.map((g) => [g.group, g.name]));
	const { group, name } = (await house.gateway.ask('v1/history')).calls
		.filter((c) => c.group)
		.map((c) => ({ group: c.group, name: names.get(c.group) }))[0];
	for (const [label, path] of [
		[name, `/v1/groups/${group}/series`],
		['all calls', '/v1/series'],
	]) {
		/* Calls end while one looks, so what is shown is held against the answer that it was made of. */
		const [answer] = await Promise.all([
			page.waitForResponse((r) => new URL(r.url()).pathname === path, { timeout: LONG }),
			page.locator('.day-chart select').selectOption({ label }, { timeout: LONG }),
		]);
		const { points } = await answer.json();
		const counted = points.flatMap((p) => [p.calls, p.answered, p.abandoned]);
		assert.ok(counted.some((n) => n > 0));
		await until(
			async () => {
				const shown = await rows.evaluateAll((all) =>
					all.flatMap((r) => [...r.querySelectorAll('td')].map((td) => td.textContent)),
				);
				/* The page leaves out the hours before the first call. */
				return shown.length > 0 && counted.join().endsWith(shown.join());
			},
			`the numbers of ${label}`,
			LONG,
		);
	}
	await page.context().close();
});
