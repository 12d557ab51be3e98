/* Debian's Chromium, and pages in it that remember what went wrong. */
import { createRequire } from 'node:module';

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

export function launch() {
	return chromium.launch({
		executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
		args: FLAGS,
	});
}

/** A page of its own context: nothing is kept from another test. */
export async function pageAt(browser, url, options = {}) {
	const context = await browser.newContext({
		viewport: { width: 1440, height: 900 },
		...options,
	});
	const page = await context.newPage();
	page.faults = faultsOf(page);
	await page.goto(url);
	return page;
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

/** Waits for the page's own words instead of for a time. */
export async function until(check, what, milliseconds = 10_000) {
	const end = Date.now() + milliseconds;
	for (;;) {
		if (await check()) return;
		if (Date.now() > end) throw new Error(`in vain waited for: ${what}`);
		await new Promise((done) => setTimeout(done, 50));
	}
}
