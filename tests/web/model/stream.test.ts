import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../../web/src/model/api';
import { Clock } from '../../../web/src/model/clock';
import { Store } from '../../../web/src/model/store';
import type { Source } from '../../../web/src/model/stream';
import { Stream } from '../../../web/src/model/stream';
import type { Info, Message } from '../../../web/src/model/types';
import { call, message } from './make';

class FakeSource implements Source {
	onopen: Source['onopen'] = null;
	onerror: Source['onerror'] = null;
	closed = false;
	private listeners = new Map<string, (event: MessageEvent<string>) => void>();

	constructor(readonly url: string) {}

	addEventListener(kind: string, listener: (event: MessageEvent<string>) => void): void {
		this.listeners.set(kind, listener);
	}

	close(): void {
		this.closed = true;
	}

	opens(): void {
		this.onopen?.({} as Event);
	}

	breaks(): void {
		this.onerror?.({} as Event);
	}

	says(m: Message): void {
		this.raw(m.kind, JSON.stringify(m));
	}

	raw(kind: string, data: string): void {
		this.listeners.get(kind)?.({ data } as MessageEvent<string>);
	}
}

/** A page with its gateway: timers are run by hand, and `/v1/info` answers what `info` says. */
class Scene {
	readonly sources: FakeSource[] = [];
	readonly timers = new Map<number, { run: () => void; seconds: number }>();
	info: Info | ApiError = {
		version: '1',
		started: 500,
		now: 1000,
		demo: false,
		day_start: 0,
		threshold_s: 20,
		short_s: 5,
		auth: false,
	};
	private next = 1;
	readonly store = new Store(new Clock(() => 1000), (run) => run());
	readonly stream = new Stream(this.store, {
		makeSource: (url) => {
			const source = new FakeSource(url);
			this.sources.push(source);
			return source;
		},
		info: () => (this.info instanceof ApiError ? Promise.reject(this.info) : Promise.resolve(this.info)),
		later: (run, seconds) => {
			this.timers.set(this.next, { run, seconds });
			return this.next++;
		},
		cancel: (timer) => this.timers.delete(timer),
	});

	get source(): FakeSource {
		return this.sources.at(-1)!;
	}

	async settle(): Promise<void> {
		for (let i = 0; i < 5; i++) await Promise.resolve();
	}

	async start(): Promise<void> {
		this.stream.start();
		await this.settle();
		this.source.opens();
	}

	async runTimers(): Promise<void> {
		const due = [...this.timers.values()];
		this.timers.clear();
		for (const { run } of due) run();
		await this.settle();
	}
}

const CALL: Message = message(7, { kind: 'call', what: 'began', call: call() });

test('the first connection takes a snapshot', async () => {
	const scene = new Scene();
	await scene.start();
	assert.match(scene.source.url, /snapshot=1/);
	assert.doesNotMatch(scene.source.url, /from=/);
	assert.equal(scene.store.connection, 'open');
});

test('a break is shown at once, and the stream resumes behind the last message', async () => {
	const scene = new Scene();
	await scene.start();
	scene.source.says(CALL);
	scene.source.breaks();
	assert.equal(scene.store.connection, 'away');
	await scene.runTimers();
	assert.match(scene.source.url, /from=7/);
	assert.doesNotMatch(scene.source.url, /snapshot/);
	assert.equal(scene.store.connection, 'away');
	scene.source.opens();
	assert.equal(scene.store.connection, 'open');
});

test('a gateway that was started anew is asked for a snapshot', async () => {
	const scene = new Scene();
	await scene.start();
	scene.source.says(CALL);
	scene.info = { ...(scene.info as Info), started: 900 };
	scene.source.breaks();
	await scene.runTimers();
	assert.match(scene.source.url, /snapshot=1/);
	scene.source.opens();
	scene.source.says(message(2, { kind: 'call', what: 'began', call: call({ id: 'c2' }) }));
	assert.ok(scene.store.calls.has('main/c2'), 'its smaller numbers count');
});

test('a break within a snapshot takes a new one', async () => {
	const scene = new Scene();
	await scene.start();
	scene.source.says(message(5, { kind: 'snapshot', what: 'begin' }, ''));
	scene.source.says(message(5, { kind: 'call', what: 'present', call: call() }));
	scene.source.breaks();
	await scene.runTimers();
	assert.match(scene.source.url, /snapshot=1/);
});

