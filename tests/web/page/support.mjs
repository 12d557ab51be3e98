/* A browser before a gateway. DEVLINK3_PAGE_URL names a real one (and DEVLINK3_PAGE_TOKEN its token); without it,
 * web/mock/server.mjs is started, which can also be brought into any state. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const web = new URL('../../../web/', import.meta.url);
const { chromium } = createRequire(new URL('package.json', web))('playwright-core');

const FLAGS = [
	'--headless',
	'--no-sandbox',
	'--disable-gpu',
	'--disable-quic',
	'--no-first-run',
	'--disable-background-networking',
	'--disable-component-update',
	'--disable-sync',
];

export const real = process.env.DEVLINK3_PAGE_URL ?? null;

/** A browser, and a gateway; `close` both. `flags` are the mock's. */
export async function open(...flags) {
	const gateway = real ? { base: real, stop() {} } : await startMock(flags);
	const browser = await chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: FLAGS,
	});
	return {
		base: gateway.base,
		async page(hash = '', options = {}) {
			const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
			const page = await context.newPage();
			page.faults = faultsOf(page);
			await page.goto(gateway.base + hash);
			if (process.env.DEVLINK3_PAGE_TOKEN && real) await signIn(page, process.env.DEVLINK3_PAGE_TOKEN);
			return page;
		},
		/** An order to the mock: `mock('link?pbx=main&state=waiting')`. */
		async mock(order) {
			const response = await fetch(`${gateway.base}mock/${order}`, { method: 'POST' });
			if (!response.ok) throw new Error(`the mock does not know ${order}`);
		},
		async close() {
			await browser.close();
			gateway.stop();
		},
	};
}

export async function signIn(page, token) {
	await page.getByLabel('Token').fill(token);
	await page.getByRole('button', { name: 'Sign in' }).click();
}

/** What no page should have: exceptions, and whatever its own security policy had to stop. */
function faultsOf(page) {
	const faults = [];
	page.on('pageerror', (error) => faults.push(String(error)));
	page.on('console', (message) => {
		if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text());
	});
	return faults;
}

async function startMock(flags) {
	const file = fileURLToPath(new URL('mock/server.mjs', web));
	const child = spawn(process.execPath, [file, '--port', '0', ...flags], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const [line] = await once(createInterface({ input: child.stdout }), 'line');
	return { base: line.trim(), stop: () => child.kill() };
}

/** Waits for the page's own words instead of for a time. */
export async function until(check, what, milliseconds = 10_000) {
	const end = Date.now() + milliseconds;
	for (;;) {
		if (await check()) return;
		if (Date.now() > end) throw new Error(`in vain waited for: ${what}`);
		await new Promise((done) => setTimeout(done, 50));
	}
}
