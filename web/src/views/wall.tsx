/* For a screen on the wall: nothing but the tiles, as big as they can be, for months. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { store } from '../app';
import { href } from '../model/route';
import { keyOf, linkIsUp } from '../model/store';
import { bestGrid } from '../model/wall-grid';
import { Banners } from '../parts/banners';
import { navigate, useSettings, useTopics } from '../parts/hooks';
import { Icon } from '../parts/icons';
import { periodWords, shown, useGroups } from '../parts/period';
import { Clock } from '../parts/shell';
import { Tile } from '../parts/tile';
import { Empty, Loading } from '../parts/words';
import { Sums } from './board';

const POINTER_HIDES_MS = 3000;

export function Wall() {
	useTopics('status', 'links');
	const current = useSettings();
	const { groups } = useGroups(current);
	const tiles = shown(groups, current);
	const awake = usePointer();
	useFullScreen();
	useScreenOn();
	useNewPage();
	const pbxs = new Set(tiles.map((g) => g.pbx));
	return (
		<div class={`wall ${awake ? '' : 'asleep'} ${store.connection === 'away' ? 'stale' : ''}`}>
			<Banners />
			<header class="wall-head">
				<h1 class="unseen">Wallboard</h1>
				<Sums tiles={tiles} />
				<span class="dim wall-period">{periodWords(current.period)}</span>
				<Clock />
			</header>
			<Grid count={tiles.length}>
				{!store.filled && <Loading what="the groups" />}
				{store.filled && tiles.length === 0 && (
					<Empty title="No groups yet">Tiles appear with the first calls.</Empty>
				)}
				{tiles.map((g) => {
					const link = store.links.get(g.pbx);
					return (
						<Tile
							key={keyOf(g.pbx, g.group)}
							group={g}
							showPbx={pbxs.size > 1}
							stale={link !== undefined && !linkIsUp(link)}
						/>
					);
				})}
			</Grid>
			<a class="wall-leave button" href={href('board')} onClick={leave}>
				<Icon name="close" /> Leave
			</a>
		</div>
	);
}

function Grid({ count, children }: { count: number; children: preact.ComponentChildren }) {
	const place = useRef<HTMLElement>(null);
	const [grid, set] = useState({ columns: 1, rows: 1 });
	useEffect(() => {
		const element = place.current!;
		const look = () => set(bestGrid(count, element.clientWidth, element.clientHeight));
		look();
		const sized = new ResizeObserver(look);
		sized.observe(element);
		return () => sized.disconnect();
	}, [count]);
	const template = (n: number) => `repeat(${n}, minmax(0, 1fr))`;
	return (
		<main
			ref={place}
			class="wall-grid"
			aria-label="Groups"
			style={{ gridTemplateColumns: template(grid.columns), gridTemplateRows: template(grid.rows) }}
		>
			{children}
		</main>
	);
}

function leave(event: Event): void {
	event.preventDefault();
	navigate(href('board'));
}

/** Browsers allow it only after a click or a key; opened by its address, the view fills the window instead. */
function useFullScreen(): void {
	useEffect(() => {
		if (navigator.userActivation?.isActive)
			document.documentElement.requestFullscreen?.().catch(() => {});
		const pressed = (event: KeyboardEvent) => {
			if (event.key === 'Escape') navigate(href('board'));
		};
		/* In full screen, the browser keeps Escape for itself. */
		let was = false;
		const changed = () => {
			const is = document.fullscreenElement !== null;
			if (was && !is) navigate(href('board'));
			was = is;
		};
		window.addEventListener('keydown', pressed);
		document.addEventListener('fullscreenchange', changed);
		return () => {
			window.removeEventListener('keydown', pressed);
			document.removeEventListener('fullscreenchange', changed);
			if (document.fullscreenElement) void document.exitFullscreen();
		};
	}, []);
}

function usePointer(): boolean {
	const [awake, set] = useState(true);
	useEffect(() => {
		let timer = 0;
		const moved = () => {
			set(true);
			clearTimeout(timer);
			timer = window.setTimeout(() => set(false), POINTER_HIDES_MS);
		};
		moved();
		const events = ['pointermove', 'pointerdown', 'keydown'] as const;
		for (const name of events) window.addEventListener(name, moved);
		return () => {
			clearTimeout(timer);
			for (const name of events) window.removeEventListener(name, moved);
		};
	}, []);
	return awake;
}

/** The lock is lost whenever the page is hidden, so it is asked for each time it is seen again. */
function useScreenOn(): void {
	useEffect(() => {
		let lock: WakeLockSentinel | null = null;
		let over = false;
		const ask = () => {
			if (document.hidden) return;
			navigator.wakeLock
				?.request('screen')
				.then((got) => {
					if (over) void got.release();
					else lock = got;
				})
				.catch(() => {});
		};
		ask();
		document.addEventListener('visibilitychange', ask);
		return () => {
			over = true;
			document.removeEventListener('visibilitychange', ask);
			void lock?.release();
		};
	}, []);
}

/** Nobody presses a button on a wall: after an update of the gateway, its new page is loaded. */
function useNewPage(): void {
	useEffect(() => {
		if (store.updated && store.connection === 'open') location.reload();
	}, [store.updated, store.connection]);
}
