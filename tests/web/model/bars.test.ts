/* The day's chart: where its bars stand and how high they are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { heights, marks, withRoom } from '../../../web/src/model/bars';

const nine = new Date(2026, 0, 15, 9).getTime() / 1000;

test('the first bar of a day has room beside it, a full day needs none', () => {
	const few = withRoom([{ at: nine, values: [3, 2, 1] }], 900);
	assert.equal(few.length, 16);
	assert.deepEqual(few[0]?.values, [3, 2, 1]);
	assert.deepEqual(few.at(-1), { at: nine + 15 * 900, values: [0, 0, 0] });
	const many = Array.from({ length: 40 }, (_, i) => ({ at: nine + i * 900, values: [1, 1, 0] }));
	assert.equal(withRoom(many, 900).length, 40);
	assert.deepEqual(withRoom([], 900), []);
});

test('abandoned calls stand on the answered ones, and both within all', () => {
	assert.deepEqual(heights([10, 6, 3]), [10, 9, 6]);
});

test('calls that were answered in a later interval than they were counted in still have their height', () => {
	assert.deepEqual(heights([2, 3, 1]), [4, 4, 3]);
});

test('the times below are round and as many as fit', () => {
	const hours = (at: number) => (at - nine) / 3600;
	assert.deepEqual(
		marks(nine, nine + 4 * 3600, 20).map(hours),
		[0, 0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 2.75, 3, 3.25, 3.5, 3.75, 4],
	);
	assert.deepEqual(marks(nine + 900, nine + 4 * 3600, 5).map(hours), [1, 2, 3, 4]);
	assert.deepEqual(marks(nine, nine + 15 * 3600, 5).map(hours), [0, 3, 6, 9, 12, 15]);
});
