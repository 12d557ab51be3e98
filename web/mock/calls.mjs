/* A call's life, a step at a time: `step(now)` does what is due and says when to come again, or null when the call
 * is over. Live calls are stepped by a timer, those of the past all at once. */
import { CALLERS, GROUPS, USERS, agentsOf, nodeOf } from './world.mjs';

const tenth = (t) => Math.round(t * 10) / 10;
let serial = 0;

export class MockCall {
	/** `people` says who is free and hears who is busy; those of the past ask nobody. */
	constructor(random, at, people, shape = {}) {
		this.random = random;
		this.people = people;
		this.next = 'begin';
		const r = random;
		const kind =
			shape.direction ?? (r.chance(0.68) ? 'incoming' : r.chance(0.62) ? 'outgoing' : 'internal');
		const group = kind === 'incoming' && r.chance(0.88) ? (shape.group ?? weighted(r)) : null;
		const me = shape.user ?? r.pick(group ? agentsOf(group) : USERS);
		const pbx = group?.pbx ?? me.pbx;
		const n = ++serial;
		const [cli, name] = r.pick(CALLERS);
		this.group = group;
		this.me = me;
		this.patience = at + 4 + r.around(group ? 130 : 40);
		this.call = {
			pbx,
			id: `${nodeOf(pbx).hex}-${(0x2000 + n).toString(16)}`,
			direction: kind,
			outcome: null,
			state: 'dialling',
			since: at,
			started: at,
			answered: null,
			ended: null,
			duration_s: 0,
			ring_s: 0,
			queue_s: 0,
			talk_s: 0,
			hold_s: 0,
			voicemail_s: 0,
			cli: kind === 'incoming' ? cli : me.extension,
			name: kind === 'incoming' ? name : me.name,
			did: kind === 'incoming' ? `55501${group?.group.slice(1) ?? '40'}` : '',
			dialled: kind === 'outgoing' ? r.pick(CALLERS)[0] || '+12025550110' : '',
			group: group?.group ?? '',
			answered_by: '',
			parties: [],
			segments: [],
			transfers: 0,
			rejected_by: [],
			nodes: [nodeOf(pbx).node],
			ends: [this.end(pbx, n * 2), this.end(pbx, n * 2 + 1)],
			call_ids: [String(n)],
			sip_call_ids: kind === 'internal' ? [] : [`${(n * 7919).toString(16)}@sip.example`],
			account_code: r.chance(0.1) ? '1001' : '',
			tag: '',
			cause: null,
			incomplete: false,
			end_party: null,
			a: null,
			b: null,
			targets: [],
			timeline: [],
		};
		const c = this.call;
		const outside = kind === 'incoming';
		c.a = this.party(outside ? { number: cli, name } : me, c.ends[0], outside, 'dialling');
	}

	end(pbx, n) {
		return `${nodeOf(pbx).hex}${n.toString(16).padStart(8, '0')}`;
	}

	party(who, end, outside, state) {
		return {
			end,
			number: who.extension ?? who.number ?? '',
			name: who.name ?? '',
			extension: outside ? '' : (who.extension ?? ''),
			state,
			tone: state === 'ringing' ? 'ringback' : 'none',
			outside,
			class: outside ? 'sip_trunk' : 'h323_phone',
		};
	}

	log(at, what, who = '', other = '', cause = '') {
		this.call.timeline.push({ at: tenth(at), what, who, other, end: this.call.ends[0], cause });
	}

	state(at, state) {
		this.call.state = state;
		this.call.since = tenth(at);
	}

	step(now) {
		const after = this[this.next](now);
		if (after !== null) return now + after;
		return null;
	}

	begin(now) {
		const c = this.call;
		const { cli } = c;
		this.log(now, 'began', cli, '');
		if (c.direction === 'outgoing') return this.beginOutgoing(now);
		if (c.direction === 'internal') return this.ringOne(now, this.someoneElse());
		if (!this.group) return this.ringOne(now, this.me);
		this.log(now, 'queued', cli, this.group.group);
		this.state(now, 'queued');
		this.next = 'offer';
		return this.random.between(0.6, 2);
	}

	beginOutgoing(now) {
		const c = this.call;
		this.people.set(this.me, 'talking', now, c.id);
		this.log(now + 0.1, 'dialled', this.me.extension, c.dialled);
		this.next = 'outgoingRings';
		return this.random.between(1, 4);
	}

	outgoingRings(now) {
		const c = this.call;
		this.state(now, 'ringing');
		this.log(now, 'ringing', c.dialled, this.me.extension);
		this.next = this.random.chance(0.8) ? 'outgoingAnswered' : 'fail';
		return this.random.between(4, 22);
	}

