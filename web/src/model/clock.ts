/* The gateway's time as the page knows it. Browsers' clocks are wrong by minutes now and then, and a wait of
 * "-0:40" helps nobody; so running times are counted by the gateway's clock. */

const WINDOW_S = 60;
/** Messages from history are old, so an offset that falls is believed only when it stays. */
const FALL_S = 1;

export class Clock {
	private offset = 0;
	private known = false;
	private windowEnds = 0;
	private best = -Infinity;
	private frozenAll: number | null = null;
	private frozen = new Map<string, number>();

	constructor(private readonly local: () => number = () => Date.now() / 1000) {}

	/** The time in a message: it was sent at that time or, when it is of the history, earlier seen. */
	observe(time: number): void {
		if (!Number.isFinite(time)) return;
		const at = this.local();
		const offset = time - at;
		if (!this.known || offset > this.offset) {
			this.offset = offset;
			this.known = true;
		}
		this.best = Math.max(this.best, offset);
		if (at < this.windowEnds) return;
		if (this.windowEnds > 0 && this.best < this.offset - FALL_S) this.offset = this.best;
		this.windowEnds = at + WINDOW_S;
		this.best = -Infinity;
	}

	/** A question and its answer: half of the way is as near as one gets. */
	measured(asked: number, answered: number, time: number): void {
		if (!Number.isFinite(time)) return;
		this.offset = time - (asked + answered) / 2;
		this.known = true;
	}

	/** Now, by the gateway; of a PBX that is away, the time it was last seen. */
	now(pbx?: string): number {
		if (this.frozenAll !== null) return this.frozenAll;
		const frozen = pbx === undefined ? undefined : this.frozen.get(pbx);
		return frozen ?? this.running();
	}

	/** Now, also while the gateway is away. */
	running(): number {
		return this.local() + this.offset;
	}

	localNow(): number {
		return this.local();
	}

	freeze(): void {
		this.frozenAll ??= this.running();
	}

	thaw(): void {
		this.frozenAll = null;
	}

	freezePbx(pbx: string, at: number): void {
		this.frozen.set(pbx, at);
	}

	thawPbx(pbx: string): void {
		this.frozen.delete(pbx);
	}
}
