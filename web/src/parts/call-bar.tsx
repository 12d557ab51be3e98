/* The whole call as one bar, each stretch as long as it took. */
import { store } from '../app';
import { duration, percent, timeOfDay } from '../model/format';
import type { Slots } from '../model/park';
import type { Stretch } from '../model/stretches';
import { STRETCH_NAMES, stretchesOf, sums } from '../model/stretches';
import type { Call } from '../model/types';
import { useTicking } from './hooks';
import { groupName, shortName } from './names';

export function CallBar({ call, slots }: { call: Call; slots: Slots }) {
	const now = useTicking(() => (call.ended === null ? Math.floor(store.clock.now(call.pbx)) : call.ended));
	const stretches = stretchesOf(call, now);
	const first = stretches[0]?.from ?? call.started;
	const last = stretches.at(-1)?.to ?? first;
	const whole = Math.max(last - first, 0.1);
	return (
		<section class="card call-bar" aria-label="The course of the call">
			<div class="bar" aria-hidden>
				{stretches.map((s) => (
					<Piece
						key={s.from}
						stretch={s}
						who={whoIs(call, slots, s)}
						share={(s.to - s.from) / whole}
					/>
				))}
			</div>
			<p class="bar-scale time" aria-hidden>
				<span>{timeOfDay(first)}</span>
				<span>{call.ended === null ? 'now' : timeOfDay(last)}</span>
			</p>
			<ul class="bar-legend">
				{sums(stretches).map(({ kind, seconds }) => (
					<li key={kind}>
						<i class={`k-${kind}`} aria-hidden /> {STRETCH_NAMES[kind]}{' '}
						<b class="time">{duration(seconds)}</b>{' '}
						<span class="dim num">{percent(seconds / whole)}</span>
					</li>
				))}
			</ul>
		</section>
	);
}

function whoIs(call: Call, slots: Slots, { kind, who }: Stretch): string {
	if (kind === 'park') return slots.has(who) ? `slot ${slots.get(who)}` : '';
	return kind === 'queue' && who === call.group ? groupName(call) : shortName(call, who);
}

function Piece({ stretch, who, share }: { stretch: Stretch; who: string; share: number }) {
	const name = STRETCH_NAMES[stretch.kind];
	const length = duration(stretch.to - stretch.from);
	return (
		<span
			class={`piece k-${stretch.kind}`}
			style={{ flexGrow: String(share * 1000) }}
			title={`${name} ${length}${who ? `, ${who}` : ''}, from ${timeOfDay(stretch.from)}`}
		>
			{share > 0.07 && <span class="piece-name">{who || name}</span>}
			{share > 0.045 && <span class="piece-time time">{length}</span>}
		</span>
	);
}
