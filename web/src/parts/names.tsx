/* Names for the numbers that a call has, as far as the page knows them. */
import { store } from '../app';
import type { Somebody } from '../model/call';
import { DIRECTION_NAMES } from '../model/call';
import { keyOf } from '../model/store';
import type { Call, Direction } from '../model/types';
import { Icon } from './icons';

export function groupName(call: Call): string {
	if (!call.group) return '';
	return store.groups.get(keyOf(call.pbx, call.group))?.name || call.group;
}

export function personName(call: Call, extension: string | null): string {
	if (!extension) return '';
	const user = store.users.get(keyOf(call.pbx, extension));
	return user?.name ? `${user.name} (${extension})` : extension;
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
	if (!who.name) return <span class="num">{who.number}</span>;
	return (
		<>
			{who.name} <span class="dim num">{who.number}</span>
		</>
	);
}
