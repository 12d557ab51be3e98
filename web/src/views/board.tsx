/* The wallboard: what the groups' callers meet with, now and over the day. */
import { settings, store } from '../app';
import { count, percent, plural } from '../model/format';
import { href, withQuery } from '../model/route';
import type { Period, Settings } from '../model/settings';
import { keyOf, linkIsUp } from '../model/store';
import { Abandoned } from '../parts/abandoned';
import { DayChart } from '../parts/day-chart';
import { navigate, useSettings, useTopics } from '../parts/hooks';
import { periodWords, shown, totalsOf, useGroups } from '../parts/period';
import { Tile } from '../parts/tile';
import { Empty, Failed, Loading } from '../parts/words';

export function Board({ query }: { query: URLSearchParams }) {
	const current = useSettings();
	const { groups, error, again } = useGroups(current);
	const tiles = shown(groups, current);
	const opened = groups.find((g) => keyOf(g.pbx, g.group) === query.get('abandoned'));
	const close = () => navigate(href('board', [], withQuery(query, { abandoned: null })));
	return (
		<div class="board">
			<div class="strip">
				<h1 class="unseen">Wallboard</h1>
				<Sums tiles={tiles} />
				<PeriodChoice period={current.period} />
			</div>
			{error && <Failed error={error} again={again} />}
			<Tiles tiles={tiles} all={groups.length} query={query} />
			{store.filled && <DayChart groups={groups} period={current.period} query={query} />}
			{opened && <Abandoned group={opened} words={periodWords(current.period)} close={close} />}
		</div>
	);
}

function Tiles({
	tiles,
	all,
	query,
}: {
	tiles: ReturnType<typeof shown>;
	all: number;
	query: URLSearchParams;
}) {
	useTopics('links');
	if (!store.filled) return <Loading what="the groups" />;
	if (all === 0)
		return (
			<Empty title="No groups yet">
				A group has its tile here as soon as its first call comes in. Nothing needs to be set up for
				it.
			</Empty>
		);
	if (tiles.length === 0)
		return (
			<Empty title="All groups are hidden">
				<a href={href('settings')}>Choose in the settings</a> which ones have a tile.
			</Empty>
		);
	const pbxs = new Set(tiles.map((g) => g.pbx));
	return (
		<section class="tiles" aria-label="Groups" style={{ '--columns': String(columnsFor(tiles.length)) }}>
			{tiles.map((g) => {
				const link = store.links.get(g.pbx);
				return (
					<Tile
						key={keyOf(g.pbx, g.group)}
						group={g}
						showPbx={pbxs.size > 1}
						stale={link !== undefined && !linkIsUp(link)}
						abandonedHref={href(
							'board',
							[],
							withQuery(query, { abandoned: keyOf(g.pbx, g.group) }),
						)}
					/>
				);
			})}
		</section>
	);
}

/** Of a screen as they are usual, four across. */
function columnsFor(tiles: number): number {
	return Math.ceil(tiles / Math.ceil(tiles / 4));
}

export function Sums({ tiles }: { tiles: ReturnType<typeof shown> }) {
	useTopics('calls', 'users');
	const totals = totalsOf(tiles);
	const users = [...store.users.values()];
	const busy = users.filter((u) => u.state !== 'idle').length;
	const up = [...store.calls.values()].filter((c) => c.answered !== null).length;
	const figures: [string, string, string?][] = [
		[count(totals.waiting), 'waiting'],
		[count(store.calls.size), 'live calls', plural(up, 'answered', 'answered')],
		[`${count(busy)}`, 'people busy', `of ${count(users.length)}`],
		[count(totals.offered), 'offered'],
		[count(totals.answered), 'answered'],
		[count(totals.abandoned), 'abandoned', totals.short > 0 ? `${totals.short} short` : ''],
		[percent(totals.level), 'service level', `${totals.inThreshold} ÷ ${totals.over - totals.short}`],
	];
	return (
		<dl class="sums">
			{figures.map(([value, name, more]) => (
				<div key={name}>
					<dd>{value}</dd>
					<dt>
						{name}
						{more && <span class="more">{more}</span>}
					</dt>
				</div>
			))}
		</dl>
	);
}

const MINUTES = [15, 30, 60, 120, 240];

function readChoice(value: string, current: Period): Period {
	if (value === 'day') return { kind: 'day' };
	if (value === 'since') return { kind: 'since', hour: current.kind === 'since' ? current.hour : '08:00' };
	return { kind: 'minutes', minutes: Number(value) };
}

export function PeriodChoice({ period }: { period: Settings['period'] }) {
	const value = period.kind === 'minutes' ? String(period.minutes) : period.kind;
	const minutes =
		period.kind === 'minutes' && !MINUTES.includes(period.minutes)
			? [...MINUTES, period.minutes]
			: MINUTES;
	return (
		<div class="period">
			<label>
				<span class="unseen">Period</span>
				<select
					value={value}
					onChange={(e) => settings.set({ period: readChoice(e.currentTarget.value, period) })}
				>
					<option value="day">the day</option>
					<option value="since">since …</option>
					{minutes.map((m) => (
						<option key={m} value={String(m)}>
							the last {m} minutes
						</option>
					))}
				</select>
			</label>
			{period.kind === 'since' && (
				<label>
					<span class="unseen">Since</span>
					<input
						type="time"
						value={period.hour}
						onChange={(e) => {
							const hour = e.currentTarget.value;
							if (hour) settings.set({ period: { kind: 'since', hour } });
						}}
					/>
				</label>
			)}
		</div>
	);
}
