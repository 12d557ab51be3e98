/* A browser before a gateway. DEVLINK3_PAGE_URL names a real one (and DEVLINK3_PAGE_TOKEN its token); without it,
 * web/mock/server.mjs is started, which can also be brought into any state. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { launch, pageAt } from './browser.mjs';

export { until } from './browser.mjs';

const web = new URL('../../../web/', import.meta.url);

export const real = process.env.DEVLINK3_PAGE_URL ?? null;

/** A browser, and a gateway; `close` both. `flags` are the mock's. */
export async function open(...flags) {
	const gateway = real ? { base: real, stop() {} } : await startMock(flags);
	const browser = await launch();
	return {
		base: gateway.base,
		async page(hash = '', options = {}) {
			const page = await pageAt(browser, gateway.base + hash, options);
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

async function startMock(flags) {
	const file = fileURLToPath(new URL('mock/server.mjs', web));
	const child = spawn(process.execPath, [file, '--port', '0', ...flags], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const [line] = await once(createInterface({ input: child.stdout }), 'line');
	return { base: line.trim(), stop: () => child.kill() };
}
