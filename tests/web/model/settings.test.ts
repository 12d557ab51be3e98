import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULTS, SettingsError, SettingsKeeper, parseSettings } from '../../../web/src/model/settings';

function storage(text: string | null = null) {
	const kept = { text };
	return {
		kept,
		getItem: () => kept.text,
		setItem: (_: string, value: string) => void (kept.text = value),
	};
}

test('what was saved comes back', () => {
	const place = storage();
	const first = new SettingsKeeper(place);
	first.set({ theme: 'dark', period: { kind: 'minutes', minutes: 30 } });
	const second = new SettingsKeeper(place);
	assert.deepEqual(second.current, {
		...DEFAULTS,
		theme: 'dark',
		period: { kind: 'minutes', minutes: 30 },
	});
});

test('a file that leaves things out leaves them as they are at first', () => {
	const settings = parseSettings('{"version":1,"limits":{"waiting":{"warn":2,"alarm":null}}}');
	assert.deepEqual(settings.limits.waiting, { warn: 2, alarm: null });
	assert.deepEqual(settings.limits.longest_wait_s, DEFAULTS.limits.longest_wait_s);
});

for (const [what, text, words] of [
	['no JSON', '{', 'not JSON'],
	['a list', '[]', 'an object'],
	['another version', '{"version":2}', 'version: expected 1, came 2'],
	['an hour that is none', '{"version":1,"period":{"kind":"since","hour":"25:00"}}', 'period.hour'],
	['minutes that are none', '{"version":1,"period":{"kind":"minutes","minutes":0}}', 'period.minutes'],
	['a limit that is text', '{"version":1,"limits":{"waiting":{"warn":"3"}}}', 'limits.waiting.warn'],
	['a limit below nothing', '{"version":1,"limits":{"waiting":{"warn":-1}}}', 'limits.waiting.warn'],
	['a limit of something else', '{"version":1,"limits":{"weight":{"warn":1}}}', 'weight'],
	['a colour that is none', '{"version":1,"theme":"pink"}', 'theme'],
	['groups that are numbers', '{"version":1,"hidden_groups":[300]}', 'hidden_groups'],
] as const) {
	test(`${what} is refused, and it is said where`, () => {
		assert.throws(
			() => parseSettings(text),
			(error: Error) => error instanceof SettingsError && error.message.includes(words),
		);
	});
}

test('a broken entry in the browser is as none', () => {
	assert.deepEqual(new SettingsKeeper(storage('{"version":1,"theme":7}')).current, DEFAULTS);
});

test('a full storage does not keep a choice from holding', () => {
	const keeper = new SettingsKeeper({
		getItem: () => null,
		setItem: () => {
			throw new Error('full');
		},
	});
	keeper.set({ theme: 'light' });
	assert.equal(keeper.current.theme, 'light');
});
