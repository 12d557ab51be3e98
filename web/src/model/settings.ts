/* What the one who looks has chosen. It is kept in the browser, and taken along as a JSON file. */

export type Theme = 'auto' | 'light' | 'dark';

export type Period = { kind: 'day' } | { kind: 'since'; hour: string } | { kind: 'minutes'; minutes: number };

export interface Limit {
	warn: number | null;
	alarm: number | null;
}

/** From these on, a tile is coloured; of the service level: from these down. */
export interface Limits {
	waiting: Limit;
	longest_wait_s: Limit;
	average_wait_s: Limit;
	abandoned: Limit;
	service_level_percent: Limit;
}

export interface Settings {
	version: 1;
	theme: Theme;
	period: Period;
	limits: Limits;
	/** Callers who gave up sooner than this are not listed; null: the gateway's own limit. */
	short_s: number | null;
	/** "pbx/group" of those without a tile. */
	hidden_groups: string[];
}

export const DEFAULTS: Settings = {
	version: 1,
	theme: 'auto',
	period: { kind: 'day' },
	limits: {
		waiting: { warn: 3, alarm: 6 },
		longest_wait_s: { warn: 60, alarm: 180 },
		average_wait_s: { warn: 45, alarm: 90 },
		abandoned: { warn: null, alarm: null },
		service_level_percent: { warn: 80, alarm: 60 },
	},
	short_s: null,
	hidden_groups: [],
};

export const LIMIT_NAMES: Record<keyof Limits, string> = {
	waiting: 'callers waiting',
	longest_wait_s: 'longest wait (seconds)',
	average_wait_s: 'average wait (seconds)',
	abandoned: 'abandoned calls',
	service_level_percent: 'service level (percent)',
};

/** `where: expected, came` — for a file that somebody may have edited by hand. */
export class SettingsError extends Error {}

function fail(where: string, expected: string, came: unknown): never {
	throw new SettingsError(`${where}: expected ${expected}, came ${JSON.stringify(came) ?? 'nothing'}`);
}

function object(value: unknown, where: string): Record<string, unknown> {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) fail(where, 'an object', value);
	return value as Record<string, unknown>;
}

function numberOrNull(value: unknown, where: string, max = 86_400): number | null {
	if (value === null) return null;
	if (typeof value !== 'number' || !Number.isFinite(value) || value < 0 || value > max)
		fail(where, `a number from 0 to ${max}, or null`, value);
	return value;
}

function readPeriod(value: unknown): Period {
	const period = object(value, 'period');
	if (period.kind === 'day') return { kind: 'day' };
	if (period.kind === 'since') {
		if (typeof period.hour !== 'string' || !/^([01]\d|2[0-3]):[0-5]\d$/.test(period.hour))
			fail('period.hour', 'a time of day as "08:00"', period.hour);
		return { kind: 'since', hour: period.hour };
	}
	if (period.kind === 'minutes') {
		const { minutes } = period;
		if (typeof minutes !== 'number' || !Number.isInteger(minutes) || minutes < 1 || minutes > 1440)
			fail('period.minutes', 'a whole number from 1 to 1440', minutes);
		return { kind: 'minutes', minutes };
	}
	fail('period.kind', '"day", "since" or "minutes"', period.kind);
}

function readLimits(value: unknown): Limits {
	const given = object(value, 'limits');
	const limits = structuredClone(DEFAULTS.limits);
	for (const name of Object.keys(given))
		if (!(name in limits)) fail('limits', `one of ${Object.keys(limits).join(', ')}`, name);
	for (const name of Object.keys(limits) as (keyof Limits)[]) {
		if (given[name] === undefined) continue;
		const limit = object(given[name], `limits.${name}`);
		limits[name] = {
			warn: numberOrNull(limit.warn ?? null, `limits.${name}.warn`),
			alarm: numberOrNull(limit.alarm ?? null, `limits.${name}.alarm`),
		};
	}
	return limits;
}

/** What is missing is as it would be without settings. */
export function readSettings(value: unknown): Settings {
	const given = object(value, 'settings');
	if (given.version !== 1) fail('version', '1', given.version);
	const settings = structuredClone(DEFAULTS);
	if (given.theme !== undefined) {
		if (given.theme !== 'auto' && given.theme !== 'light' && given.theme !== 'dark')
			fail('theme', '"auto", "light" or "dark"', given.theme);
		settings.theme = given.theme;
	}
	if (given.period !== undefined) settings.period = readPeriod(given.period);
	if (given.limits !== undefined) settings.limits = readLimits(given.limits);
	if (given.short_s !== undefined) settings.short_s = numberOrNull(given.short_s, 'short_s', 600);
	if (given.hidden_groups !== undefined) {
		const hidden = given.hidden_groups;
		if (!Array.isArray(hidden) || hidden.some((name) => typeof name !== 'string'))
			fail('hidden_groups', 'a list of texts', hidden);
		settings.hidden_groups = hidden as string[];
	}
	return settings;
}

export function parseSettings(text: string): Settings {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		throw new SettingsError('the file is not JSON');
	}
	return readSettings(value);
}

const KEY = 'devlink3.settings';

export class SettingsKeeper {
	current: Settings;
	private listeners = new Set<() => void>();

	constructor(private readonly storage: Pick<Storage, 'getItem' | 'setItem'> | null) {
		this.current = this.load();
	}

	/** Settings of a later version or a broken entry are no reason to show nothing. */
	private load(): Settings {
		try {
			const text = this.storage?.getItem(KEY);
			return text ? parseSettings(text) : structuredClone(DEFAULTS);
		} catch {
			return structuredClone(DEFAULTS);
		}
	}

	set(change: Partial<Settings>): void {
		this.current = { ...this.current, ...change };
		try {
			this.storage?.setItem(KEY, JSON.stringify(this.current));
		} catch {
			/* A full or forbidden storage: the choice then holds until the page is closed. */
		}
		for (const listener of this.listeners) listener();
	}

	subscribe(listener: () => void): () => void {
		this.listeners.add(listener);
		return () => this.listeners.delete(listener);
	}
}
