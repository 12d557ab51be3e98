/* The stream of messages, and how it comes back after a break.
 *
 * EventSource would reconnect by itself, but it says neither that the gateway wants a login nor that it has been
 * started anew in the meantime, and it sends the old query along. So each attempt is our own: ask /v1/info first,
 * then resume behind the last message seen, or take a new snapshot if that cannot be. */
import { ApiError, getInfo } from './api';
import type { Store } from './store';
import type { Info, Message } from './types';
import { readMessage } from './wire';

const KINDS = ['call', 'user', 'group', 'link', 'gap', 'snapshot'] as const;
const RETRY_MIN_S = 1;
const RETRY_MAX_S = 10;
/** A quiet night has no messages; heartbeats are comments, which no page gets to see. So: ask. */
const QUIET_S = 40;

export interface Source {
	onopen: ((event: Event) => void) | null;
	onerror: ((event: Event) => void) | null;
	addEventListener(kind: string, listener: (event: MessageEvent<string>) => void): void;
	close(): void;
}

export interface StreamOptions {
	makeSource?: (url: string) => Source;
	info?: () => Promise<Info>;
	later?: (run: () => void, seconds: number) => number;
	cancel?: (timer: number) => void;
}

export class Stream {
	private source: Source | null = null;
	private lastSeq = 0;
	private started: number | null = null;
	/** Between its begin and its end, there is no place in the stream to resume from. */
	private inSnapshot = false;
	private failures = 0;
	private timer: number | null = null;
	private watchdog: number | null = null;
	private stopped = true;
	/** An answer of an attempt that has been given up must not count. */
	private attempt = 0;

	private readonly makeSource: (url: string) => Source;
	private readonly info: () => Promise<Info>;
	private readonly later: (run: () => void, seconds: number) => number;
	private readonly cancel: (timer: number) => void;

	constructor(
		private readonly store: Store,
		options: StreamOptions = {},
	) {
		this.makeSource = options.makeSource ?? ((url) => new EventSource(url) as unknown as Source);
		this.info = options.info ?? (() => getInfo(store.clock));
		this.later = options.later ?? ((run, seconds) => window.setTimeout(run, seconds * 1000));
		this.cancel = options.cancel ?? ((timer) => window.clearTimeout(timer));
	}

	start(): void {
		this.stopped = false;
		void this.connect();
	}

	stop(): void {
		this.stopped = true;
		this.attempt++;
		this.close();
	}

	/** The network is said to be back, or the page is looked at again: do not sit out the wait. */
	hurry(): void {
		if (this.stopped || this.store.connection === 'login') return;
		if (this.store.connection === 'away') void this.connect();
		else void this.askIfThere();
	}

	private async connect(): Promise<void> {
		this.close();
		const attempt = ++this.attempt;
		try {
			const info = await this.info();
			if (attempt !== this.attempt || this.stopped) return;
			if (this.started !== info.started) this.lastSeq = 0;
			this.started = info.started;
			this.store.setInfo(info);
			this.open();
		} catch (error) {
			if (attempt === this.attempt && !this.stopped) this.failed(error);
		}
	}

	private open(): void {
		const query = new URLSearchParams({ kind: 'call,user,group,link,gap' });
		if (this.lastSeq > 0) query.set('from', String(this.lastSeq));
		else query.set('snapshot', '1');
		const source = this.makeSource(`v1/stream?${query}`);
		this.source = source;
		source.onopen = () => {
			if (source !== this.source) return;
			this.failures = 0;
			this.store.setConnection('open');
			this.watch();
		};
		source.onerror = () => {
			if (source === this.source) this.failed(null);
		};
		for (const kind of KINDS) {
			source.addEventListener(kind, (event) => {
				if (source === this.source) this.receive(event.data);
			});
		}
	}

	private receive(data: string): void {
		let message: Message;
		try {
			message = readMessage(data, this.store.info?.threshold_s);
		} catch {
			console.error('a message of the stream cannot be read', data.slice(0, 200));
			return;
		}
		this.watch();
		/* What a snapshot consists of was said before, each under the number it had then; its begin and end have the
		 * number from which it goes on. */
		const past = this.inSnapshot && message.kind !== 'snapshot';
		if (message.seq < this.lastSeq && !past) return;
		if (!past) this.lastSeq = message.seq;
		this.store.clock.observe(message.time);
		this.store.apply(message);
		if (message.kind === 'snapshot') this.inSnapshot = message.what === 'begin';
		if (message.kind === 'gap' && message.scope !== 'pbx') this.anew();
	}

	/** Something was missed for good, so what the page shows may be wrong: begin again. */
	private anew(): void {
		this.lastSeq = 0;
		this.close();
		void this.connect();
	}

	private failed(error: unknown): void {
		this.close();
		if (error instanceof ApiError && error.status === 401) {
			this.store.setConnection('login');
			return;
		}
		this.store.setConnection('away');
		const wait = Math.min(RETRY_MIN_S * 2 ** this.failures, RETRY_MAX_S);
		this.failures++;
		/* Jitter: all screens of a house lose the gateway in the same moment. */
		this.timer = this.later(() => void this.connect(), wait * (0.75 + Math.random() / 2));
	}

	private watch(): void {
		if (this.watchdog !== null) this.cancel(this.watchdog);
		this.watchdog = this.later(() => void this.askIfThere(), QUIET_S);
	}

	private async askIfThere(): Promise<void> {
		const attempt = this.attempt;
		try {
			const info = await this.info();
			if (attempt !== this.attempt || this.stopped) return;
			if (info.started !== this.started) return this.failed(null);
			this.watch();
		} catch (error) {
			if (attempt === this.attempt && !this.stopped) this.failed(error);
		}
	}

	private close(): void {
		if (this.inSnapshot) this.lastSeq = 0;
		this.inSnapshot = false;
		this.source?.close();
		this.source = null;
		if (this.timer !== null) this.cancel(this.timer);
		if (this.watchdog !== null) this.cancel(this.watchdog);
		this.timer = this.watchdog = null;
	}
}
