/* Numbers and times as people read them: durations m:ss, times of day of the place the screen hangs in. */

const DAY_S = 86_400;

const timeFormat = new Intl.DateTimeFormat(undefined, {
	hour: '2-digit',
	minute: '2-digit',
	second: '2-digit',
	hourCycle: 'h23',
});
const minuteFormat = new Intl.DateTimeFormat(undefined, {
	hour: '2-digit',
	minute: '2-digit',
	hourCycle: 'h23',
});
const dayFormat = new Intl.DateTimeFormat(undefined, { weekday: 'short', day: 'numeric', month: 'short' });
const fullFormat = new Intl.DateTimeFormat(undefined, {
	weekday: 'long',
	day: 'numeric',
	month: 'long',
	year: 'numeric',
});

/** m:ss, from an hour on h:mm:ss. A wait that the clocks make negative has just begun. */
export function duration(seconds: number | null | undefined): string {
	if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return '–';
	const whole = Math.max(0, Math.floor(seconds));
	const s = String(whole % 60).padStart(2, '0');
	const m = Math.floor(whole / 60);
	if (m < 60) return `${m}:${s}`;
	return `${Math.floor(m / 60)}:${String(m % 60).padStart(2, '0')}:${s}`;
}

/** The same for who listens: "2 minutes 5 seconds". */
export function spokenDuration(seconds: number): string {
	const whole = Math.max(0, Math.floor(seconds));
	const parts = [
		[Math.floor(whole / 3600), 'hour'],
		[Math.floor((whole % 3600) / 60), 'minute'],
		[whole % 60, 'second'],
	] as const;
	const said = parts.filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}${n === 1 ? '' : 's'}`);
	return said.length > 0 ? said.join(' ') : '0 seconds';
}

export function timeOfDay(at: number | null | undefined): string {
	return at === null || at === undefined ? '–' : timeFormat.format(at * 1000);
}

export function minuteOfDay(at: number): string {
	return minuteFormat.format(at * 1000);
}

/** With tenths, for the timeline of a call, in which things follow closely. */
export function preciseTime(at: number): string {
	const tenth = Math.floor((at * 10) % 10);
	return `${timeFormat.format(at * 1000)}.${tenth}`;
}

/** The day only where it is another one. */
export function dayAndTime(at: number | null | undefined, now: number): string {
	if (at === null || at === undefined) return '–';
	const sameDay =
		dayFormat.format(at * 1000) === dayFormat.format(now * 1000) && Math.abs(now - at) < DAY_S;
	return sameDay ? timeOfDay(at) : `${dayFormat.format(at * 1000)} ${timeOfDay(at)}`;
}

export function fullDay(at: number): string {
	return fullFormat.format(at * 1000);
}

export function percent(part: number | null | undefined): string {
	if (part === null || part === undefined || !Number.isFinite(part)) return '–';
	/* 99.7 % is not all: only what is 100 % says so. */
	const rounded = part < 1 ? Math.min(99, Math.round(part * 100)) : 100;
	return `${rounded} %`;
}

export function count(n: number): string {
	return n.toLocaleString();
}

export function plural(n: number, one: string, many = `${one}s`): string {
	return `${count(n)} ${n === 1 ? one : many}`;
}

/** "connected_calls" to "connected calls". */
export function words(name: string): string {
	return name.replace(/_/g, ' ');
}

/** The last time of day `hour` came round, "08:00" or the gateway's own seconds or hour. */
export function lastTimeAt(hour: string, now: number): number {
	const [h = 0, m = 0] = hour.split(':').map(Number);
	const date = new Date(now * 1000);
	date.setHours(h, m, 0, 0);
	if (date.getTime() / 1000 > now) date.setDate(date.getDate() - 1);
	return date.getTime() / 1000;
}

/** `2026-01-31T08:00`, as an input of type datetime-local has it, to Unix seconds; null when it is none. */
export function fromLocalInput(text: string): number | null {
	if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text)) return null;
	const ms = new Date(text).getTime();
	return Number.isNaN(ms) ? null : ms / 1000;
}

export function toLocalInput(at: number): string {
	const date = new Date(at * 1000);
	const two = (n: number) => String(n).padStart(2, '0');
	const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
	return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}
