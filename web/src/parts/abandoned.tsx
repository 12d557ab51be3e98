/* Who gave up: to call them back. */
import { useState } from 'preact/hooks';
import { settings, store } from '../app';
import { dayAndTime, duration, plural } from '../model/format';
import { callHref, href } from '../model/route';
import type { Group } from '../model/types';
import { Dialog } from './dialog';
import { useSettings } from './hooks';
import { Empty } from './words';

export function Abandoned({ group, words, close }: { group: Group; words: string; close: () => void }) {
	const { short_s } = useSettings();
	const [all, setAll] = useState(false);
	const short = short_s ?? store.info?.short_s ?? 5;
	const callers = [...(group.abandoned_callers ?? [])].sort((x, y) => y.at - x.at);
	const listed = all ? callers : callers.filter((c) => c.waited_s >= short);
	const left = callers.length - callers.filter((c) => c.waited_s >= short).length;
	return (
		<Dialog title={`Gave up: ${group.name || group.group}`} close={close} side>
			<p class="dim">
				{plural(group.abandoned, 'caller')} {words}, {group.abandoned_short} of them short.
			</p>
			<div class="row">
				<label>
					Short is under{' '}
					<input
						type="number"
						class="narrow"
						min={0}
						max={600}
						value={short}
						onChange={(e) =>
							settings.set({ short_s: Math.max(0, Number(e.currentTarget.value) || 0) })
						}
					/>{' '}
					s
				</label>
				{left > 0 && (
					<label>
						<input
							type="checkbox"
							checked={all}
							onChange={(e) => setAll(e.currentTarget.checked)}
						/>{' '}
						show {plural(left, 'short one')}
					</label>
				)}
			</div>
			{listed.length === 0 ? (
				<Empty title="Nobody here">All callers of this time were answered, or gave up at once.</Empty>
			) : (
				<ul class="callers">
					{listed.map((c) => (
						<li key={c.call}>
							<a href={callHref(group.pbx, c.call)}>
								<b>
									<bdi>{c.name || c.cli || 'number withheld'}</bdi>
								</b>
								{c.name && <span class="dim num">{c.cli}</span>}
							</a>
							<span class="callers-when">
								<span class="time">{dayAndTime(c.at, store.clock.now())}</span>
								<span>
									after <span class="time">{duration(c.waited_s)}</span>
								</span>
							</span>
						</li>
					))}
				</ul>
			)}
			<More group={group} listed={callers.length} />
		</Dialog>
	);
}

/** The gateway keeps the last ones at hand; all of them are in the history. */
function More({ group, listed }: { group: Group; listed: number }) {
	const query = new URLSearchParams({ outcome: 'abandoned', group: group.group, pbx: group.pbx });
	return (
		<p class="dim">
			{group.abandoned > listed && <>These are the last {listed}. </>}
			<a href={href('history', [], query)}>All of them in the history</a>
		</p>
	);
}
