import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, reasons } from '../../../web/src/model/alarm';
import { called, caller, searchText, somebody } from '../../../web/src/model/call';
import { dayStart } from '../../../web/src/model/day';
import {
	duration,
	fromLocalInput,
	lastTimeAt,
	percent,
	timeOfDay,
	toLocalInput,
} from '../../../web/src/model/format';
import { callHref, href, parseRoute, withQuery } from '../../../web/src/model/route';
import { DEFAULTS } from '../../../web/src/model/settings';
import type { Info } from '../../../web/src/model/types';
import { bestGrid } from '../../../web/src/model/wall-grid';
import { call, entry, group } from './make';

test('durations are m:ss, and with hours from an hour on', () => {
	assert.deepEqual([0, 9.9, 61, 3599, 3600, 36_061].map(duration), [
		'0:00',
		'0:09',
		'1:01',
		'59:59',
		'1:00:00',
		'10:01:01',
	]);
});

test('a duration that clocks make negative has just begun, and none is a dash', () => {
	assert.equal(duration(-3), '0:00');
	assert.equal(duration(null), '–');
	assert.equal(duration(Number.NaN), '–');
});

test('only all is 100 %', () => {
	assert.deepEqual([1, 0.999, 0.5, 0, null].map(percent), ['100 %', '99 %', '50 %', '0 %', '–']);
});

test('the last eight o’clock may have been yesterday', () => {
	const nine = new Date(2026, 0, 15, 9).getTime() / 1000;
	const seven = new Date(2026, 0, 15, 7).getTime() / 1000;
	assert.equal(lastTimeAt('08:00', nine), nine - 3600);
	assert.equal(lastTimeAt('08:00', seven), seven - 23 * 3600);
});

test('a local time goes to the address and back', () => {
	const at = new Date(2026, 4, 3, 8, 5).getTime() / 1000;
	assert.equal(toLocalInput(at), '2026-05-03T08:05');
	assert.equal(fromLocalInput('2026-05-03T08:05'), at);
	assert.equal(fromLocalInput('yesterday'), null);
});

test("the day's start is understood in each form", () => {
	const now = new Date(2026, 0, 15, 9).getTime() / 1000;
	const six = new Date(2026, 0, 15, 6).getTime() / 1000;
	for (const day_start of ['06:00', 6, 21_600, six])
		assert.equal(dayStart({ day_start } as Info, now), six);
});

test('an address says view, parameters and filters, and survives odd names', () => {
	const to = callHref('main/2', 'id?#%');
	assert.deepEqual(parseRoute(to).params, ['main/2', 'id?#%']);
	assert.equal(parseRoute('').view, 'board');
	assert.equal(parseRoute('#/history?q=a%26b&group=300').query.get('q'), 'a&b');
	assert.deepEqual(parseRoute('#/call/%E0%A4%A').params, ['%E0%A4%A']);
});

test('an empty filter leaves no trace in the address', () => {
	const query = withQuery(new URLSearchParams('q=x&group=300'), { q: '', outcome: 'abandoned' });
	assert.equal(href('history', [], query), '#/history?group=300&outcome=abandoned');
});

test('a tile is as bad as its worst figure, and says which', () => {
	const verdict = judge(
		group({ waiting: 7, longest_wait_since: 900, service_level: 0.7 }),
		DEFAULTS.limits,
		1000,
	);
	assert.deepEqual(verdict, {
		level: 'alarm',
		figures: { waiting: 'alarm', longest_wait_s: 'warn', service_level_percent: 'warn' },
	});
	assert.equal(reasons(verdict), 'many waiting');
});

test('a limit counts from its value on, the service level below it', () => {
	const at = (part: Parameters<typeof group>[0]) => judge(group(part), DEFAULTS.limits, 1000).level;
	assert.equal(at({ waiting: 2 }), 'calm');
	assert.equal(at({ waiting: 3 }), 'warn');
	assert.equal(at({ service_level: 0.8 }), 'calm');
	assert.equal(at({ service_level: 0.799 }), 'warn');
	assert.equal(at({ service_level: null }), 'calm');
});

test('a limit that is off colours nothing', () => {
	assert.equal(judge(group({ abandoned: 999 }), DEFAULTS.limits, 1000).level, 'calm');
});

test('who called whom', () => {
	const party = {
		end: '',
		number: '',
		name: 'Ana',
		extension: '4001',
		state: '',
		tone: '',
		outside: false,
		class: '',
	};
	const incoming = call({ b: party });
	assert.equal(somebody(caller(incoming)), 'Café Zoë (+33155501234)');
	assert.equal(somebody(called(incoming)), 'Ana (4001)');
	const ringing = call({
		targets: [
			{ end: '', number: '', extension: '4001', name: 'Ana' },
			{ end: '', number: '', extension: '4002', name: 'Ben' },
		],
	});
	assert.equal(somebody(called(ringing)), 'Ana (4001) and 1 more');
	assert.equal(somebody(caller(call({ cli: '', name: '' }))), 'unknown');
});

test('who leaves a message wanted the one whose phone rang, not the voicemail or the digits of the line', () => {
	const voicemail = {
		end: '',
		number: '901707123456',
		name: '',
		extension: '',
		state: '',
		tone: '',
		outside: false,
		class: 'voicemail',
	};
	const left = (part: Parameters<typeof call>[0]) =>
		called(call({ did: '0020', group: '', b: voicemail, ...part })).number;
	assert.equal(left({ timeline: [entry(1000, 'began'), entry(1000, 'offered', '4002')] }), '4002');
	assert.equal(left({ group: '300' }), '300');
	assert.equal(left({}), '0020');
	assert.equal(left({ direction: 'internal', dialled: '4003' }), '4003');
});

test('a call is found by its group, its number and its tag', () => {
	const text = searchText(call({ tag: 'VIP', parties: ['4007'] }));
	for (const word of ['vip', '4007', '300', '555012', 'zoë']) assert.ok(text.includes(word), word);
});

test('eight tiles on a wide screen leave no place empty', () => {
	assert.deepEqual(bestGrid(8, 1900, 960), { columns: 4, rows: 2 });
	assert.deepEqual(bestGrid(1, 1900, 960), { columns: 1, rows: 1 });
	assert.deepEqual(bestGrid(3, 1900, 960), { columns: 3, rows: 1 });
	assert.deepEqual(bestGrid(3, 400, 900), { columns: 1, rows: 3 });
});

test('a minute after midnight is 00:01, in any language', () => {
	const at = new Date(2026, 0, 15, 0, 1, 5).getTime() / 1000;
	assert.match(timeOfDay(at), /^00.01.05$/);
});
