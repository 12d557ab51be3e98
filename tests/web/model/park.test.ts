/* The names of park slots, out of the records of a call. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parkSlots } from '../../../web/src/model/park';
import { stretchesOf } from '../../../web/src/model/stretches';
import { call, entry } from './make';

const record = (party_b: object) => ({
	time: 0,
	node: '',
	counter: 0,
	raw: '',
	record: { kind: 'detail', party_b },
});

test('a park slot is called what its record calls it', () => {
	const slots = parkSlots([
		record({
			end: 'e2',
			equipment_class: 'tdm_phone',
			description: 'Phone',
		}),
		record({
			end: 'e3',
			equipment_class: 'park_slot',
			description: '41',
		}),
	]);
	assert.deepEqual([...slots], [['e3', '41']]);
});

test('a parked stretch is known by the end of its slot, not by who is parked in it', () => {
	const parked = { ...entry(1010, 'parked', '', '01707'), end: 'e3' };
	const [, stretch] = stretchesOf(
		call({
			started: 1000,
			ended: 1020,
			timeline: [entry(1000, 'answered', '4001'), parked],
		}),
		1020,
	);
	assert.equal(stretch?.kind, 'park');
	assert.equal(stretch?.who, 'e3');
});
