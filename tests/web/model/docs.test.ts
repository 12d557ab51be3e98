/* What is documented of the page is what it does. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Limits } from '../../../web/src/model/settings';
import { DEFAULTS, LIMIT_NAMES } from '../../../web/src/model/settings';

/* The tests run in web/, wherever they were built. */
const text = readFileSync(join(process.cwd(), '../docs/wallboard.md'), 'utf8');

test('the documentation has the thresholds that are there at first', () => {
	for (const name of Object.keys(LIMIT_NAMES) as (keyof Limits)[]) {
		const { warn, alarm } = DEFAULTS.limits[name];
		const from = name === 'service_level_percent' ? 'under' : 'from';
		assert.ok(
			text.includes(`| ${LIMIT_NAMES[name]} ${from} | ${warn ?? 'never'} | ${alarm ?? 'never'} |`),
			name,
		);
	}
});
