/* What the page knows, and who wants to hear of it. Messages change the maps at once; views hear of it once per
 * animation frame, however many messages came. */
import { Clock } from './clock';
import type { Call, Group, Info, Link, Message, User } from './types';

export type Topic = 'calls' | 'users' | 'groups' | 'links' | 'status' | 'notices';

export type Connection = 'connecting' | 'open' | 'away' | 'login';

export interface Notice {
	id: number;
	at: number;
	pbx: string;
	scope: 'pbx' | 'history' | 'slow';
	node: string;
	missed: number | null;
}

/** More of them tell nothing new, and a screen on the wall runs for months. */
const NOTICES_KEPT = 50;

export function keyOf(pbx: string, id: string): string {
	return `${pbx}/${id}`;
}

/** A link that is up or filling up says what is; of any other, the page shows what was. */
export function linkIsUp(link: Link): boolean {
	return link.state === 'up' || link.state === 'snapshot';
}

interface Seen {
	pbx: string;
	calls: Set<string>;
	users: Set<string>;
	groups: Set<string>;
	links: Set<string>;
}

export class Store {
	readonly calls = new Map<string, Call>();
	readonly users = new Map<string, User>();
	readonly groups = new Map<string, Group>();
	readonly links = new Map<string, Link>();
	notices: Notice[] = [];
	info: Info | null = null;
	connection: Connection = 'connecting';
	/** By the gateway's clock; null while it is there. */
	awaySince: number | null = null;
	/** The first snapshot is complete: an empty list means that there is nothing. */
	filled = false;
	updated = false;

	private snapshot: Seen | null = null;
	private nextNotice = 1;
	private listeners = new Map<Topic, Set<() => void>>();
	private dirty = new Set<Topic>();
	private scheduled = false;

	constructor(
		readonly clock: Clock = new Clock(),
		private readonly schedule: (run: () => void) => void = perFrame,
	) {}

	subscribe(topic: Topic, listener: () => void): () => void {
		let set = this.listeners.get(topic);
		if (!set) this.listeners.set(topic, (set = new Set()));
		set.add(listener);
		return () => set.delete(listener);
	}

	touch(topic: Topic): void {
		this.dirty.add(topic);
		if (this.scheduled) return;
		this.scheduled = true;
		this.schedule(() => this.flush());
	}

	apply(message: Message): void {
		switch (message.kind) {
			case 'call':
				return this.applyCall(message.pbx, message.what, message.call);
			case 'user':
				return this.put('users', this.users, message.pbx, message.user.extension, message.user);
			case 'group':
				return this.put('groups', this.groups, message.pbx, message.group.group, message.group);
			case 'link':
				return this.applyLink(message.pbx, message.link);
			case 'gap':
				return this.addNotice(message);
			case 'snapshot':
				return message.what === 'begin' ? this.beginSnapshot(message.pbx) : this.endSnapshot();
		}
	}

	setInfo(info: Info): void {
		if (this.info && this.info.version !== info.version) this.updated = true;
		this.info = info;
		this.touch('status');
	}

	setConnection(connection: Connection): void {
		if (connection === 'away' && this.awaySince === null) {
			this.awaySince = this.clock.running();
			this.clock.freeze();
		}
		if (connection === 'open') {
			this.awaySince = null;
			this.clock.thaw();
		}
		if (this.connection === connection) return;
		this.connection = connection;
		/* A snapshot that broke off would make the next one look complete too early. */
		if (connection !== 'open') this.snapshot = null;
		this.touch('status');
	}

	dismissNotices(): void {
		this.notices = [];
		this.touch('notices');
	}

	private applyCall(pbx: string, what: string, call: Call): void {
		const key = keyOf(pbx, call.id);
		/* One that turned out to be part of another goes; the other comes as changed. */
		if (what === 'ended' || what === 'merged' || call.state === 'over') {
			if (this.calls.delete(key)) this.touch('calls');
			return;
		}
		this.put('calls', this.calls, pbx, call.id, call);
	}

	private applyLink(pbx: string, link: Link): void {
		if (linkIsUp(link)) this.clock.thawPbx(pbx);
		else if (!this.links.has(pbx) || linkIsUp(this.links.get(pbx)!))
			this.clock.freezePbx(pbx, link.since);
		/* How the connections are shared comes with /v1/pbx only. */
		const connections = link.connections ?? this.links.get(pbx)?.connections;
		this.put('links', this.links, pbx, '', connections ? { ...link, connections } : link);
	}

	private put<T extends { pbx: string }>(
		topic: 'calls' | 'users' | 'groups' | 'links',
		map: Map<string, T>,
		pbx: string,
		id: string,
		value: T,
	): void {
		const key = id === '' ? pbx : keyOf(pbx, id);
		map.set(key, value.pbx === pbx ? value : { ...value, pbx });
		this.snapshot?.[topic].add(key);
		this.touch(topic);
	}

	private addNotice(gap: Extract<Message, { kind: 'gap' }>): void {
		const { pbx, scope, node = '', missed, time: at } = gap;
		this.notices = [...this.notices, { id: this.nextNotice++, at, pbx, scope, node, missed }].slice(
			-NOTICES_KEPT,
		);
		this.touch('notices');
	}

	/** What is not in the snapshot by its end is no more; until then it stays, so that nothing flickers. */
	private beginSnapshot(pbx: string): void {
		this.snapshot = {
			pbx: pbx ?? '',
			calls: new Set(),
			users: new Set(),
			groups: new Set(),
			links: new Set(),
		};
	}

	private endSnapshot(): void {
		const seen = this.snapshot;
		this.snapshot = null;
		this.filled = true;
		this.touch('status');
		if (!seen) return;
		for (const topic of ['calls', 'users', 'groups', 'links'] as const) {
			const map: Map<string, { pbx: string }> = this[topic];
			for (const [key, value] of map) {
				if (seen[topic].has(key) || (seen.pbx !== '' && value.pbx !== seen.pbx)) continue;
				map.delete(key);
			}
			this.touch(topic);
		}
	}

	private flush(): void {
		this.scheduled = false;
		const dirty = [...this.dirty];
		this.dirty.clear();
		for (const topic of dirty) for (const listener of this.listeners.get(topic) ?? []) listener();
	}
}

/* A hidden page has no frames, yet its maps must not be the only thing that is new when it is looked at. */
function perFrame(run: () => void): void {
	if (document.hidden) setTimeout(run, 500);
	else requestAnimationFrame(run);
}
