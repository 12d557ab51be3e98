/* Takes the pictures of docs/wallboard.md, of a gateway that runs: node scripts/pictures.mjs http://127.0.0.1:8080/
 * A demonstration of half an hour has something to show. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch, pageAt } from '../../tests/web/page/browser.mjs';

const base = process.argv[2];
if (!base) throw new Error('expected: the address of a gateway');
const docs = fileURLToPath(new URL('../../docs', import.meta.url));
const browser = await launch();

async function picture(name, hash, options, shown) {
	const page = await pageAt(browser, base + hash, options);
	await page.locator(shown).first().waitFor();
	await page.mouse.move(2, 2);
	await page.evaluate(() => document.fonts.ready);
	await page.locator('.wall:not(.asleep)').waitFor({ state: 'detached' });
	await page.screenshot({ path: join(docs, `${name}.png`) });
	await page.context().close();
}

const plain = (name) => /^[\u0020-\u024f]*$/.test(name ?? '');

/** The call with the most to see: each kind of step counts once. */
async function mostEventful() {
	const { calls } = await (await fetch(`${base}v1/history?outcome=answered&min_s=30&limit=500`)).json();
	const wanted = ['queued', 'held', 'transferred', 'parked', 'conferenced'];
	const worth = (c) =>
		wanted.filter((w) => c.timeline.some((e) => e.what === w)).length * 10 - c.timeline.length;
	/* Fonts for all that the simulated people are called are not everywhere. */
	const { users } = await (await fetch(`${base}v1/users`)).json();
	const strange = new Set(users.filter((u) => !plain(u.name)).map((u) => u.extension));
	const drawn = calls.filter((c) => plain(c.name) && !c.timeline.some((e) => strange.has(e.who)));
	return drawn.reduce((x, y) => (worth(y) > worth(x) ? y : x));
}

const small = { viewport: { width: 1280, height: 800 } };
await picture('wallboard', '#/board', { ...small, colorScheme: 'light' }, '.chart canvas');
const call = await mostEventful();
await picture(
	'wallboard-call',
	`#/call/${call.pbx}/${call.id}`,
	{ viewport: { width: 1280, height: 900 }, colorScheme: 'dark' },
	'.records details',
);
await picture(
	'wallboard-wall',
	'#/wall',
	{ viewport: { width: 1280, height: 720 }, colorScheme: 'dark' },
	'.tile',
);
await browser.close();
