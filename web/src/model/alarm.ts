/* Which tile is coloured, and why: the reason is said in words, as colour alone is no message. */
import { duration, percent } from './format';
import type { Limit, Limits } from './settings';
import type { Group } from './types';

export type Level = 'calm' | 'warn' | 'alarm';

export interface Verdict {
	level: Level;
	reasons: string[];
}

function levelOf(value: number | null, limit: Limit, below = false): Level {
	if (value === null) return 'calm';
	const beyond = (bound: number | null) => bound !== null && (below ? value < bound : value >= bound);
	if (beyond(limit.alarm)) return 'alarm';
	return beyond(limit.warn) ? 'warn' : 'calm';
}

export function judge(group: Group, limits: Limits, now: number): Verdict {
	const longest = group.longest_wait_since === null ? null : now - group.longest_wait_since;
	const level = group.service_level === null ? null : group.service_level * 100;
	const found: [Level, string][] = [
		[levelOf(group.waiting, limits.waiting), `${group.waiting} waiting`],
		[levelOf(longest, limits.longest_wait_s), 'long wait'],
		[levelOf(level, limits.service_level_percent, true), `service level ${percent(group.service_level)}`],
		[levelOf(group.average_wait_s, limits.average_wait_s), `average wait ${duration(group.average_wait_s)}`],
		[levelOf(group.abandoned, limits.abandoned), `${group.abandoned} abandoned`],
	];
	const worst = found.some(([l]) => l === 'alarm') ? 'alarm' : found.some(([l]) => l === 'warn') ? 'warn' : 'calm';
	return { level: worst, reasons: found.filter(([l]) => l === worst && worst !== 'calm').map(([, why]) => why) };
}