	outgoingAnswered(now) {
		const c = this.call;
		c.b = this.party({ number: c.dialled }, c.ends[1], true, 'connected');
		c.answered_by = c.dialled;
		this.connect(now, this.me);
		return this.talk();
	}

	someoneElse() {
		const others = USERS.filter((u) => u.pbx === this.call.pbx && u !== this.me);
		return this.people.free(others, this.random) ?? this.random.pick(others);
	}

	ringOne(now, who) {
		const c = this.call;
		if (c.direction === 'internal') this.people.set(this.me, 'talking', now, c.id);
		this.offered = [who];
		this.people.set(who, 'ringing', now, c.id);
		c.targets = [{ end: c.ends[1], extension: who.extension, name: who.name }];
		this.log(now + 0.2, 'ringing', who.extension, c.cli);
		this.state(now, 'ringing');
		const roll = this.random.next();
		this.next = roll < 0.62 ? 'answer' : roll < 0.76 ? 'voicemail' : roll < 0.82 ? 'reject' : 'abandon';
		return this.random.between(3, roll < 0.62 ? 14 : 25);
	}

	offer(now) {
		const agent = this.people.free(agentsOf(this.group), this.random);
		if (!agent) {
			if (now > this.patience) return this.giveUp(now);
			this.next = 'offer';
			if (this.random.chance(0.05)) this.log(now, 'announcement', this.group.group);
			return Math.min(this.random.between(3, 9), Math.max(0.5, this.patience - now));
		}
		this.offered = [agent];
		this.people.set(agent, 'ringing', now, this.call.id);
		this.call.targets = [{ end: this.call.ends[1], extension: agent.extension, name: agent.name }];
		this.log(now, 'offered', agent.extension, this.call.cli);
		if (this.random.chance(0.05)) this.next = 'rejectOffer';
		else this.next = now + 4 > this.patience || this.random.chance(0.07) ? 'giveUp' : 'answer';
		return this.next === 'answer'
			? 2 + this.random.around(this.group.wait) * 0.55
			: 1 + this.random.around(22);
	}

	rejectOffer(now) {
		const [who] = this.offered;
		this.release(now);
		this.call.rejected_by.push(who.extension);
		this.call.targets = [];
		this.log(now, 'rejected', who.extension, '', 'dnd');
		this.next = 'offer';
		return 2;
	}

	giveUp(now) {
		return this.random.chance(0.25) ? this.voicemail(now) : this.abandon(now);
	}

	answer(now) {
		const c = this.call;
		const [who] = this.offered ?? [this.me];
		c.targets = [];
		c.b = this.party(who, c.ends[1], false, 'connected');
		c.answered_by = who.extension;
		this.connect(now, who);
		return this.talk();
	}

	connect(now, who) {
		const c = this.call;
		c.answered = tenth(now);
		c.a.state = 'connected';
		if (c.group) c.queue_s = tenth(now - c.started);
		c.ring_s = tenth(now - c.started);
		this.state(now, 'connected');
		this.log(now, 'answered', c.direction === 'outgoing' ? c.dialled : who.extension, c.cli);
		this.begins(now, who);
		if (c.direction !== 'incoming') this.people.set(this.me, 'talking', now, c.id);
	}

	begins(now, who) {
		const c = this.call;
		this.who = who;
		c.segments.push({ who: who.extension, from: tenth(now), to: null, talk_s: 0, hold_s: 0 });
		if (!c.parties.includes(who.extension)) c.parties.push(who.extension);
		this.people.set(who, 'talking', now, c.id);
	}

	ends(now) {
		const s = this.call.segments.at(-1);
		if (!s || s.to !== null) return;
		s.to = tenth(now);
		s.talk_s = tenth(s.to - s.from - s.hold_s);
	}

	talk() {
		const mean = this.group?.talk ?? 120;
		const roll = this.random.next();
		this.next =
			roll < 0.14
				? 'hold'
				: roll < 0.25
					? 'transfer'
					: roll < 0.29
						? 'park'
						: roll < 0.31
							? 'conference'
							: 'clear';
		return 6 + this.random.around(mean) * (this.next === 'clear' ? 1 : 0.4);
	}

	hold(now) {
		this.heldAt = now;
		this.state(now, 'held');
		this.call.a.tone = 'hold_music';
		this.log(now, 'held', this.call.cli, this.who.extension);
		this.people.set(this.who, 'held', now, this.call.id);
		this.next = 'retrieve';
		return 5 + this.random.around(28);
	}

