/* The groups over the period that has been chosen: the gateway's own day comes with the stream, any other is asked
 * for; who waits now is of the stream in any case. */
import { store } from '../app';
import type { ApiError } from '../model/api';
import { getGroups } from '../model/api';
import { dayStart } from '../model/day';
import { lastTimeAt } from '../model/format';
import type { Period, Settings } from '../model/settings';
import { keyOf } from '../model/store';
import type { Group } from '../model/types';
import { useLoad, useTopics } from './hooks';

const POLL_S = 15;

export function periodStart(period: Period, now: number): number {
	if (period.kind === 'minutes') return now - period.minutes * 60;
	if (period.kind === 'since') return lastTimeAt(period.hour, now);
	return dayStart(store.info, now);
}

export function periodQuery(period: Period): URLSearchParams {
	if (period.kind === 'minutes') return new URLSearchParams({ minutes: String(period.minutes) });
	if (period.kind === 'day') return new URLSearchParams();
	return new URLSearchParams({ from: String(Math.round(periodStart(period, store.clock.running()))) });
}

export function periodWords(period: Period): string {
	if (period.kind === 'minutes') return `in the last ${period.minutes} minutes`;
	if (period.kind === 'since') return `since ${period.hour}`;
	return 'today';
}

export interface BoardGroups {
	groups: Group[];
	error: ApiError | null;
	again: () => void;
}

export function useGroups(settings: Settings): BoardGroups {
	useTopics('groups', 'status');
	const { period } = settings;
	const asked = useLoad(
		JSON.stringify(period),
		async (signal) =>
			period.kind === 'day'
				? null
				: await getGroups(periodQuery(period), store.info?.threshold_s, signal),
		period.kind === 'day' ? 0 : POLL_S,
	);
	const sums = new Map((asked.data ?? []).map((g) => [keyOf(g.pbx, g.group), g]));
	const since = periodStart(period, store.clock.running());
	const groups = [...store.groups.values()]
		.map((now) => {
			const sum = period.kind === 'day' ? undefined : sums.get(keyOf(now.pbx, now.group));
			return sum ? ofPeriod(now, sum, since) : now;
		})
		.sort(
			(x, y) =>
				x.pbx.localeCompare(y.pbx) * order() ||
				x.group.localeCompare(y.group, undefined, { numeric: true }),
		);
	return { groups, error: asked.error, again: asked.again };
}

/** Who waits is of now, the sums are of the period, and so are those who gave up. */
function ofPeriod(now: Group, sum: Group, since: number): Group {
	const { waiting, longest_wait_since } = now;
	const abandoned_callers = now.abandoned_callers.filter((c) => c.at >= since);
	return { ...sum, waiting, longest_wait_since, abandoned_callers };
}

/* The gateway lists its PBXs in the order of its configuration, which says more than the alphabet. */
function order(): number {
	const [first, second] = [...store.links.keys()];
	return first !== undefined && second !== undefined && first.localeCompare(second) > 0 ? -1 : 1;
}

export function shown(groups: Group[], settings: Settings): Group[] {
	return groups.filter((g) => !settings.hidden_groups.includes(keyOf(g.pbx, g.group)));
}

export interface Totals {
	waiting: number;
	offered: number;
	answered: number;
	abandoned: number;
	short: number;
	/** Whose wait is over. */
	over: number;
	inThreshold: number;
	level: number | null;
}

export function totalsOf(groups: Group[]): Totals {
	const sum = (of: (g: Group) => number) => groups.reduce((n, g) => n + of(g), 0);
	const offered = sum((g) => g.offered);
	const over = sum((g) => Math.max(0, g.offered - g.waiting));
	const short = sum((g) => g.abandoned_short);
	const inThreshold = sum((g) => g.answered_in_threshold);
	return {
		waiting: sum((g) => g.waiting),
		offered,
		answered: sum((g) => g.answered),
		abandoned: sum((g) => g.abandoned),
		short,
		inThreshold,
		over,
		level: over - short > 0 ? inThreshold / (over - short) : null,
	};
}
