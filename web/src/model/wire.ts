/* From what comes to what the page works with: what is absent becomes empty, and what the call tracker writes by
 * its own names (a segment's `party`, a group's `today`) becomes what the views know. After this, nothing is null that
 * its type does not say so of. */
import type { Point } from './bars';
import type { Call, Group, Message, Party, Segment, Target, TimelineEntry, User } from './types';

type Raw = Record<string, unknown>;

function text(value: unknown): string {
	return value === null || value === undefined ? '' : String(value);
}

function number(value: unknown): number {
	return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

function numberOrNull(value: unknown): number | null {
	return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function list<T = unknown>(value: unknown): T[] {
	return Array.isArray(value) ? (value as T[]) : [];
}

function causeName(cause: unknown, name: unknown): string | null {
	if (typeof name === 'string' && name !== '') return name;
	if (typeof cause === 'number') return `cause ${cause}`;
	return typeof cause === 'string' && cause !== '' ? cause : null;
}

function readSegment(value: Raw): Segment {
	return {
		who: text(value.who ?? value.party),
		from: number(value.from),
		to: numberOrNull(value.to),
		talk_s: number(value.talk_s),
		hold_s: number(value.hold_s),
	};
}

function readEntry(value: Raw, call: Raw): TimelineEntry {
	/* A call has the name of its own cause; of the others it has the number only. */
	const name = value.cause_name ?? (value.cause === call.cause ? call.cause_name : null);
	return {
		at: number(value.at),
		what: text(value.what) as TimelineEntry['what'],
		who: text(value.who),
		other: text(value.other),
		end: text(value.end),
		cause: causeName(value.cause, name),
	};
}

function readTarget(value: Raw): Target {
	return {
		end: text(value.end),
		number: text(value.number),
		extension: text(value.extension),
		name: text(value.name),
	};
}

function readParty(value: unknown): Party | null {
	if (typeof value !== 'object' || value === null) return null;
	const raw = value as Raw;
	return {
		...readTarget(raw),
		state: text(raw.state),
		tone: text(raw.tone),
		outside: raw.outside === true,
		class: text(raw.class),
	};
}

const CALL_TEXTS = ['cli', 'name', 'did', 'dialled', 'group', 'answered_by', 'account_code', 'tag'] as const;
const CALL_SECONDS = [
	'duration_s',
	'ring_s',
	'queue_s',
	'talk_s',
	'hold_s',
	'voicemail_s',
	'transfers',
] as const;
const CALL_LISTS = ['parties', 'rejected_by', 'nodes', 'ends', 'call_ids', 'sip_call_ids'] as const;

export function readCall(value: unknown, pbx = ''): Call {
	const raw = value as Raw;
	const call: Raw = { ...raw, pbx: text(raw.pbx) || pbx, id: text(raw.id) };
	for (const key of CALL_TEXTS) call[key] = text(raw[key]);
	for (const key of CALL_SECONDS) call[key] = number(raw[key]);
	for (const key of CALL_LISTS) call[key] = list(raw[key]);
	call.outcome = raw.outcome === 'none' || !raw.outcome ? null : raw.outcome;
	call.started = number(raw.started);
	call.since = numberOrNull(raw.since) ?? call.started;
	call.answered = numberOrNull(raw.answered);
	call.ended = numberOrNull(raw.ended);
	call.end_party = text(raw.end_party) || null;
	call.cause = causeName(raw.cause, raw.cause_name);
	call.incomplete = raw.incomplete === true;
	call.a = readParty(raw.a);
	call.b = readParty(raw.b);
	call.targets = list<Raw>(raw.targets).map(readTarget);
	call.segments = list<Raw>(raw.segments).map(readSegment);
	call.timeline = list<Raw>(raw.timeline).map((entry) => readEntry(entry, raw));
	return call as unknown as Call;
}

/** `threshold_s`: the gateway's own, where the group has none. */
export function readGroup(value: unknown, pbx = '', threshold_s = 20): Group {
	const raw = value as Raw;
	/* Of the period that was asked for, or else of the day. */
	const sums = (raw.window ?? raw.today ?? raw) as Raw;
	const offered = number(sums.offered);
	const short = number(sums.abandoned_short);
	const inTime = number(sums.answered_in_threshold ?? sums.answered_in_time);
	/* Nobody knows yet what becomes of those who wait. */
	const over = Math.max(0, offered - number(raw.waiting));
	const level = over - short > 0 ? inTime / (over - short) : null;
	const callers = Array.isArray(raw.abandoned) ? raw.abandoned : raw.abandoned_callers;
	return {
		pbx: text(raw.pbx) || pbx,
		group: text(raw.group),
		name: text(raw.name),
		waiting: number(raw.waiting),
		longest_wait_since: numberOrNull(raw.longest_wait_since ?? raw.waiting_since),
		offered,
		answered: number(sums.answered),
		abandoned: number(sums.abandoned),
		abandoned_short: short,
		answered_in_threshold: inTime,
		threshold_s: numberOrNull(raw.threshold_s) ?? threshold_s,
		service_level: raw.service_level === undefined ? level : numberOrNull(raw.service_level),
		average_wait_s: numberOrNull(sums.average_wait_s),
		average_talk_s: numberOrNull(sums.average_talk_s),
		abandoned_callers: list<Raw>(callers).map((c) => ({
			cli: text(c.cli),
			name: text(c.name),
			at: number(c.at),
			waited_s: number(c.waited_s),
			call: text(c.call),
		})),
	};
}

export function readPoint(value: unknown): Point {
	const raw = value as Raw;
	return { at: number(raw.at), values: [number(raw.calls), number(raw.answered), number(raw.abandoned)] };
}

export function readUser(value: unknown, pbx = ''): User {
	const raw = value as Raw;
	return {
		pbx: text(raw.pbx) || pbx,
		extension: text(raw.extension),
		name: text(raw.name),
		state: (text(raw.state) || 'idle') as User['state'],
		since: numberOrNull(raw.since),
		call: text(raw.call) || null,
		with: text(raw.with),
	};
}

export function readMessage(data: string, threshold_s?: number): Message {
	const message = JSON.parse(data) as Message;
	const pbx = message.pbx ?? '';
	switch (message.kind) {
		case 'call':
			return { ...message, pbx, call: readCall(message.call, pbx) };
		case 'user':
			return { ...message, pbx, user: readUser(message.user, pbx) };
		case 'group':
			return { ...message, pbx, group: readGroup(message.group, pbx, threshold_s) };
		case 'link':
			return { ...message, pbx: pbx || message.link.pbx };
		default:
			return { ...message, pbx };
	}
}
