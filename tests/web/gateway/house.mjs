/* A simulated PBX, the gateway before it and a browser: the programs as they are installed, nothing in their place. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { launch, pageAt } from '../page/browser.mjs';

export { until } from '../page/browser.mjs';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const program = process.env.DEVLINK3_PROGRAM ?? join(repository, 'build/release/devlink3');
/** Two systems, five people and a group of three; nobody phones but by order. */
export const SCENARIOS = [join(repository, 'examples/worlds/scenarios.yaml'), '--rate', '0'];
/** The machines that run this are small, and others work on them. */
export const LONG = 60_000;

/** Starts the program and waits for the lines that say where it can be reached. */
async function start(args, ...awaited) {
	const child = spawn(program, args, {
		stdio: ['ignore', 'pipe', 'pipe'],
		env: { ...process.env, DEVLINK3_PASSWORD: 'devlink3' },
	});
	const said = [];
	child.stderr.setEncoding('utf8').on('data', (text) => said.push(text));
	const over = once(child, 'exit');
	/* Whatever ends the tests, nothing is left running. */
	process.on('exit', () => child.kill());
	const found = {};
	for await (const line of createInterface({ input: child.stdout })) {
		for (const word of awaited) if (line.startsWith(word)) found[word] ??= line.slice(word.length).trim();
		if (awaited.every((word) => found[word])) break;
	}
	if (!awaited.every((word) => found[word]))
		throw new Error(`devlink3 ${args.join(' ')} did not start: ${said.join('')}`);
	child.stdout.resume();
	return {
		found,
		async stop(signal = 'SIGTERM') {
			child.kill(signal);
			await over;
		},
	};
}

async function json(url, body) {
	const response = await fetch(
		url,
		body === undefined
			? {}
			: {
					method: 'POST',
					headers: {
						'Content-Type': 'application/json',
					},
					body: JSON.stringify(body),
				},
	);
	const answer = await response.json();
	if (!response.ok) throw new Error(`${url} ${JSON.stringify(body)}: ${JSON.stringify(answer)}`);
	return answer;
}

const HOUR_MS = 3_600_000;

async function startSim(args) {
	const sim = await start(
		['sim', ...args, '--quiet', '--listen', '127.0.0.1:0', '--control', '127.0.0.1:0'],
		'listening on ',
		'control on ',
	);
	const control = sim.found['control on '];
	const time = async () => (await json(`${control}/v1/counts`)).now_s;
	let back = 0;
	return {
		address: sim.found['listening on '],
		stop: sim.stop,
		/** The system it is connected to restarts, which ends its calls, and takes an hour of its own time for it. */
		async goAway() {
			back = (await time()) + HOUR_MS / 1000;
			await json(`${control}/v1/fault`, {
				fault: `reboot,node=Office,ms=${HOUR_MS}`,
			});
		},
		/** The hour is over. */
		async comeBack() {
			await json(`${control}/v1/speed`, { speed: 10_000 });
			while ((await time()) <= back) await new Promise((done) => setTimeout(done, 20));
			await json(`${control}/v1/speed`, { speed: 1 });
		},
		/** `act('answer', { user: 4001 })` */
		act: (action, more = {}) => json(`${control}/v1/do`, { action, ...more }),
		rate: (rate) => json(`${control}/v1/rate`, { rate }),
	};
}

/** A gateway that can be killed and started again where it was. */
async function startGateway(args) {
	const begin = (listen) => start(['serve', ...args, '--listen', listen], 'listening on ');
	let running = await begin('127.0.0.1:0');
	const base = `${running.found['listening on ']}/`;
	return {
		base,
		ask: (path) => json(base + path),
		kill: () => running.stop('SIGKILL'),
		stop: () => running.stop(),
		async restart() {
			running = await begin(new URL(base).host);
		},
	};
}

/** All of a simulated house; `close` it. */
export async function open(world = SCENARIOS) {
	const state = mkdtempSync(join(tmpdir(), 'devlink3-page-'));
	const sim = await startSim(world);
	const gateway = await startGateway(['--pbx', `devlink3://devlink3@${sim.address}`, '--state', state]);
	const browser = await launch();
	return {
		sim,
		gateway,
		page: (hash = '', options = {}) => pageAt(browser, gateway.base + hash, options),
		pageAt: (url) => pageAt(browser, url),
		async close() {
			await browser.close();
			await gateway.stop();
			await sim.stop();
			rmSync(state, { recursive: true, force: true });
		},
	};
}

/** The gateway of `make run` alone, without a browser. */
export const startDemo = () => startGateway(['--demo']);

/** `devlink3 serve --demo`, as `make run` has it. */
export async function openDemo() {
	const gateway = await startDemo();
	const browser = await launch();
	return {
		gateway,
		page: (hash = '', options = {}) => pageAt(browser, gateway.base + hash, options),
		async close() {
			await browser.close();
			await gateway.stop();
		},
	};
}

/** A network between page and gateway that can be cut, while the gateway stays. */
export async function wireTo(base) {
	const { hostname, port } = new URL(base);
	const open = new Set();
	let whole = true;
	const server = createServer((near) => {
		if (!whole) return near.destroy();
		const far = connect(Number(port), hostname);
		for (const [one, other] of [
			[near, far],
			[far, near],
		]) {
			open.add(one);
			one.on('error', () => {}).on('close', () => (open.delete(one), other.destroy()));
			one.pipe(other);
		}
	});
	server.listen(0, '127.0.0.1');
	await once(server, 'listening');
	return {
		base: `http://127.0.0.1:${server.address().port}/`,
		cut() {
			whole = false;
			for (const socket of open) socket.destroy();
		},
		mend() {
			whole = true;
		},
		async close() {
			this.cut();
			server.close();
			await once(server, 'close');
		},
	};
}
