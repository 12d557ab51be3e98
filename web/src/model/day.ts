/* When the running day began, by the gateway. */
import { lastTimeAt } from './format';
import type { Info } from './types';

/** The gateway may say it as a time of day, an hour, seconds of the day or a time. */
export function dayStart(info: Info | null, now: number): number {
	const start = info?.day_start ?? '00:00';
	if (typeof start === 'string' && start.includes(':')) return lastTimeAt(start, now);
	const n = Number(start);
	if (!Number.isFinite(n)) return lastTimeAt('00:00', now);
	if (n < 24) return lastTimeAt(`${n}:00`, now);
	if (n < 86_400) return lastTimeAt(`${Math.floor(n / 3600)}:${Math.floor((n % 3600) / 60)}`, now);
	return n;
}