	retrieve(now) {
		const c = this.call;
		const held = tenth(now - this.heldAt);
		c.hold_s = tenth(c.hold_s + held);
		c.segments.at(-1).hold_s += held;
		c.a.tone = 'none';
		this.state(now, 'connected');
		if (this.next === 'unpark') this.log(now, 'unparked', '', '');
		else this.log(now, 'retrieved', c.cli, this.who.extension);
		this.people.set(this.who, 'talking', now, c.id);
		return this.talk();
	}

	park(now) {
		this.heldAt = now;
		this.state(now, 'parked');
		this.log(now, 'parked', '', this.call.cli);
		this.people.set(this.who, 'idle', now, null);
		this.next = 'unpark';
		return 8 + this.random.around(40);
	}

	unpark(now) {
		return this.retrieve(now);
	}

	transfer(now) {
		const c = this.call;
		const from = this.who;
		const to = this.someoneElse();
		this.log(now, 'held', c.cli, from.extension);
		this.ends(now);
		this.log(now + 3, 'transferred', from.extension, to.extension);
		this.people.set(from, 'idle', now, null);
		this.people.set(to, 'ringing', now, c.id);
		this.offered = [to];
		c.transfers++;
		c.targets = [{ end: c.ends[1], extension: to.extension, name: to.name }];
		c.b = null;
		this.state(now, 'ringing');
		this.next = this.random.chance(0.85) ? 'transferAnswered' : 'voicemail';
		return this.random.between(5, 16);
	}

	transferAnswered(now) {
		const c = this.call;
		const [to] = this.offered;
		c.targets = [];
		c.b = this.party(to, c.ends[1], false, 'connected');
		this.state(now, 'connected');
		this.log(now, 'answered', to.extension, c.cli);
		this.begins(now, to);
		return this.talk();
	}

	conference(now) {
		this.state(now, 'conference');
		this.log(now, 'conferenced', this.someoneElse().extension, this.who.extension);
		this.next = 'clear';
		return 20 + this.random.around(120);
	}

	reject(now) {
		const [who] = this.offered;
		this.call.rejected_by.push(who.extension);
		this.log(now, 'rejected', who.extension, '', 'busy');
		this.call.outcome = 'rejected';
		return this.over(now, 'caller', 'user_busy');
	}

	voicemail(now) {
		this.release(now);
		this.call.targets = [];
		this.state(now, 'voicemail');
		this.mailAt = now;
		this.log(now, 'voicemail', this.call.cli, 'voicemail');
		if (this.call.answered === null) this.call.outcome = 'voicemail';
		this.next = 'voicemailOver';
		return this.random.between(8, 40);
	}

	voicemailOver(now) {
		this.call.voicemail_s = tenth(now - this.mailAt);
		return this.over(now, 'caller', 'normal');
	}

	fail(now) {
		this.call.outcome = this.random.chance(0.5) ? 'failed' : 'abandoned';
		const failed = this.call.outcome === 'failed';
		return this.over(
			now,
			failed ? 'system' : this.me.extension,
			failed ? 'no_user_responding' : 'normal',
		);
	}

	abandon(now) {
		this.call.outcome = 'abandoned';
		return this.over(now, 'caller', 'normal');
	}

	clear(now) {
		const outside = this.call.direction === 'outgoing' ? 'called' : 'caller';
		return this.over(now, this.random.chance(0.6) ? outside : this.who.extension, 'normal');
	}

	release(now) {
		for (const who of this.offered ?? []) this.people.set(who, 'idle', now, null);
	}

	over(now, by, cause) {
		const c = this.call;
		this.ends(now);
		this.release(now);
		if (this.who) this.people.set(this.who, 'idle', now, null);
		if (c.direction !== 'incoming') this.people.set(this.me, 'idle', now, null);
		if (c.answered !== null) c.outcome = 'answered';
		c.ended = tenth(now);
		c.end_party = by;
		c.cause = cause;
		c.targets = [];
		if (c.answered === null) {
			c.ring_s = tenth((this.mailAt ?? now) - c.started);
			if (c.group) c.queue_s = c.ring_s;
		}
		c.duration_s = tenth(now - c.started);
		c.talk_s = c.answered === null ? 0 : tenth(now - c.answered - c.voicemail_s);
		this.state(now, 'over');
		const gone = { caller: c.cli, called: c.dialled, system: c.cli }[by] ?? by;
		this.log(now, 'cleared', gone, '', cause);
		return null;
	}
}

function weighted(random) {
	let at = random.next() * GROUPS.reduce((sum, g) => sum + g.weight, 0);
	return GROUPS.find((g) => (at -= g.weight) < 0) ?? GROUPS[0];
}
