import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clock } from '../../../web/src/model/clock';
import { Store } from '../../../web/src/model/store';
import { call, group, link, message, user } from './make';

function made() {
	let now = 2000;
	const frames: (() => void)[] = [];
	const store = new Store(new Clock(() => now), (run) => frames.push(run));
	return {
		store,
		frames,
		frame: () => frames.splice(0).forEach((run) => run()),
		pass: (seconds: number) => (now += seconds),
	};
}

test('a call is there while it lives, and gone when it ended', () => {
	const { store } = made();
	store.apply(message(1, { kind: 'call', what: 'began', call: call() }));
	assert.equal(store.calls.size, 1);
	store.apply(message(2, { kind: 'call', what: 'ended', call: call({ state: 'over', ended: 1010 }) }));
	assert.equal(store.calls.size, 0);
});

test('calls of two PBXs with one id are two calls', () => {
	const { store } = made();
	store.apply(message(1, { kind: 'call', what: 'began', call: call() }, 'main'));
	store.apply(message(2, { kind: 'call', what: 'began', call: call({ pbx: 'branch' }) }, 'branch'));
	assert.equal(store.calls.size, 2);
});

test('a thousand messages are told once in a frame', () => {
	const { store, frame, frames } = made();
	let told = 0;
	store.subscribe('calls', () => told++);
	for (let i = 0; i < 1000; i++)
		store.apply(message(i, { kind: 'call', what: 'began', call: call({ id: `c${i}` }) }));
	assert.equal(frames.length, 1);
	frame();
	assert.equal(told, 1);
	store.apply(message(1001, { kind: 'call', what: 'changed', call: call({ id: 'c1' }) }));
	frame();
	assert.equal(told, 2);
});

test('who looks at people hears nothing of calls', () => {
	const { store, frame } = made();
	let told = 0;
	store.subscribe('users', () => told++);
	store.apply(message(1, { kind: 'call', what: 'began', call: call() }));
	frame();
	assert.equal(told, 0);
});

test('what is not in a new snapshot is gone at its end, not before', () => {
	const { store } = made();
	store.apply(message(1, { kind: 'call', what: 'began', call: call({ id: 'old' }) }));
	store.apply(message(1, { kind: 'user', user: user() }));
	store.apply(message(2, { kind: 'snapshot', what: 'begin' }, ''));
	store.apply(message(2, { kind: 'call', what: 'present', call: call({ id: 'new' }) }));
	assert.equal(store.calls.size, 2);
	store.apply(message(2, { kind: 'snapshot', what: 'end' }, ''));
	assert.deepEqual([...store.calls.keys()], ['main/new']);
	assert.equal(store.users.size, 0);
	assert.equal(store.filled, true);
});

test("one PBX's snapshot leaves the others' calls alone", () => {
	const { store } = made();
	store.apply(message(1, { kind: 'call', what: 'began', call: call({ pbx: 'branch' }) }, 'branch'));
	store.apply(message(2, { kind: 'call', what: 'began', call: call() }, 'main'));
	store.apply(message(3, { kind: 'snapshot', what: 'begin' }, 'main'));
	store.apply(message(3, { kind: 'snapshot', what: 'end' }, 'main'));
	assert.deepEqual([...store.calls.keys()], ['branch/c1']);
});

test('a snapshot that broke off removes nothing', () => {
	const { store } = made();
	store.apply(message(1, { kind: 'call', what: 'began', call: call() }));
	store.apply(message(2, { kind: 'snapshot', what: 'begin' }, ''));
	store.setConnection('open');
	store.setConnection('away');
	store.apply(message(3, { kind: 'snapshot', what: 'end' }, ''));
	assert.equal(store.calls.size, 1);
});

test('away is since the break, also when attempts go on failing', () => {
	const { store, pass } = made();
	store.setConnection('open');
	store.setConnection('away');
	pass(60);
	store.setConnection('away');
	assert.equal(store.awaySince, 2000);
	assert.equal(store.clock.now(), 2000);
	store.setConnection('open');
	assert.equal(store.awaySince, null);
	assert.equal(store.clock.now(), 2060);
});

test('a PBX that is away stays of the time it went, while its link tries again', () => {
	const { store } = made();
	store.apply(message(1, { kind: 'link', link: link() }));
	store.apply(message(2, { kind: 'link', link: link({ state: 'waiting', since: 1500 }) }));
	store.apply(message(3, { kind: 'link', link: link({ state: 'connecting', since: 1520 }) }));
	assert.equal(store.clock.now('main'), 1500);
	store.apply(message(4, { kind: 'link', link: link({ state: 'up', since: 1530 }) }));
	assert.equal(store.clock.now('main'), 2000);
});

test('a link keeps what is known of its connections', () => {
	const { store } = made();
	const connections = { limit: 3, ours: 1, others: 'unknown' as const };
	store.apply(message(1, { kind: 'link', link: link({ connections }) }));
	store.apply(message(2, { kind: 'link', link: link({ state: 'waiting' }) }));
	assert.deepEqual(store.links.get('main')?.connections, connections);
});

test('gaps are kept, but not without end', () => {
	const { store } = made();
	for (let i = 0; i < 80; i++) store.apply(message(i, { kind: 'gap', scope: 'pbx', node: 'n', missed: i }));
	assert.equal(store.notices.length, 50);
	assert.equal(store.notices.at(-1)?.missed, 79);
	store.dismissNotices();
	assert.equal(store.notices.length, 0);
});

test('another version of the gateway is noticed', () => {
	const { store } = made();
	const info = {
		version: '1',
		started: 1,
		now: 1,
		demo: false,
		day_start: 0,
		threshold_s: 20,
		short_s: 5,
		auth: false,
	};
	store.setInfo(info);
	assert.equal(store.updated, false);
	store.setInfo({ ...info, version: '2' });
	assert.equal(store.updated, true);
});

test('groups are put under their PBX', () => {
	const { store } = made();
	store.apply(message(1, { kind: 'group', group: group() }));
	assert.equal(store.groups.get('main/300')?.name, 'Support');
});
