/* Names for the numbers that a call has, as far as the page knows them. */
import { store } from '../app';
import type { Somebody } from '../model/call';
import { DIRECTION_NAMES, called as calledAs, caller as callerAs, somebody } from '../model/call';
import { keyOf } from '../model/store';
import type { Call, Direction } from '../model/types';
import { Icon } from './icons';

export function groupName(call: Call): string {
	if (!call.group) return '';
	return store.groups.get(keyOf(call.pbx, call.group))?.name || call.group;
}

export function personName(call: Call, number: string | null | undefined): string {
	if (!number) return '';
	const name = store.users.get(keyOf(call.pbx, number))?.name || (number === call.cli ? call.name : '');
	return name ? `${name} (${number})` : number;
}

/** For places that are narrow, or in which the number stands already. */
export function shortName(call: Call, number: string): string {
	return store.users.get(keyOf(call.pbx, number))?.name || (number === call.cli && call.name) || number;
}

/** The PBX tells the name of a number that is of the house once, in its lists, not with each call. */
function named(call: Call, who: Somebody): Somebody {
	if (who.name || !who.number) return who;
	const key = keyOf(call.pbx, who.number);
	return { ...who, name: store.users.get(key)?.name || store.groups.get(key)?.name || '' };
}

export function caller(call: Call): Somebody {
	return named(call, callerAs(call));
}

export function called(call: Call): Somebody {
	return named(call, calledAs(call));
}

/** `end_party`: an extension, or who it was as seen from the call. */
export function endedBy(call: Call): string {
	switch (call.end_party) {
		case null:
			return '';
		case 'caller':
			return `the caller, ${somebody(caller(call))}`;
		case 'called':
			return `the called party, ${somebody(called(call))}`;
		case 'system':
			return 'the system';
		default:
			return personName(call, call.end_party);
	}
}

export function DirectionIcon({ direction }: { direction: Direction }) {
	return (
		<span title={DIRECTION_NAMES[direction]}>
			<Icon name={direction} label={DIRECTION_NAMES[direction]} />
		</span>
	);
}

export function Name({ who, none = 'withheld' }: { who: Somebody; none?: string }) {
	if (!who.name && !who.number) return <span class="dim">{none}</span>;
	const also = who.also && <span class="dim">{who.also}</span>;
	if (!who.name)
		return (
			<>
				<bdi class="num">{who.number}</bdi>
				{also}
			</>
		);
	return (
		<>
			<bdi>{who.name}</bdi> <bdi class="dim num">{who.number}</bdi>
			{also}
		</>
	);
}
