import assert from 'node:assert/strict';
import { test } from 'node:test';
import { searchText } from '../../../web/src/model/call';
import { stretchesOf } from '../../../web/src/model/stretches';
import { readCall, readGroup, readPoint, readMessage, readUser } from '../../../web/src/model/wire';

const TRACKED = {
	id: 'c0a82a0300002500',
	direction: 'incoming',
	outcome: 'none',
	state: 'connected',
	since: 1003,
	started: 1000,
	answered: 1003,
	ended: null,
	cli: '01707123456',
	name: null,
	group: null,
	cause: null,
	cause_name: null,
	end_party: null,
	segments: [{ party: '4001', from: 1003, to: null, talk_s: 5, hold_s: 0 }],
	timeline: [
		{ at: 1000, what: 'began', who: '01707123456', end: 'e1', other: null, cause: null },
		{ at: 1003, what: 'answered', who: '4001', end: 'e2', other: '01707123456', cause: null },
	],
};

test('a call as the tracker writes it', () => {
	const call = readCall(TRACKED, 'main');
	assert.equal(call.pbx, 'main');
	assert.equal(call.outcome, null);
	assert.equal(call.segments[0]?.who, '4001');
	assert.equal(call.name, '');
	assert.deepEqual(call.targets, []);
	assert.doesNotMatch(searchText(call), /null|undefined/);
	assert.equal(stretchesOf(call, 1010).at(-1)?.who, '4001');
});

test('a cause is named, or at least numbered', () => {
	const call = readCall({
		...TRACKED,
		cause: 16,
		cause_name: 'normal',
		timeline: [
			{ at: 1, what: 'cleared', who: '4001', cause: 16 },
			{ at: 2, what: 'cleared', who: '4002', cause: 17 },
		],
	});
	assert.equal(call.cause, 'normal');
	assert.deepEqual(
		call.timeline.map((e) => e.cause),
		['normal', 'cause 17'],
	);
});

test('a call of which next to nothing is told harms no view', () => {
	const call = readCall({ id: 7, started: 5 });
	assert.equal(call.id, '7');
	assert.equal(call.since, 5);
	assert.deepEqual(
		stretchesOf(call, 6).map((s) => s.to - s.from),
		[1],
	);
});

test('a group as the tracker writes it, with its sums of today', () => {
	const group = readGroup(
		{
			group: '300',
			name: null,
			waiting: 2,
			waiting_since: 990,
			today: {
				offered: 10,
				answered: 6,
				answered_in_time: 5,
				abandoned: 3,
				abandoned_short: 2,
				average_wait_s: 12.5,
			},
			abandoned: [{ cli: '0170', name: null, call: 'c1', at: 900, waited_s: 31.2 }],
		},
		'main',
		15,
	);
	assert.equal(group.longest_wait_since, 990);
	assert.equal(group.service_level, 5 / 6);
	assert.equal(group.threshold_s, 15);
	assert.equal(group.abandoned, 3);
	assert.deepEqual(group.abandoned_callers, [
		{ cli: '0170', name: '', call: 'c1', at: 900, waited_s: 31.2 },
	]);
});

test('a group with flat sums, and a service level that is told', () => {
	const group = readGroup({
		group: '300',
		pbx: 'branch',
		offered: 4,
		abandoned: 1,
		service_level: null,
		threshold_s: 30,
	});
	assert.equal(group.pbx, 'branch');
	assert.equal(group.abandoned, 1);
	assert.equal(group.service_level, null);
	assert.equal(group.threshold_s, 30);
});

test('a user of whom nothing was told yet is idle since nobody knows when', () => {
	const user = readUser({ extension: '4001', name: null, state: 'idle', since: null }, 'main');
	assert.deepEqual(user, {
		pbx: 'main',
		extension: '4001',
		name: '',
		state: 'idle',
		since: null,
		call: null,
		with: '',
	});
});

test('a message gives its PBX to what is in it', () => {
	const message = readMessage(
		JSON.stringify({ seq: 1, time: 2, pbx: 'branch', kind: 'call', what: 'began', call: TRACKED }),
	);
	assert.equal(message.kind === 'call' && message.call.pbx, 'branch');
});

test('a target or a party whose name is not known has an empty one', () => {
	const read = readCall({
		id: '1',
		targets: [{ end: 'e2', extension: '4001' }],
		a: { end: 'e1', number: null, extension: null, name: null, class: 'sip_trunk', outside: true },
	});
	assert.deepEqual(read.targets, [{ end: 'e2', extension: '4001', number: '', name: '' }]);
	assert.deepEqual(read.a, {
		end: 'e1',
		number: '',
		extension: '',
		name: '',
		state: '',
		tone: '',
		class: 'sip_trunk',
		outside: true,
	});
	assert.equal(read.b, null);
});

test('of a group, the sums of the period that was asked for come before those of the day', () => {
	const sums = { offered: 9, answered: 8, answered_in_time: 6, abandoned: 1, abandoned_short: 1 };
	const read = readGroup({
		group: '300',
		waiting: 0,
		today: sums,
		window: { ...sums, offered: 3, answered: 2, answered_in_time: 1 },
	});
	assert.deepEqual([read.offered, read.answered, read.service_level], [3, 2, 0.5]);
});

test('a point of the chart has all calls, also those that were neither answered nor abandoned', () => {
	const point = { at: 900, calls: 7, incoming: 4, tandem: 1, answered: 3, abandoned: 2 };
	assert.deepEqual(readPoint(point), { at: 900, values: [7, 3, 2] });
	assert.deepEqual(readPoint({ at: 900 }), { at: 900, values: [0, 0, 0] });
});
