/* What happened, one thing a line. */
import { duration, preciseTime } from '../model/format';
import type { Slots } from '../model/park';
import type { Call, Happening, TimelineEntry } from '../model/types';
import { groupName, personName } from './names';

type Say = (who: string, other: string) => string;

const WORDS: Record<Happening, Say> = {
	began: (who) => `${who} began the call`,
	dialled: (who, other) => `${who} dialled${of('', other)}`,
	offered: (who) => `offered to ${who}`,
	ringing: (who) => `${who} rings`,
	queued: (who, other) => (other ? `${who} waits in the queue of ${other}` : 'waits in the queue'),
	announcement: () => 'hears an announcement',
	answered: (who, other) => `${who} answered${of(', talks with', other)}`,
	held: (who, other) => `${who} was put on hold${of('by', other)}`,
	retrieved: (who, other) => `${who} was taken back${of('by', other)}`,
	transferred: (who, other) => `${who} passed the call on${of('to', other)}`,
	parked: (slot) => (slot ? `parked in slot ${slot}` : 'parked'),
	unparked: (slot) => (slot ? `taken out of park slot ${slot}` : 'taken out of its park slot'),
	conferenced: (who, other) => `${who} joined the conference${of('', other)}`,
	voicemail: () => 'voicemail took it',
	rejected: (who) => `${who} pushed it away`,
	merged: (who) => `the call that began with ${who} was taken in`,
	cleared: (who) => `${who} is gone`,
	link_lost: (who) => `a node lost its view of ${who}`,
};

function of(joint: string, name: string): string {
	if (!name) return '';
	return joint.startsWith(',') ? `${joint} ${name}` : ` ${joint} ${name}`.replace('  ', ' ');
}

function say(entry: TimelineEntry, call: Call, slots: Slots): string {
	if (entry.what === 'parked' || entry.what === 'unparked')
		return WORDS[entry.what](slots.get(entry.end ?? '') ?? '', '');
	const who = personName(call, entry.who) || entry.end || 'somebody';
	const other =
		entry.what === 'queued' && entry.other === call.group
			? groupName(call)
			: personName(call, entry.other);
	return WORDS[entry.what]?.(who, other) ?? entry.what;
}

const KIND: Partial<Record<Happening, string>> = {
	offered: 'ring',
	ringing: 'ring',
	queued: 'queue',
	announcement: 'queue',
	answered: 'talk',
	retrieved: 'talk',
	unparked: 'talk',
	conferenced: 'talk',
	held: 'hold',
	parked: 'park',
	transferred: 'transfer',
	voicemail: 'voicemail',
};

export function Timeline({ call, slots }: { call: Call; slots: Slots }) {
	const entries = call.timeline ?? [];
	return (
		<section class="card timeline" aria-label="Timeline">
			<h2>Timeline</h2>
			{entries.length === 0 && <p class="dim">Its steps are not kept any more.</p>}
			<ol>
				{entries.map((e, i) => (
					<li key={i}>
						<i class={`mark k-${KIND[e.what] ?? 'none'}`} aria-hidden />
						<span class="time">{preciseTime(e.at)}</span>
						<span class="dim time after">+{duration(e.at - call.started)}</span>
						<span>
							{say(e, call, slots)}
							{e.cause && <span class="dim"> ({e.cause.replace(/_/g, ' ')})</span>}
						</span>
					</li>
				))}
			</ol>
		</section>
	);
}
