/* The same seed, the same company: screenshots and tests can be compared. */
export class Random {
	constructor(seed) {
		this.state = seed >>> 0;
	}

	/** 0 to 1, without 1 (mulberry32) */
	next() {
		this.state = (this.state + 0x6d2b79f5) >>> 0;
		let t = this.state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	}

	chance(p) {
		return this.next() < p;
	}

	between(low, high) {
		return low + this.next() * (high - low);
	}

	/** Waiting and talking times have a long tail. */
	around(mean) {
		return -Math.log(1 - this.next() * 0.995) * mean;
	}

	pick(list) {
		return list[Math.floor(this.next() * list.length)];
	}
}
