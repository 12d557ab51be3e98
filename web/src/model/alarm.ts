/* Which tile is coloured, and why: the reason is said in words, as colour alone is no message. */
import type { Limit, Limits } from './settings';
import type { Group } from './types';

export type Level = 'calm' | 'warn' | 'alarm';

export interface Verdict {
	level: Level;
	/** The figures that are beyond their limit, and how far. */
	figures: Partial<Record<keyof Limits, Level>>;
}

export const REASONS: Record<keyof Limits, string> = {
	longest_wait_s: 'long wait',
	waiting: 'many waiting',
	service_level_percent: 'service level',
	average_wait_s: 'average wait',
	abandoned: 'abandoned',
};

function levelOf(value: number | null, limit: Limit, below = false): Level {
	if (value === null) return 'calm';
	const beyond = (bound: number | null) => bound !== null && (below ? value < bound : value >= bound);
	if (beyond(limit.alarm)) return 'alarm';
	return beyond(limit.warn) ? 'warn' : 'calm';
}

export function judge(group: Group, limits: Limits, now: number): Verdict {
	const longest = group.longest_wait_since === null ? null : now - group.longest_wait_since;
	const percent = group.service_level === null ? null : group.service_level * 100;
	const all: Record<keyof Limits, Level> = {
		longest_wait_s: levelOf(longest, limits.longest_wait_s),
		waiting: levelOf(group.waiting, limits.waiting),
		service_level_percent: levelOf(percent, limits.service_level_percent, true),
		average_wait_s: levelOf(group.average_wait_s, limits.average_wait_s),
		abandoned: levelOf(group.abandoned, limits.abandoned),
	};
	const levels = Object.values(all);
	const level = levels.includes('alarm') ? 'alarm' : levels.includes('warn') ? 'warn' : 'calm';
	return { level, figures: Object.fromEntries(Object.entries(all).filter(([, l]) => l !== 'calm')) };
}

/** In words, of the worst only: one alarm says more than an alarm and two warnings. */
export function reasons({ level, figures }: Verdict): string {
	const worst = (Object.keys(REASONS) as (keyof Limits)[]).filter((name) => figures[name] === level);
	return level === 'calm' ? '' : worst.map((name) => REASONS[name]).join(', ');
}
