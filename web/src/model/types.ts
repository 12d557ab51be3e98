/* What the page works with, made of the gateway's JSON by wire.ts. Times are Unix seconds, durations seconds; null is
 * "not, or not yet", an empty text "none, or not known". */

export type Direction = 'incoming' | 'outgoing' | 'internal' | 'tandem';
export type Outcome = 'answered' | 'voicemail' | 'rejected' | 'failed' | 'abandoned';
export type CallState =
	'dialling' | 'ringing' | 'queued' | 'connected' | 'held' | 'parked' | 'conference' | 'voicemail' | 'over';

export interface Party {
	end: string;
	number: string;
	name: string;
	extension: string;
	state: string;
	tone: string;
	outside: boolean;
	class: string;
}

export interface Target {
	end: string;
	number: string;
	extension: string;
	name: string;
}

export interface Segment {
	who: string;
	from: number;
	to: number | null;
	talk_s: number;
	hold_s: number;
}

export type Happening =
	| 'began'
	| 'dialled'
	| 'offered'
	| 'ringing'
	| 'queued'
	| 'announcement'
	| 'answered'
	| 'held'
	| 'retrieved'
	| 'transferred'
	| 'parked'
	| 'unparked'
	| 'conferenced'
	| 'voicemail'
	| 'rejected'
	| 'merged'
	| 'cleared'
	| 'link_lost';

export interface TimelineEntry {
	at: number;
	what: Happening;
	/** An extension or a number. */
	who?: string;
	other?: string;
	end?: string;
	cause?: string | null;
}

export interface Call {
	pbx: string;
	id: string;
	direction: Direction;
	outcome: Outcome | null;
	state: CallState;
	since: number;
	started: number;
	answered: number | null;
	ended: number | null;
	duration_s: number;
	ring_s: number;
	queue_s: number;
	talk_s: number;
	hold_s: number;
	voicemail_s: number;
	cli: string;
	name: string;
	did: string;
	dialled: string;
	group: string;
	answered_by: string;
	parties: string[];
	segments: Segment[];
	transfers: number;
	rejected_by: string[];
	nodes: string[];
	ends: string[];
	call_ids: (string | number)[];
	sip_call_ids: string[];
	account_code: string;
	tag: string;
	cause: string | null;
	incomplete: boolean;
	end_party: string | null;
	a: Party | null;
	b: Party | null;
	targets: Target[];
	timeline: TimelineEntry[];
}

export type UserState = 'idle' | 'ringing' | 'talking' | 'held' | 'dialling';

export interface User {
	pbx: string;
	extension: string;
	name: string;
	state: UserState;
	/** null: nothing was told of it yet */
	since: number | null;
	call: string | null;
	/** Who is at the other side, where the call itself is not known. */
	with: string;
}

export interface AbandonedCaller {
	cli: string;
	name: string;
	at: number;
	waited_s: number;
	call: string;
}

export interface Group {
	pbx: string;
	group: string;
	name: string;
	waiting: number;
	longest_wait_since: number | null;
	offered: number;
	answered: number;
	abandoned: number;
	abandoned_short: number;
	answered_in_threshold: number;
	threshold_s: number;
	service_level: number | null;
	average_wait_s: number | null;
	average_talk_s: number | null;
	abandoned_callers: AbandonedCaller[];
}

export type LinkState =
	'resolving' | 'connecting' | 'login' | 'asking' | 'snapshot' | 'up' | 'waiting' | 'stopped';

/** Who else holds one of the PBX's connections, where that is known. */
export type OtherHolder = string | { name?: string; address?: string; application?: string };

export interface Connections {
	limit: number;
	ours: number;
	others: 'unknown' | OtherHolder[];
}

export interface Link {
	pbx: string;
	url: string;
	state: LinkState;
	since: number;
	reason: string | null;
	detail: string | null;
	advice: string | null;
	retry_s: number | null;
	address: string | null;
	variant: string | null;
	flags: string | string[] | null;
	nodes: string[];
	events: number;
	gaps: number;
	missed: number;
	connections?: Connections;
}

export interface CallRecord {
	time: number;
	node: string;
	counter: number;
	record: Record<string, unknown>;
	raw: string;
}

export interface Info {
	version: string;
	started: number;
	now: number;
	demo: boolean;
	day_start: number | string;
	threshold_s: number;
	short_s: number;
	auth: boolean;
}

interface Envelope {
	seq: number;
	time: number;
	pbx: string;
}

export type Message =
	| (Envelope & { kind: 'call'; what: 'began' | 'changed' | 'ended' | 'merged' | 'present'; call: Call })
	| (Envelope & { kind: 'user'; user: User })
	| (Envelope & { kind: 'group'; group: Group })
	| (Envelope & { kind: 'link'; link: Link })
	| (Envelope & {
			kind: 'gap';
			scope: 'pbx' | 'history' | 'slow';
			node?: string;
			missed: number | null;
	  })
	| (Envelope & { kind: 'snapshot'; what: 'begin' | 'end' });
