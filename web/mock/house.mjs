/* The company's day: what was, what is, and the sums over both. Tells `hub` whatever changes. */
import { MockCall } from './calls.mjs';
import { Random } from './random.mjs';
import { GROUPS, PBXS, USERS } from './world.mjs';

export const SHORT_S = 5;
const nobody = { set() {}, free: (list, random) => random.pick(list) };

export class House {
	constructor(hub, { seed = 7, days = 2, busy = 44 } = {}) {
		this.hub = hub;
		this.random = new Random(seed);
		this.busy = busy;
		this.history = [];
		this.live = new Map();
		this.users = new Map();
		this.links = new Map();
		this.extra = [];
		for (const u of USERS) this.addUser(u);
		for (const p of PBXS) this.links.set(p.name, this.newLink(p));
		this.now = () => Date.now() / 1000;
		this.makePast(days);
	}

	addUser(u) {
		const key = `${u.pbx}/${u.extension}`;
		this.users.set(key, {
			...u,
			state: 'idle',
			since: this.now_() - this.random.between(20, 4000),
			call: null,
			cmextn: null,
		});
	}

	now_() {
		return Date.now() / 1000;
	}

	newLink(p) {
		const since = this.now_() - 3 * 3600 - 411;
		return {
			pbx: p.name,
			url: p.url,
			state: 'up',
			since,
			reason: '',
			detail: '',
			advice: '',
			retry_s: null,
			address: `${p.node}:50796`,
			variant: 'IP 500 V2 12.2.0.0 build 100',
			flags: '-SCN -SIPTrack -CMExtn',
			nodes: [p.node],
			events: 48211,
			gaps: 0,
			missed: 0,
		};
	}

	dayStart() {
		const date = new Date(this.now_() * 1000);
		date.setHours(0, 0, 0, 0);
		return date.getTime() / 1000;
	}

	/** Busy from eight to six, with two humps; the screenshots are taken at any hour, so the last hours always are. */
	makePast(days) {
		const end = this.now_();
		for (let at = end - days * 86400; at < end - 5; at += 60) {
			const hour = new Date(at * 1000).getHours() + new Date(at * 1000).getMinutes() / 60;
			const hump =
				Math.exp(-(((hour - 10.5) / 1.8) ** 2)) + 0.8 * Math.exp(-(((hour - 15) / 1.9) ** 2));
			const rate = 0.06 + 2.1 * hump;
			if (!this.random.chance(Math.min(rate / 2, 1))) continue;
			for (let n = 0; n < 4; n++) this.makePastCall(at + this.random.between(0, 60), end);
		}
		this.history.sort((a, b) => a.started - b.started);
	}

	makePastCall(at, end) {
		const call = new MockCall(this.random, at, {
			...nobody,
			free: (l, r) => (r.chance(0.93) ? r.pick(l) : null),
		});
		for (let t = at; t !== null;) t = call.step(t);
		if (call.call.ended < end) this.history.push(call.call);
	}

	/* ---- The present ---- */

	run() {
		const step = () => {
			this.tick();
			this.timer = setTimeout(step, 100);
		};
		for (let i = 0; i < this.busy * 12; i++) this.warmUp(i);
		step();
	}

	/** Some calls have been going on for a while when the page is opened. */
	warmUp() {
		if (this.live.size >= this.busy) return;
		const now = this.now();
		const call = this.spawn(now - this.random.between(1, 240));
		for (let t = call.call.started; t !== null && t < now;) {
			call.due = t = call.step(t);
			if (t === null) this.live.delete(call.call.id);
		}
		if (call.call.state === 'over') this.history.push(call.call);
	}

	tick() {
		const now = this.now();
		for (const call of [...this.live.values()]) {
			if (call.due > now) continue;
			call.due = call.step(now);
			if (call.due === null) this.finish(call);
			else this.hub.send('call', call.call.pbx, { what: 'changed', call: call.call });
			this.touchGroup(call);
		}
		this.groupsDue(now);
		let missing = Math.min(this.busy - this.live.size, Math.max(1, this.busy / 20));
		for (; missing > 0 && this.random.chance(this.busy > 100 ? 0.9 : 0.14); missing--) {
			const call = this.spawn(now);
			call.due = call.step(now);
			this.hub.send('call', call.call.pbx, { what: 'began', call: call.call });
			this.touchGroup(call);
		}
	}

	spawn(at) {
		const people = { set: (...a) => this.setUser(...a), free: (list, random) => this.free(list, random) };
		const shape = {};
		/* A few hundred more calls than the company has people for: they are of people of its own. */
		if (this.extra.length > 0 && this.live.size > 40) {
			shape.direction = 'outgoing';
			shape.user = this.random.pick(this.extra);
		} else shape.user = this.free(USERS, this.random) ?? undefined;
		const call = new MockCall(this.random, at, people, shape);
		this.live.set(call.call.id, call);
		return call;
	}

	free(list, random) {
		const idle = list.filter((u) => this.users.get(`${u.pbx}/${u.extension}`)?.state === 'idle');
		return idle.length > 0 ? random.pick(idle) : null;
	}

