/* A call as one bar: from what happened to stretches of time in one state. */
import type { Call, Segment, TimelineEntry } from './types';

export type StretchKind = 'dial' | 'queue' | 'ring' | 'talk' | 'hold' | 'park' | 'transfer' | 'voicemail';

export const STRETCH_NAMES: Record<StretchKind, string> = {
	dial: 'dialling',
	queue: 'in the queue',
	ring: 'ringing',
	talk: 'talking',
	hold: 'on hold',
	park: 'parked',
	transfer: 'being transferred',
	voicemail: 'voicemail',
};

export interface Stretch {
	kind: StretchKind;
	from: number;
	to: number;
	who: string;
}

/** Tenths of seconds are the finest the PBX tells, so less is no stretch of its own. */
const SMALLEST_S = 0.05;

function talkingAt(segments: Segment[], at: number): Segment | undefined {
	return segments.find((s) => s.from <= at + 0.3 && (s.to === null || s.to > at + 0.3));
}

/** What the call is doing from this entry on; null: as before. */
function kindAfter(entry: TimelineEntry, before: StretchKind | null, call: Call): StretchKind | null {
	switch (entry.what) {
		case 'began':
		case 'dialled':
			return before ?? 'dial';
		case 'offered':
		case 'ringing':
			/* An agent's phone rings while the caller still waits in the queue; and the phone of the one a call
			 * is transferred to rings while it is being transferred. */
			return before === null || before === 'dial' || before === 'ring' ? 'ring' : before;
		case 'queued':
		case 'announcement':
			return before === 'talk' ? before : 'queue';
		case 'answered':
		case 'retrieved':
		case 'unparked':
		case 'conferenced':
			return 'talk';
		case 'held':
			return 'hold';
		case 'parked':
			return 'park';
		case 'voicemail':
			return 'voicemail';
		case 'transferred':
			return talkingAt(call.segments ?? [], entry.at) ? 'talk' : 'transfer';
		case 'rejected':
		case 'merged':
		case 'cleared':
		case 'link_lost':
			return null;
	}
}

/** To whom a call was passed on: their phone begins to ring in the same moment. */
function offeredAt(call: Call, at: number): string {
	const offer = call.timeline.find((e) => e.what === 'offered' && Math.abs(e.at - at) < 0.3);
	return offer?.who ?? '';
}

function whoOf(kind: StretchKind, entry: TimelineEntry, call: Call, before: string): string {
	if (kind === 'queue') return call.group || before;
	if (kind === 'talk') return talkingAt(call.segments ?? [], entry.at)?.who || entry.who || before;
	/* The slot has no name of its own here, only an end. */
	if (kind === 'park') return entry.end ?? '';
	if (kind === 'transfer') return entry.other || offeredAt(call, entry.at) || entry.who || before;
	return entry.who || entry.other || before;
}

/** `now` ends the last stretch of a call that is still up. */
export function stretchesOf(call: Call, now: number): Stretch[] {
	const entries = [...(call.timeline ?? [])].sort((x, y) => x.at - y.at);
	const end = call.ended ?? Math.max(now, call.since ?? 0);
	const stretches: Stretch[] = [];
	let current: Stretch | null = null;
	for (const entry of entries) {
		const kind: StretchKind | null = kindAfter(entry, current?.kind ?? null, call);
		if (kind === null) continue;
		const who: string = whoOf(kind, entry, call, current?.who ?? '');
		if (current && current.kind === kind && (current.who === who || kind !== 'talk')) {
			if (kind === 'ring' && current.who !== who && entry.who) current.who = who;
			continue;
		}
		if (current) current.to = Math.min(entry.at, end);
		current = { kind, from: entry.at, to: end, who };
		stretches.push(current);
	}
	if (stretches.length === 0) return fromTotals(call, end);
	return stretches.filter((s) => s.to - s.from >= SMALLEST_S);
}

/** A call of the store may come without its timeline; its sums still say what it was. */
function fromTotals(call: Call, end: number): Stretch[] {
	const stretches: Stretch[] = [];
	let at = call.started;
	const add = (kind: StretchKind, seconds: number, who: string) => {
		const to = Math.min(at + seconds, end);
		if (to - at >= SMALLEST_S) stretches.push({ kind, from: at, to, who });
		at = Math.max(at, to);
	};
	const waited = (call.answered ?? end) - call.started - (call.answered === null ? call.voicemail_s : 0);
	add('queue', Math.min(call.queue_s, waited), call.group);
	add('ring', Math.max(0, waited - call.queue_s), call.answered_by);
	if (call.answered !== null) add('talk', Math.max(0, call.talk_s - call.hold_s), call.answered_by);
	add('hold', call.hold_s, call.answered_by);
	add('voicemail', call.voicemail_s, '');
	return stretches;
}

/** How long each kind took in all, in the order of the bar. */
export function sums(stretches: Stretch[]): { kind: StretchKind; seconds: number }[] {
	const total = new Map<StretchKind, number>();
	for (const s of stretches) total.set(s.kind, (total.get(s.kind) ?? 0) + s.to - s.from);
	return [...total].map(([kind, seconds]) => ({ kind, seconds }));
}
