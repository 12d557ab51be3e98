/* uPlot, dressed: a bar over each interval, of what was answered, abandoned, and whatever became else of it. */
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import type { Point } from '../model/bars';
import { heights, marks, withRoom } from '../model/bars';
import { minuteOfDay } from '../model/format';

interface Props {
	points: Point[];
	step: number;
	names: string[];
}

/** Drawn from behind: each covers the lower part of the one before. */
const COLOURS = ['--chart-offered', '--chart-abandoned', '--chart-answered'];
/** Between the times below the bars. */
const MARK_PX = 60;

export function Chart({ points, step, names }: Props) {
	const place = useRef<HTMLDivElement>(null);
	const plot = useRef<uPlot | null>(null);
	const [at, setAt] = useState<number | null>(null);
	const theme = useThemeName();
	useEffect(() => {
		const element = place.current!;
		const made = new uPlot(optionsFor(element, step, setAt), dataOf(points, step), element);
		plot.current = made;
		const sized = new ResizeObserver(() =>
			made.setSize({ width: element.clientWidth, height: element.clientHeight }),
		);
		sized.observe(element);
		return () => {
			sized.disconnect();
			made.destroy();
		};
	}, [theme, step]);
	useEffect(() => plot.current?.setData(dataOf(points, step)), [points]);
	const shown = at === null ? null : (points[at] ?? null);
	return (
		<>
			<div class="chart" ref={place} aria-hidden />
			<p class="chart-legend" aria-hidden>
				<span class="chart-when time">
					{shown ? `${minuteOfDay(shown.at)}–${minuteOfDay(shown.at + step)}` : 'in all'}
				</span>
				{names.map((name, i) => (
					<span key={name} class={`chart-key k${i}`}>
						<i /> {name}{' '}
						<b>{shown ? shown.values[i] : points.reduce((n, p) => n + (p.values[i] ?? 0), 0)}</b>
					</span>
				))}
			</p>
		</>
	);
}

/** uPlot places a bar by its middle, and this one is as wide as its interval. */
function dataOf(points: Point[], step: number): uPlot.AlignedData {
	const all = withRoom(points, step);
	const parts = all.map((p) => heights(p.values));
	const series = COLOURS.map((_, i) => parts.map((p) => p[i]));
	return [all.map((p) => p.at + step / 2), ...series] as uPlot.AlignedData;
}

function optionsFor(
	element: HTMLElement,
	step: number,
	setAt: (index: number | null) => void,
): uPlot.Options {
	const style = getComputedStyle(element);
	const colour = (name: string) => style.getPropertyValue(name).trim();
	const font = `12px ${style.fontFamily}`;
	const bars = uPlot.paths.bars!({ size: [1, Infinity], gap: 2 });
	const axis = {
		stroke: colour('--dim'),
		font,
		ticks: { show: false },
		grid: { stroke: colour('--line'), width: 1 },
	};
	return {
		width: element.clientWidth,
		height: element.clientHeight,
		padding: [8, 20, 0, 0],
		legend: { show: false },
		cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
		scales: {
			x: {
				time: true,
				range: (_, min, max) => [min - step / 2, max + step / 2],
			},
			y: { range: (_, __, max) => [0, Math.max(4, Math.ceil(max * 1.1))] },
		},
		axes: [
			{
				...axis,
				grid: { show: false },
				splits: (u, _, min, max) => marks(min, max, Math.max(1, u.width / MARK_PX)),
				values: (_, splits) => splits.map((s) => minuteOfDay(s)),
				size: 26,
			},
			{ ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
		],
		series: [
			{},
			...COLOURS.map((name) => ({
				width: 0,
				fill: colour(name),
				paths: bars,
				points: { show: false },
			})),
		],
		hooks: { setCursor: [(u) => setAt(u.cursor.idx ?? null)] },
	};
}

/** The canvas knows nothing of style sheets: another theme is another plot. */
function useThemeName(): string {
	const [name, set] = useState(document.documentElement.dataset.theme ?? '');
	useEffect(() => {
		const look = () => set(document.documentElement.dataset.theme ?? '');
		look();
		const seen = new MutationObserver(look);
		seen.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
		return () => seen.disconnect();
	}, []);
	return name;
}
