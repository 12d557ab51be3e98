/* What happened, one thing a line. */
import { duration, preciseTime } from '../model/format';
import type { Call, Happening, TimelineEntry } from '../model/types';

const WORDS: Record<Happening, (e: TimelineEntry) => string> = {
	began: (e) => `${who(e)} began the call`,
	dialled: (e) => `${who(e)} dialled ${other(e)}`,
	offered: (e) => `offered to ${who(e)}`,
	ringing: (e) => `${who(e)} rings`,
	queued: (e) => `${who(e)} waits in the queue${e.other ? ` of ${e.other}` : ''}`,
	announcement: () => 'an announcement is played',
	answered: (e) => `${who(e)} answered`,
	held: (e) => `${who(e)} was put on hold${e.other ? ` by ${e.other}` : ''}`,
	retrieved: (e) => `${who(e)} was taken back${e.other ? ` by ${e.other}` : ''}`,
	transferred: (e) => `${who(e)} transferred the call${e.other ? ` to ${e.other}` : ''}`,
	parked: (e) => `${who(e)} was parked${e.other ? `: ${e.other}` : ''}`,
	unparked: (e) => `${who(e)} was taken out of park${e.other ? ` by ${e.other}` : ''}`,
	conferenced: (e) => `${who(e)} joined a conference${e.other ? ` of ${e.other}` : ''}`,
	voicemail: (e) => `${who(e)} reached voicemail`,
	rejected: (e) => `${who(e)} rejected`,
	merged: (e) => `joined with another call${e.other ? `, ${e.other}` : ''}`,
	cleared: (e) => `${who(e)} cleared`,
	link_lost: (e) => `the link to ${who(e)} was lost`,
};

function who(e: TimelineEntry): string {
	return e.who || e.end || 'somebody';
}

function other(e: TimelineEntry): string {
	return e.other || 'somebody';
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

export function Timeline({ call }: { call: Call }) {
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
							{WORDS[e.what]?.(e) ?? e.what}
							{e.cause && <span class="dim"> ({e.cause.replace(/_/g, ' ')})</span>}
						</span>
					</li>
				))}
			</ol>
		</section>
	);
}
