/* The questions with one answer. */
import { SHORT_S } from './house.mjs';
import { recordsOf } from './records.mjs';
import { GROUPS } from './world.mjs';

export class Problem extends Error {
	constructor(status, title, detail = '') {
		super(title);
		this.status = status;
		this.detail = detail;
	}
}

function json(response, value) {
	response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
	response.end(JSON.stringify(value));
}

export function answer(mock, url, response) {
	const { house, hub } = mock;
	const q = url.searchParams;
	const [what, name, more] = url.pathname.split('/').slice(2).map(decodeURIComponent);
	if (what === 'info') return json(response, info(mock));
	if (what === 'calls' && name) return json(response, oneCall(house, name));
	if (what === 'calls')
		return json(response, { seq: hub.seq, calls: [...house.live.values()].map((c) => c.call) });
	if (what === 'users') return json(response, { users: [...house.users.values()] });
	if (what === 'groups' && more === 'series') return json(response, groupSeries(house, name, q));
	if (what === 'groups')
		return json(response, {
			groups: house.groups(q.has('minutes') || q.has('from') ? since(house, q) : null),
		});
	if (what === 'series') return json(response, totalSeries(house, q));
	if (what === 'history') return history(house, q, response);
	if (what === 'pbx') return json(response, { pbxs: pbxs(house) });
	if (what === 'logout') return json(response, {});
	throw new Problem(404, 'There is no such thing here.', url.pathname);
}

function info({ house, token, started, version }) {
	return {
		version,
		started,
		now: Date.now() / 1000,
		demo: true,
		day_start: house.dayStart(),
		threshold_s: 20,
		short_s: SHORT_S,
		auth: token !== null,
	};
}

function since(house, q) {
	if (q.get('minutes')) return Date.now() / 1000 - Number(q.get('minutes')) * 60;
	return q.get('from') ? Number(q.get('from')) : house.dayStart();
}

function oneCall(house, id) {
	const call = house.live.get(id)?.call ?? house.history.find((c) => c.id === id);
	if (!call)
		throw new Problem(404, 'This call is not known.', 'It may be older than the gateway keeps calls.');
	return { call, records: recordsOf(call) };
}

function buckets(house, q, list, make) {
	const step = Number(q.get('step') ?? 900);
	const from = Math.floor(since(house, q) / step) * step;
	const to = Number(q.get('to') ?? Date.now() / 1000);
	const points = [];
	for (let at = from; at < to; at += step)
		points.push(
			make(
				at,
				list.filter((c) => c.started >= at && c.started < at + step),
			),
		);
	return { step_s: step, points };
}

const of = (list, key, value) => list.filter((c) => c[key] === value).length;

function groupSeries(house, name, q) {
	const group = GROUPS.find((g) => g.group === name);
	if (!group) throw new Problem(404, 'There is no such group.');
	const list = house.history.filter((c) => c.group === name && c.pbx === group.pbx);
	return buckets(house, q, list, (at, calls) => ({
		at,
		calls: calls.length,
		answered: calls.filter((c) => c.answered !== null).length,
		abandoned: of(calls, 'outcome', 'abandoned'),
	}));
}

function totalSeries(house, q) {
	return buckets(house, q, house.history, (at, calls) => ({
		at,
		calls: calls.length,
		incoming: of(calls, 'direction', 'incoming'),
		outgoing: of(calls, 'direction', 'outgoing'),
		internal: of(calls, 'direction', 'internal'),
		answered: of(calls, 'outcome', 'answered'),
		abandoned: of(calls, 'outcome', 'abandoned'),
		voicemail: of(calls, 'outcome', 'voicemail'),
		peak: Math.ceil(calls.length / 4),
	}));
}

function pbxs(house) {
	return [...house.links.values()].map((link) => ({
		...link,
		connections: {
			limit: 3,
			ours: link.state === 'up' ? 1 : 0,
			others: link.pbx === 'main' ? [{ name: 'recorder', address: '192.0.2.40' }] : 'unknown',
		},
	}));
}

function matches(call, q) {
	const is = (key) => !q.get(key) || q.get(key).split(',').includes(call[key]);
	const text = q.get('q')?.toLowerCase();
	const number = q.get('number')?.replace(/[^0-9]/g, '');
	const ext = q.get('extension');
	return (
		is('pbx') &&
		is('direction') &&
		is('outcome') &&
		is('group') &&
		(!ext || call.parties.includes(ext) || call.rejected_by.includes(ext) || call.cli === ext) &&
		(!number || `${call.cli} ${call.dialled} ${call.did}`.replace(/[^0-9 ]/g, '').includes(number)) &&
		(!q.get('from') || call.started >= Number(q.get('from'))) &&
		(!q.get('to') || call.started < Number(q.get('to'))) &&
		(!q.get('min_s') || call.duration_s >= Number(q.get('min_s'))) &&
		(!text || JSON.stringify(call).toLowerCase().includes(text))
	);
}

function history(house, q, response) {
	const descending = q.get('order') !== 'asc';
	const found = house.history
		.filter((c) => matches(c, q))
		.sort((a, b) => (a.started - b.started) * (descending ? -1 : 1));
	if (q.get('format') === 'csv') return csv(found, response);
	const limit = Number(q.get('limit') ?? 100);
	const at = q.get('cursor') ? found.findIndex((c) => c.id === q.get('cursor')) + 1 : 0;
	const calls = found.slice(at, at + limit);
	json(response, { calls, next: at + limit < found.length ? calls.at(-1).id : null });
}

const COLUMNS = [
	'pbx',
	'id',
	'direction',
	'outcome',
	'started',
	'answered',
	'ended',
	'cli',
	'name',
	'group',
	'answered_by',
	'queue_s',
	'talk_s',
	'hold_s',
];

function csv(calls, response) {
	response.writeHead(200, {
		'Content-Type': 'text/csv; charset=utf-8',
		'Content-Disposition': 'attachment; filename="calls.csv"',
	});
	const cell = (v) => (/[",\n]/.test(String(v ?? '')) ? `"${String(v).replaceAll('"', '""')}"` : (v ?? ''));
	response.end(
		[COLUMNS, ...calls.map((c) => COLUMNS.map((k) => c[k]))]
			.map((row) => row.map(cell).join(','))
			.join('\r\n'),
	);
}
