/* uPlot, dressed: bars for what was offered and answered, narrower ones for what was abandoned. */
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import { minuteOfDay } from '../model/format';

export interface ChartPoint {
	at: number;
	values: number[];
}

interface Props {
	points: ChartPoint[];
	step: number;
	names: string[];
}

const COLOURS = ['--chart-offered', '--chart-answered', '--chart-abandoned'];

export function Chart({ points, step, names }: Props) {
	const place = useRef<HTMLDivElement>(null);
	const plot = useRef<uPlot | null>(null);
	const [at, setAt] = useState<number | null>(null);
	const theme = useThemeName();
	useEffect(() => {
		const element = place.current!;
		const made = new uPlot(optionsFor(element, names, step, setAt), dataOf(points, step), element);
		plot.current = made;
		const sized = new ResizeObserver(() =>
			made.setSize({ width: element.clientWidth, height: element.clientHeight }),
		);
		sized.observe(element);
		return () => {
			sized.disconnect();
			made.destroy();
		};
	}, [theme, names.join(), step]);
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

/** A bar stands in the middle of its interval, so that wide and narrow ones share their axis. */
function dataOf(points: ChartPoint[], step: number): uPlot.AlignedData {
	const series = [0, 1, 2].map((i) => points.map((p) => p.values[i] ?? 0));
	return [points.map((p) => p.at + step / 2), ...series] as uPlot.AlignedData;
}

function optionsFor(
	element: HTMLElement,
	names: string[],
	step: number,
	setAt: (index: number | null) => void,
): uPlot.Options {
	const style = getComputedStyle(element);
	const colour = (name: string) => style.getPropertyValue(name).trim();
	const font = `12px ${style.fontFamily}`;
	const bars = (share: number) => uPlot.paths.bars!({ size: [share, 40], gap: 2, radius: 0.15 });
	const axis = {
		stroke: colour('--dim'),
		font,
		ticks: { show: false },
		grid: { stroke: colour('--line'), width: 1 },
	};
	return {
		width: element.clientWidth,
		height: element.clientHeight,
		padding: [8, 4, 0, 0],
		legend: { show: false },
		cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
		scales: {
			x: {
				time: true,
				range: (_, min, max) => [min - step * 0.6, Math.max(max + step * 0.6, min + step * 8)],
			},
			y: { range: (_, __, max) => [0, Math.max(4, Math.ceil(max * 1.1))] },
		},
		axes: [
			{
				...axis,
				grid: { show: false },
				values: (_, splits) => splits.map((s) => minuteOfDay(s)),
				size: 26,
			},
			{ ...axis, size: 44, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
		],
		series: [
			{},
			...names.map((label, i) => ({
				label,
				width: 0,
				fill: colour(COLOURS[i] ?? '--dim'),
				paths: bars(i === 2 ? 0.34 : i === 1 ? 0.62 : 0.9),
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
