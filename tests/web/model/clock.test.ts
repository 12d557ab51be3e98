import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Clock } from '../../../web/src/model/clock';

function at(start: number) {
	let now = start;
	return { clock: new Clock(() => now), pass: (seconds: number) => (now += seconds) };
}

test("a browser's clock that is slow is corrected by a message's time", () => {
	const { clock } = at(100);
	clock.observe(160);
	assert.equal(clock.now(), 160);
});

test('an old message of the history does not turn the clock back', () => {
	const { clock } = at(100);
	clock.observe(160);
	clock.observe(20);
	assert.equal(clock.now(), 160);
});

test("a browser's clock that was put forward is followed once no message contradicts", () => {
	const { clock, pass } = at(100);
	clock.observe(100);
	pass(500);
	for (let i = 0; i < 3; i++) {
		clock.observe(100 + 61 * i);
		pass(61);
	}
	assert.ok(Math.abs(clock.now() - (100 + 61 * 3)) < 1);
});

test('an answer counts as of the middle between question and answer', () => {
	const { clock } = at(104);
	clock.measured(100, 104, 1002);
	assert.equal(clock.now(), 1004);
});

test('while the gateway is away, time stands still, and then goes on', () => {
	const { clock, pass } = at(100);
	clock.freeze();
	pass(30);
	assert.equal(clock.now(), 100);
	assert.equal(clock.running(), 130);
	clock.thaw();
	assert.equal(clock.now(), 130);
});

test('time stands still for the PBX that is away and for no other', () => {
	const { clock, pass } = at(100);
	clock.freezePbx('branch', 95);
	pass(10);
	assert.equal(clock.now('branch'), 95);
	assert.equal(clock.now('main'), 110);
	clock.thawPbx('branch');
	assert.equal(clock.now('branch'), 110);
});

test('a time that is none is ignored', () => {
	const { clock } = at(100);
	clock.observe(Number.NaN);
	clock.measured(100, 100, Number.NaN);
	assert.equal(clock.now(), 100);
});