test('what a snapshot consists of has its older numbers, and the stream resumes behind the whole', async () => {
	const scene = new Scene();
	await scene.start();
	scene.source.says(message(50, { kind: 'snapshot', what: 'begin' }, ''));
	scene.source.says(message(7, { kind: 'call', what: 'changed', call: call() }));
	scene.source.says(message(3, { kind: 'call', what: 'began', call: call({ id: 'c2' }) }));
	scene.source.says(message(50, { kind: 'snapshot', what: 'end' }, ''));
	assert.deepEqual([...scene.store.calls.keys()].sort(), ['main/c1', 'main/c2']);
	scene.source.says(message(49, { kind: 'call', what: 'began', call: call({ id: 'c3' }) }));
	assert.ok(!scene.store.calls.has('main/c3'), 'it is older than what was shown');
	scene.source.breaks();
	await scene.runTimers();
	assert.match(scene.source.url, /from=50/);
});

test('a call that was part of another goes', async () => {
	const scene = new Scene();
	await scene.start();
	scene.source.says(CALL);
	scene.source.says(message(8, { kind: 'call', what: 'merged', call: { id: 'c1' } as never }));
	assert.equal(scene.store.calls.size, 0);
});

for (const scope of ['history', 'slow'] as const) {
	test(`a gap of scope ${scope} takes a new snapshot and is told`, async () => {
		const scene = new Scene();
		await scene.start();
		scene.source.says(CALL);
		const first = scene.source;
		scene.source.says(message(90, { kind: 'gap', scope, missed: 40 }, ''));
		await scene.settle();
		assert.ok(first.closed);
		assert.match(scene.source.url, /snapshot=1/);
		assert.equal(scene.store.notices[0]?.missed, 40);
	});
}

test("a gap in the PBX's own counter is told, and the stream goes on", async () => {
	const scene = new Scene();
	await scene.start();
	scene.source.says(message(8, { kind: 'gap', scope: 'pbx', node: '192.0.2.5', missed: 3 }));
	await scene.settle();
	assert.equal(scene.sources.length, 1);
	assert.equal(scene.store.notices.length, 1);
});

test('attempts come less and less often, up to a limit', async () => {
	const scene = new Scene();
	await scene.start();
	scene.info = new ApiError(0, 'away');
	scene.source.breaks();
	const waits: number[] = [];
	for (let i = 0; i < 8; i++) {
		waits.push([...scene.timers.values()][0]!.seconds);
		await scene.runTimers();
	}
	assert.ok(waits[0]! <= 1.25 && waits[3]! > waits[0]!);
	assert.ok(Math.max(...waits) <= 12.5);
});

test('a gateway that wants a token is not asked again and again', async () => {
	const scene = new Scene();
	await scene.start();
	scene.info = new ApiError(401, 'token');
	scene.source.breaks();
	await scene.runTimers();
	assert.equal(scene.store.connection, 'login');
	assert.equal(scene.timers.size, 0);
});

test('after a long silence the gateway is asked whether it is there', async () => {
	const scene = new Scene();
	await scene.start();
	assert.equal(scene.store.connection, 'open');
	scene.info = new ApiError(0, 'gone without a word');
	await scene.runTimers();
	assert.equal(scene.store.connection, 'away');
	assert.ok(scene.sources[0]!.closed);
});

test('a message that came twice counts once', async () => {
	const scene = new Scene();
	await scene.start();
	scene.source.says(message(9, { kind: 'call', what: 'ended', call: call({ state: 'over' }) }));
	scene.source.says(CALL);
	assert.equal(scene.store.calls.size, 0);
});

test('a message that is not JSON harms nothing', async (t) => {
	const scene = new Scene();
	t.mock.method(console, 'error', () => {});
	await scene.start();
	scene.source.raw('call', '{"seq": 1,');
	scene.source.says(CALL);
	assert.equal(scene.store.calls.size, 1);
});

test('what a closed source still says is not heard', async () => {
	const scene = new Scene();
	await scene.start();
	const first = scene.source;
	first.breaks();
	first.says(CALL);
	assert.equal(scene.store.calls.size, 0);
});
