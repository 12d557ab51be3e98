/* What the day's chart draws: a bar for each interval, of parts that stand on one another. */

export interface Point {
	/** When its interval begins. */
	at: number;
	/** All, answered, abandoned. */
	values: number[];
}

/** So many intervals at least, for a morning's first bar not to be as wide as the page. */
const FEWEST = 16;

/** What has not come yet has room, and nothing in it. */
export function withRoom(points: Point[], step: number): Point[] {
	const all = [...points];
	for (let last = all.at(-1); last && all.length < FEWEST; last = all.at(-1))
		all.push({ at: last.at + step, values: [0, 0, 0] });
	return all;
}

/** The heights at which a bar's parts end, the lowest last: answered, on it abandoned, on it whatever became else. */
export function heights([all = 0, answered = 0, abandoned = 0]: number[]): [number, number, number] {
	const both = answered + abandoned;
	return [Math.max(all, both), both, answered];
}

const DAY_S = 86_400;
const BETWEEN_S = [300, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, DAY_S];

/** Times to be written below the bars: of the clock's round ones, as many as there is room for. */
export function marks(from: number, to: number, room: number): number[] {
	const between = BETWEEN_S.find((s) => (to - from) / s <= room) ?? DAY_S;
	const date = new Date(from * 1000);
	const ofDay = date.getHours() * 3600 + date.getMinutes() * 60 + date.getSeconds();
	const first = from + ((between - (ofDay % between)) % between);
	const all: number[] = [];
	for (let at = first; at <= to; at += between) all.push(at);
	return all;
}