	setUser(who, state, now, call) {
		const user = this.users.get(`${who.pbx}/${who.extension}`);
		if (!user || user.state === state) return;
		Object.assign(user, { state, since: Math.round(now * 10) / 10, call });
		this.hub.send('user', user.pbx, { user });
	}

	finish(call) {
		this.live.delete(call.call.id);
		this.history.push(call.call);
		this.hub.send('call', call.call.pbx, { what: 'ended', call: call.call });
	}

	setBusy(n) {
		this.busy = n;
		while (this.extra.length < n - 60) {
			const u = {
				pbx: 'main',
				extension: String(6001 + this.extra.length),
				name: `Desk ${this.extra.length + 1}`,
			};
			this.extra.push(u);
			this.addUser(u);
			this.hub.send('user', u.pbx, { user: this.users.get(`${u.pbx}/${u.extension}`) });
		}
		for (let i = 0; i < n * 12; i++) {
			if (this.live.size >= n) break;
			const before = this.live.size;
			this.warmUp(i);
			if (this.live.size > before) {
				const call = [...this.live.values()].at(-1);
				this.hub.send('call', call.call.pbx, { what: 'began', call: call.call });
			}
		}
	}

	/** A night, or a house in which nobody has phoned yet. */
	empty() {
		clearTimeout(this.timer);
		this.busy = 0;
		for (const call of this.live.values()) {
			call.call.state = 'over';
			this.hub.send('call', call.call.pbx, { what: 'ended', call: call.call });
		}
		this.live.clear();
		this.history = [];
		for (const u of this.users.values()) this.setUser(u, 'idle', this.now(), null);
		for (const g of GROUPS) this.sendGroup(g);
	}

	/* ---- Groups ---- */

	touchGroup(call) {
		if (call.group) (this.touched ??= new Set()).add(call.group);
	}

	groupsDue(now) {
		if (!this.touched || now < (this.groupsAt ?? 0)) return;
		this.groupsAt = now + 0.5;
		for (const g of this.touched) this.sendGroup(g);
		this.touched = null;
	}

	sendGroup(g) {
		this.hub.send('group', g.pbx, { group: this.group(g) });
	}

	pastOf(g, from) {
		return this.history.filter((c) => c.group === g.group && c.pbx === g.pbx && c.started >= from);
	}

	sums(g, from, waiting) {
		const past = this.pastOf(g, from);
		const answered = past.filter((c) => c.answered !== null);
		const gone = past.filter((c) => c.outcome === 'abandoned');
		const mean = (of) =>
			answered.length > 0 ? answered.reduce((sum, c) => sum + of(c), 0) / answered.length : 0;
		return {
			offered: past.length + waiting,
			answered: answered.length,
			answered_in_time: answered.filter((c) => c.queue_s <= g.threshold).length,
			abandoned: gone.length,
			abandoned_short: gone.filter((c) => c.duration_s < SHORT_S).length,
			average_wait_s: mean((c) => c.queue_s),
			average_talk_s: mean((c) => c.talk_s),
		};
	}

	/** `from`: where the window begins that was asked for. */
	group(g, from = null) {
		const waiting = [...this.live.values()].filter(
			(c) => c.group === g && c.call.answered === null && c.call.state !== 'voicemail',
		);
		const gone = this.pastOf(g, this.dayStart()).filter((c) => c.outcome === 'abandoned');
		return {
			pbx: g.pbx,
			group: g.group,
			name: g.name,
			waiting: waiting.length,
			waiting_since: waiting.length > 0 ? Math.min(...waiting.map((c) => c.call.started)) : null,
			threshold_s: g.threshold,
			today: this.sums(g, this.dayStart(), waiting.length),
			abandoned: gone.map((c) => ({
				cli: c.cli,
				name: c.name,
				at: c.ended,
				waited_s: c.duration_s,
				call: c.id,
			})),
			...(from !== null && { window: this.sums(g, from, waiting.length) }),
		};
	}

	groups(from) {
		return GROUPS.map((g) => this.group(g, from));
	}

	/* ---- Links ---- */

	setLink(name, state) {
		const link = this.links.get(name);
		const down = {
			waiting: {
				reason: 'unreachable',
				detail: 'connection refused',
				advice: 'Is the PBX running, and does a firewall let port 50796 through?',
				retry_s: 32,
			},
			stopped: {
				reason: 'refused',
				detail: 'FAILURE: unknown user or wrong password',
				advice: 'Correct the user or the password file, then start the link again. It is not retried by itself, as the PBX locks accounts.',
				retry_s: null,
			},
			limits: {
				reason: 'limits_exceeded',
				detail: 'LIMITS EXCEEDED: all three connections are in use',
				advice: 'Close one of the applications that are connected to the PBX.',
				retry_s: 120,
			},
		}[state];
		Object.assign(
			link,
			{
				state: state === 'limits' ? 'waiting' : state,
				since: this.now(),
				reason: '',
				detail: '',
				advice: '',
				retry_s: null,
			},
			down,
		);
		this.hub.send('link', name, { link });
	}

	gap(name, missed) {
		const link = this.links.get(name);
		link.gaps++;
		link.missed += missed;
		this.hub.send('gap', name, { scope: 'pbx', node: link.nodes[0], missed });
		this.hub.send('link', name, { link });
	}
}
