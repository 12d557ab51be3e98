/* A group on the board. */
import { settings, store } from '../app';
import type { Verdict } from '../model/alarm';
import { judge, reasons } from '../model/alarm';
import { count, duration, percent, timeOfDay } from '../model/format';
import type { Limit, Limits } from '../model/settings';
import type { Group } from '../model/types';
import { useTicking } from './hooks';
import { Icon } from './icons';
import { Running } from './running';

interface Props {
	group: Group;
	/** Where the list of those who gave up opens; without it the count is only a count. */
	abandonedHref?: string;
	showPbx: boolean;
	stale: boolean;
}

export function Tile({ group, abandonedHref, showPbx, stale }: Props) {
	const { limits } = settings.current;
	const verdict = () => judge(group, limits, store.clock.now(group.pbx));
	const said = useTicking(() => JSON.stringify(verdict()));
	const judged = JSON.parse(said) as Verdict;
	const { level, figures } = judged;
	const marked = (name: keyof Limits, others = '') => [others, figures[name] ?? ''].join(' ').trim();
	return (
		<article
			class={`tile ${stale ? 'stale-tile' : level}`}
			aria-label={`Group ${group.name || group.group}`}
		>
			<header>
				<h3>{group.name || group.group}</h3>
				<span class="tile-number">{showPbx ? `${group.group} · ${group.pbx}` : group.group}</span>
				{stale && <span class="tile-why dim">as of {timeOfDay(store.clock.now(group.pbx))}</span>}
				{!stale && level !== 'calm' && (
					<span class="tile-why">
						<Icon name={level} label={level === 'alarm' ? 'Alarm' : 'Warning'} />
						<span title={reasons(judged)}>{reasons(judged)}</span>
					</span>
				)}
			</header>
			<div class="tile-now">
				<p class="figure">
					<b class={marked('waiting', 'big')}>{count(group.waiting)}</b>
					<span>waiting</span>
				</p>
				<p class="figure">
					<b class={marked('longest_wait_s', 'mid')}>
						{group.longest_wait_since === null ? (
							<span class="none">–</span>
						) : (
							<Running since={group.longest_wait_since} pbx={group.pbx} />
						)}
					</b>
					<span>longest wait</span>
				</p>
			</div>
			<ServiceLevel
				group={group}
				limit={limits.service_level_percent}
				mark={marked('service_level_percent')}
			/>
			<dl class="tile-day">
				<div>
					<dt>avg wait</dt>
					<dd class={marked('average_wait_s', 'time')}>
						{group.answered > 0 ? duration(group.average_wait_s) : '–'}
					</dd>
				</div>
				<div>
					<dt>avg talk</dt>
					<dd class="time">{group.answered > 0 ? duration(group.average_talk_s) : '–'}</dd>
				</div>
				<div>
					<dt>answered</dt>
					<dd>{count(group.answered)}</dd>
				</div>
				<div>
					<dt>abandoned</dt>
					<dd class={marked('abandoned')}>
						{abandonedHref && group.abandoned > 0 ? (
							<a
								class="count-link"
								href={abandonedHref}
								aria-label={`${group.abandoned} abandoned, list them`}
							>
								{count(group.abandoned)}
							</a>
						) : (
							count(group.abandoned)
						)}
					</dd>
				</div>
			</dl>
		</article>
	);
}

function ServiceLevel({ group, limit, mark }: { group: Group; limit: Limit; mark: string }) {
	const {
		service_level: level,
		answered_in_threshold,
		threshold_s,
		offered,
		waiting,
		abandoned_short,
	} = group;
	const width = Math.round((level ?? 0) * 1000) / 10;
	return (
		<div class="level">
			<div class="level-bar" aria-hidden>
				<i style={{ width: `${width}%` }} />
				{limit.warn !== null && <em style={{ left: `${limit.warn}%` }} />}
			</div>
			<p>
				<b class={mark}>{percent(level)}</b> <span class="level-name">service level</span>{' '}
				<span
					class="formula"
					title={`Answered within ${threshold_s} s, of all whose wait is over, less those who gave up at once`}
				>
					{answered_in_threshold} in {threshold_s} s ÷ ({Math.max(0, offered - waiting)} −{' '}
					{abandoned_short} short)
				</span>
			</p>
		</div>
	);
}
