/* Values that a test does not care about. */
import type { Call, Group, Link, Message, TimelineEntry, User } from '../../../web/src/model/types';

export function call(part: Partial<Call> = {}): Call {
	return {
		pbx: 'main',
		id: 'c1',
		direction: 'incoming',
		outcome: null,
		state: 'connected',
		since: 1000,
		started: 1000,
		answered: null,
		ended: null,
		duration_s: 0,
		ring_s: 0,
		queue_s: 0,
		talk_s: 0,
		hold_s: 0,
		voicemail_s: 0,
		cli: '+33155501234',
		name: 'Café Zoë',
		did: '5550100',
		dialled: '',
		group: '300',
		answered_by: '',
		parties: [],
		segments: [],
		transfers: 0,
		rejected_by: [],
		nodes: [],
		ends: [],
		call_ids: [],
		sip_call_ids: [],
		account_code: '',
		tag: '',
		cause: null,
		incomplete: false,
		end_party: null,
		a: null,
		b: null,
		targets: [],
		timeline: [],
		...part,
	};
}

export function group(part: Partial<Group> = {}): Group {
	return {
		pbx: 'main',
		group: '300',
		name: 'Support',
		waiting: 0,
		longest_wait_since: null,
		offered: 0,
		answered: 0,
		abandoned: 0,
		abandoned_short: 0,
		answered_in_threshold: 0,
		threshold_s: 20,
		service_level: null,
		average_wait_s: null,
		average_talk_s: null,
		abandoned_callers: [],
		...part,
	};
}

export function user(part: Partial<User> = {}): User {
	return {
		pbx: 'main',
		extension: '4001',
		name: 'Ana',
		state: 'idle',
		since: 1000,
		call: null,
		with: '',
		...part,
	};
}

export function link(part: Partial<Link> = {}): Link {
	return {
		pbx: 'main',
		url: 'devlink3://pbx.example',
		state: 'up',
		since: 1000,
		reason: null,
		detail: null,
		advice: null,
		retry_s: null,
		address: null,
		variant: null,
		flags: null,
		nodes: [],
		events: 0,
		gaps: 0,
		missed: 0,
		...part,
	};
}

export function entry(at: number, what: TimelineEntry['what'], who = '', other = ''): TimelineEntry {
	return { at, what, who, other };
}

type Body = Message extends infer M ? (M extends Message ? Omit<M, 'seq' | 'time' | 'pbx'> : never) : never;

export function message(seq: number, body: Body, pbx = 'main', time = 1000 + seq): Message {
	return { seq, time, pbx, ...body } as Message;
}
