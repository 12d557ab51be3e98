/* The day in quarter hours. */
import { store } from '../app';
import { getGroupSeries, getSeries } from '../model/api';
import type { Point } from '../model/bars';
import { minuteOfDay } from '../model/format';
import { href, withQuery } from '../model/route';
import type { Period } from '../model/settings';
import { keyOf } from '../model/store';
import type { Group } from '../model/types';
import { Chart } from './chart';
import { navigate, useLoad } from './hooks';
import { periodStart } from './period';
import { Empty, Failed } from './words';

const QUARTER_S = 900;
/** Of an hour, quarters would show four bars. */
const FINE_S = 300;
const POLL_S = 60;
const NAMES = ['calls', 'answered', 'abandoned'];

interface Props {
	groups: Group[];
	period: Period;
	query: URLSearchParams;
}

export function DayChart({ groups, period, query }: Props) {
	const chosen = groups.find((g) => keyOf(g.pbx, g.group) === query.get('chart')) ?? null;
	const step = period.kind === 'minutes' && period.minutes <= 120 ? FINE_S : QUARTER_S;
	const key = `${JSON.stringify(period)} ${chosen ? keyOf(chosen.pbx, chosen.group) : ''}`;
	const { data, error, again } = useLoad(key, (signal) => load(chosen, period, step, signal), POLL_S);
	const choose = (value: string) => navigate(href('board', [], withQuery(query, { chart: value })), true);
	return (
		<section class="card day-chart" aria-label="The day">
			<header>
				<h2>
					Calls per {step / 60} minutes{' '}
					<span class="dim">by when they began, once they are over</span>
				</h2>
				<label>
					<span class="unseen">Calls of</span>
					<select
						value={chosen ? keyOf(chosen.pbx, chosen.group) : ''}
						onChange={(e) => choose(e.currentTarget.value)}
					>
						<option value="">all calls</option>
						{groups.map((g) => (
							<option key={keyOf(g.pbx, g.group)} value={keyOf(g.pbx, g.group)}>
								{g.name || g.group}
							</option>
						))}
					</select>
				</label>
			</header>
			{error && !data && <Failed error={error} again={again} />}
			{data && isEmpty(data) && (
				<Empty title="No calls in this time yet">A call is in the chart once it is over.</Empty>
			)}
			{data && !isEmpty(data) && <Chart points={data} step={step} names={NAMES} />}
			{data && !isEmpty(data) && <ChartTable points={data} names={NAMES} />}
		</section>
	);
}

async function load(
	group: Group | null,
	period: Period,
	step: number,
	signal: AbortSignal,
): Promise<Point[]> {
	const now = store.clock.running();
	const query = new URLSearchParams({
		from: String(Math.floor(periodStart(period, now))),
		step: String(step),
	});
	const points = group
		? await getGroupSeries(group.pbx, group.group, query, signal)
		: await getSeries(query, signal);
	return withoutNight(points);
}

function isEmpty(points: Point[]): boolean {
	return points.every((p) => p.values.every((v) => v === 0));
}

/** Before the first call of the day there is nothing to see. */
function withoutNight(points: Point[]): Point[] {
	const first = points.findIndex((p) => p.values.some((v) => v > 0));
	return first > 1 ? points.slice(first - 1) : points;
}

/** The same for who cannot see the bars. */
function ChartTable({ points, names }: { points: Point[]; names: string[] }) {
	return (
		<table class="unseen">
			<caption>Calls per interval</caption>
			<thead>
				<tr>
					<th scope="col">from</th>
					{names.map((n) => (
						<th scope="col" key={n}>
							{n}
						</th>
					))}
				</tr>
			</thead>
			<tbody>
				{points.map((p) => (
					<tr key={p.at}>
						<th scope="row">{minuteOfDay(p.at)}</th>
						{p.values.map((v, i) => (
							<td key={i}>{v}</td>
						))}
					</tr>
				))}
			</tbody>
		</table>
	);
}
