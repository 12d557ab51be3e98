/* A call's steps name a park slot by its end; what the slot is called is in the PBX's records only. */
import type { CallRecord } from './types';

export type Slots = ReadonlyMap<string, string>;

export function parkSlots(records: CallRecord[]): Slots {
	const slots = new Map<string, string>();
	for (const { record } of records)
		for (const party of [record.party_a, record.party_b] as (Record<string, unknown> | undefined)[])
			if (party?.equipment_class === 'park_slot' && typeof party.end === 'string' && party.description)
				slots.set(party.end, String(party.description));
	return slots;
}
