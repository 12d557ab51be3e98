/* Runs tests/web/model (built by Vite, so that nothing else need be installed), tests/web/page (in a browser) or
 * tests/web/gateway (in a browser before the gateway itself). */
import { spawn } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const kind = ['page', 'gateway'].find((name) => name === process.argv[2]) ?? 'model';
const home = fileURLToPath(new URL('..', import.meta.url));
const from = join(home, '../tests/web', kind);
const files = readdirSync(from).filter((name) => /\.test\.m?[jt]s$/.test(name));

/** The tests are TypeScript, and Node 18 is not yet able to read it. */
async function compiled() {
	const outDir = join(home, 'node_modules/.cache/model-tests');
	rmSync(outDir, { recursive: true, force: true });
	await build({
		configFile: false,
		logLevel: 'warn',
		root: home,
		build: {
			ssr: true,
			outDir,
			emptyOutDir: true,
			target: 'node18',
			rollupOptions: {
				input: Object.fromEntries(files.map((name) => [basename(name, '.ts'), join(from, name)])),
				output: { entryFileNames: '[name].mjs', chunkFileNames: '[name].mjs' },
			},
		},
	});
	return readdirSync(outDir)
		.filter((name) => name.endsWith('.test.mjs'))
		.map((name) => join(outDir, name));
}

const run = kind === 'model' ? await compiled() : files.map((name) => join(from, name));
/* One browser after the other: the machines that run this are small. */
const child = spawn(process.execPath, ['--test', '--test-concurrency=1', ...run], { stdio: 'inherit' });
child.on('exit', (code) => process.exit(code ?? 1));
