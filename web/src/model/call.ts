/* A call in words: who, whom, how it ended. */
import type { Call, CallState, Direction, Outcome, Party } from './types';

export const STATE_NAMES: Record<CallState, string> = {
	dialling: 'Dialling',
	ringing: 'Ringing',
	queued: 'Queued',
	connected: 'Talking',
	held: 'On hold',
	parked: 'Parked',
	conference: 'Conference',
	voicemail: 'Voicemail',
	over: 'Over',
};

export const OUTCOME_NAMES: Record<Outcome, string> = {
	answered: 'Answered',
	voicemail: 'Voicemail',
	rejected: 'Rejected',
	failed: 'Failed',
	abandoned: 'Abandoned',
};

export const DIRECTION_NAMES: Record<Direction, string> = {
	incoming: 'Incoming',
	outgoing: 'Outgoing',
	internal: 'Internal',
	tandem: 'Through',
};

export interface Somebody {
	number: string;
	name: string;
	/** Of several whose phones ring, how many more. */
	also?: string;
}

function party(p: Party | null): Somebody | null {
	if (!p) return null;
	const number = p.extension || p.number;
	return number || p.name ? { number, name: p.name } : null;
}

/** Whoever began it. */
export function caller(call: Call): Somebody {
	if (call.direction === 'incoming' || call.direction === 'tandem')
		return { number: call.cli, name: call.name };
	return party(call.a) ?? { number: call.cli || (call.parties?.[0] ?? ''), name: '' };
}

/** Things that a call is connected to, whom nobody wanted to talk to. */
const NOBODY = ['voicemail', 'park_slot', 'conference', 'conference_meet_me', 'paging_conference'];

/** Whom they have, or else whom they want. */
export function called(call: Call): Somebody {
	const b = call.b && !NOBODY.includes(call.b.class) ? party(call.b) : null;
	if (b) return b;
	const [target, ...more] = call.targets ?? [];
	if (target) {
		const also = more.length > 0 ? ` and ${more.length} more` : '';
		return { number: target.extension || target.number, name: target.name, also };
	}
	if (call.answered_by) return { number: call.answered_by, name: '' };
	const rang = call.timeline.find((e) => e.what === 'offered' || e.what === 'ringing')?.who ?? '';
	/* Digits received from a line say less than whom they led to. */
	const wanted = call.direction === 'incoming' ? [call.group, rang] : [call.dialled, call.group, rang];
	return { number: wanted.find(Boolean) ?? call.did, name: '' };
}

export function somebody(who: Somebody): string {
	const also = who.also ?? '';
	if (who.name && who.number) return `${who.name} (${who.number})${also}`;
	return `${who.name || who.number || 'unknown'}${also}`;
}

/** In small letters, all that one may search a live call by. */
export function searchText(call: Call): string {
	const { number, name } = caller(call);
	const to = called(call);
	const rest = [
		call.group,
		call.did,
		call.dialled,
		call.account_code,
		call.tag,
		call.id,
		...(call.parties ?? []),
	];
	const targets = (call.targets ?? []).map((t) => `${t.extension ?? ''} ${t.number ?? ''} ${t.name}`);
	return [number, name, to.number, to.name, ...rest, ...targets].join(' ').toLowerCase();
}
