/* What is around every view: navigation, state, switches. */
import type { ComponentChildren } from 'preact';
import { settings, store } from '../app';
import { minuteOfDay } from '../model/format';
import { href } from '../model/route';
import type { Theme } from '../model/settings';
import { Banners, LinkPill } from './banners';
import { useSettings, useTicking, useTopics } from './hooks';
import type { IconName } from './icons';
import { Icon } from './icons';

export interface ViewName {
	view: string;
	name: string;
	icon: IconName;
	key: string;
}

export const VIEWS: ViewName[] = [
	{ view: 'board', name: 'Board', icon: 'board', key: '1' },
	{ view: 'live', name: 'Calls', icon: 'live', key: '2' },
	{ view: 'people', name: 'People', icon: 'people', key: '3' },
	{ view: 'history', name: 'History', icon: 'history', key: '4' },
	{ view: 'links', name: 'Links', icon: 'links', key: '5' },
	{ view: 'settings', name: 'Settings', icon: 'settings', key: '6' },
];

const NEXT_THEME: Record<Theme, Theme> = { auto: 'dark', dark: 'light', light: 'auto' };
const THEME_NAMES: Record<Theme, string> = { auto: 'as the system', dark: 'dark', light: 'light' };

export function turnTheme(): void {
	settings.set({ theme: NEXT_THEME[settings.current.theme] });
}

export function Clock() {
	const text = useTicking(() => minuteOfDay(store.clock.running()));
	return <span class="clock time">{text}</span>;
}

interface Props {
	view: string;
	onHelp: () => void;
	children: ComponentChildren;
}

export function Shell({ view, onHelp, children }: Props) {
	useTopics('status');
	const { theme } = useSettings();
	return (
		<div class={store.connection === 'away' ? 'shell stale' : 'shell'}>
			<a class="skip" href="#main" onClick={toMain}>
				Skip to the content
			</a>
			<header class="top">
				<a class="brand" href={href('board')}>
					<img src="./icon.svg" alt="" width="22" height="22" />
					Devlink3
				</a>
				{store.info?.demo && <span class="tag">demo</span>}
				<nav class="views" aria-label="Views">
					{VIEWS.map((v) => (
						<a
							key={v.view}
							href={href(v.view)}
							title={`${v.name} (${v.key})`}
							{...(v.view === view ? { 'aria-current': 'page' as const } : {})}
						>
							<Icon name={v.icon} />
							<span>{v.name}</span>
						</a>
					))}
				</nav>
				<div class="top-right">
					<LinkPill />
					<Clock />
					<button
						type="button"
						class="plain"
						aria-label={`Colours: ${THEME_NAMES[theme]}. Change`}
						title={`Colours: ${THEME_NAMES[theme]} (t)`}
						onClick={turnTheme}
					>
						<Icon name={theme === 'auto' ? 'auto' : theme === 'dark' ? 'moon' : 'sun'} />
					</button>
					<a
						class="plain button"
						href={href('wall')}
						aria-label="Full screen for the wall"
						title="For the wall (w)"
					>
						<Icon name="wall" />
					</a>
					<button
						type="button"
						class="plain wide-only"
						aria-label="Help and keys"
						title="Keys (?)"
						onClick={onHelp}
					>
						<Icon name="help" />
					</button>
				</div>
			</header>
			<Banners />
			<main id="main" tabIndex={-1}>
				{children}
			</main>
		</div>
	);
}

/* The address belongs to the views, so the skip link moves the focus by itself. */
function toMain(event: Event): void {
	event.preventDefault();
	document.getElementById('main')?.focus();
}
