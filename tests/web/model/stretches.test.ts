import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stretchesOf, sums } from '../../../web/src/model/stretches';
import type { Call } from '../../../web/src/model/types';
import { call, entry } from './make';

function course(of: Call, now = 9999): string {
	return stretchesOf(of, now)
		.map((s) => `${s.kind} ${s.from - 1000}-${s.to - 1000}${s.who ? ` ${s.who}` : ''}`)
		.join('; ');
}

test('a queue stays a queue while phones of its agents ring', () => {
	const timeline = [
		entry(1000, 'began', 'Zoë'),
		entry(1000, 'queued', 'Zoë', 'Support'),
		entry(1005, 'offered', 'Ana'),
		entry(1007, 'rejected', 'Ana'),
		entry(1010, 'answered', 'Ben'),
		entry(1030, 'cleared', 'Zoë'),
	];
	assert.equal(course(call({ timeline, ended: 1030 })), 'queue 0-10 300; talk 10-30 Ben');
});

test('hold, park and what follows each have their stretch', () => {
	const timeline = [
		entry(1000, 'began'),
		entry(1000, 'ringing', 'Ana'),
		entry(1004, 'answered', 'Ana'),
		entry(1010, 'held', 'Zoë', 'Ana'),
		entry(1020, 'retrieved', 'Zoë', 'Ana'),
		entry(1030, 'parked', 'Zoë'),
		entry(1050, 'unparked', 'Zoë', 'Ben'),
		entry(1060, 'cleared'),
	];
	const kinds = stretchesOf(call({ timeline, ended: 1060 }), 0).map((s) => `${s.kind} ${s.to - s.from}`);
	assert.deepEqual(kinds, ['ring 4', 'talk 6', 'hold 10', 'talk 10', 'park 20', 'talk 10']);
});

test('a blind transfer lasts until the next one answers', () => {
	const timeline = [
		entry(1000, 'answered', 'Ana'),
		entry(1010, 'transferred', 'Ana', 'Ben'),
		entry(1012, 'ringing', 'Ben'),
		entry(1020, 'answered', 'Ben'),
	];
	const segments = [
		{ who: '4001', from: 1000, to: 1010, talk_s: 10, hold_s: 0 },
		{ who: '4002', from: 1020, to: 1040, talk_s: 20, hold_s: 0 },
	];
	assert.equal(
		course(call({ timeline, segments, ended: 1040 })),
		'talk 0-10 4001; transfer 10-20 Ben; talk 20-40 4002',
	);
});

test('a transfer after they have spoken goes on as talk', () => {
	const timeline = [
		entry(1000, 'answered', 'Ana'),
		entry(1010, 'held'),
		entry(1020, 'transferred', 'Ana', 'Ben'),
	];
	const segments = [
		{ who: '4001', from: 1000, to: 1020, talk_s: 10, hold_s: 10 },
		{ who: '4002', from: 1020, to: null, talk_s: 0, hold_s: 0 },
	];
	assert.equal(
		course(call({ timeline, segments }), 1050),
		'talk 0-10 4001; hold 10-20 4001; talk 20-50 4002',
	);
});

test('a call that is up ends now', () => {
	assert.equal(course(call({ timeline: [entry(1000, 'ringing', 'Ana')] }), 1008), 'ring 0-8 Ana');
});

test('a call whose steps are not kept is drawn from its sums', () => {
	const past = call({
		answered: 1015,
		ended: 1100,
		queue_s: 10,
		talk_s: 85,
		hold_s: 20,
		answered_by: '4001',
	});
	assert.equal(course(past), 'queue 0-10 300; ring 10-15 4001; talk 15-80 4001; hold 80-100 4001');
});

test('a call with nothing at all is an empty bar, not an error', () => {
	const nothing = { ...call({ ended: 1000 }), timeline: undefined, segments: undefined } as unknown as Call;
	assert.deepEqual(stretchesOf(nothing, 1000), []);
});

test('sums are by kind, in the order of the bar', () => {
	const timeline = [
		entry(1000, 'ringing', 'A'),
		entry(1002, 'answered', 'A'),
		entry(1003, 'held'),
		entry(1006, 'retrieved', 'A'),
	];
	assert.deepEqual(sums(stretchesOf(call({ timeline, ended: 1010 }), 0)), [
		{ kind: 'ring', seconds: 2 },
		{ kind: 'talk', seconds: 5 },
		{ kind: 'hold', seconds: 3 },
	]);
});

test('a call that is being passed on is with whom it was passed to', () => {
	const timeline = [
		entry(1000, 'began', 'Zoë'),
		entry(1000, 'offered', 'Ana'),
		entry(1004, 'answered', 'Ana'),
		entry(1010, 'offered', 'Ben'),
		entry(1010, 'transferred', 'Ana'),
		entry(1015, 'answered', 'Ben'),
	];
	assert.equal(course(call({ timeline, ended: 1030 })).split('; ')[2], 'transfer 10-15 Ben');
});
