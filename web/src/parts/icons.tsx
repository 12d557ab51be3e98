/* Drawn on a grid of 16. They go with words or have a label; none says anything alone. */
const PATHS = {
	board: 'M2 3h5v6H2zM9 3h5v3H9zM9 8h5v5H9zM2 11h5v2H2z',
	live: 'M1.5 8h3l2-5 3 10 2-5h3',
	people: 'M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4M11 7.5a2 2 0 1 0-.8-3.9M11.8 9.7c1.7.4 2.7 1.8 2.7 3.8',
	history: 'M8 4.5V8l2.5 1.5M2.5 8a5.5 5.5 0 1 0 1.8-4.1M2.5 2.5v2.5H5',
	links: 'M6.5 9.5l3-3M5 7L3.3 8.7a2.8 2.8 0 0 0 4 4L9 11M11 9l1.7-1.7a2.8 2.8 0 0 0-4-4L7 5',
	settings: 'M2 4.5h6M12 4.5h2M2 11.5h2M8 11.5h6M10 2.8v3.4M6 9.8v3.4',
	wall: 'M2 6V2.5h3.5M10.5 2.5H14V6M14 10v3.5h-3.5M5.5 13.5H2V10',
	help: 'M6 6a2 2 0 1 1 2.7 1.9c-.5.2-.7.6-.7 1.1v.5M8 12v.2',
	sun: 'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
	moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z',
	auto: 'M8 2.5a5.5 5.5 0 1 0 0 11zM8 2.5a5.5 5.5 0 0 1 0 11',
	close: 'M4 4l8 8M12 4l-8 8',
	incoming: 'M12.5 3.5L4 12M4 6v6h6',
	outgoing: 'M3.5 12.5L12 4M6 4h6v6',
	internal: 'M2 6h11l-3-3M14 10H3l3 3',
	tandem: 'M1.5 8h13M11 4.5L14.5 8 11 11.5M1.5 4.5v7',
	warn: 'M8 2.5l6 11H2zM8 6.5v3M8 11.5v.2',
	alarm: 'M5.5 1.8h5l3.7 3.7v5l-3.7 3.7h-5L1.8 10.5v-5zM8 5v3.5M8 11v.2',
	download: 'M8 2v8M4.5 7L8 10.5 11.5 7M2.5 13.5h11',
	arrow: 'M2.5 8h11M9.5 4l4 4-4 4',
	back: 'M13.5 8h-11M6.5 4l-4 4 4 4',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, label }: { name: IconName; label?: string }) {
	const says =
		label === undefined
			? { 'aria-hidden': true as const }
			: { role: 'img' as const, 'aria-label': label };
	return (
		<svg class="icon" viewBox="0 0 16 16" {...says}>
			<path d={PATHS[name]} />
		</svg>
	);
}
