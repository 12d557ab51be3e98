/* Which view is shown, and the keys that work everywhere. */
import { useEffect, useState } from 'preact/hooks';
import { store } from '../app';
import { navigate, useMedia, useRoute, useSettings, useTopics } from '../parts/hooks';
import { Shell, VIEWS, turnTheme } from '../parts/shell';
import { href } from '../model/route';
import { Board } from './board';
import { CallView } from './call';
import { Help } from './help';
import { History } from './history';
import { Links } from './links';
import { Live } from './live';
import { Login } from './login';
import { People } from './people';
import { SettingsView } from './settings';
import { Wall } from './wall';

export function Page() {
	useTopics('status');
	useTheme();
	const { view } = useRoute();
	const [help, setHelp] = useState(false);
	useKeys(() => setHelp((open) => !open));
	useTitle(view);
	if (store.connection === 'login') return <Login />;
	if (view === 'wall') return <Wall />;
	return (
		<>
			<Shell view={view} onHelp={() => setHelp(true)}>
				<View />
			</Shell>
			{help && <Help close={() => setHelp(false)} />}
		</>
	);
}

function View() {
	const route = useRoute();
	const { params, query } = route;
	switch (route.view) {
		case 'live':
			return <Live query={query} />;
		case 'people':
			return <People query={query} />;
		case 'history':
			return <History query={query} />;
		case 'call':
			return <CallView pbx={params[0] ?? ''} id={params[1] ?? ''} />;
		case 'links':
			return <Links />;
		case 'settings':
			return <SettingsView />;
		default:
			return <Board query={query} />;
	}
}

function useTheme(): void {
	const { theme } = useSettings();
	const systemDark = useMedia('(prefers-color-scheme: dark)');
	const dark = theme === 'dark' || (theme === 'auto' && systemDark);
	useEffect(() => {
		document.documentElement.dataset.theme = dark ? 'dark' : 'light';
	}, [dark]);
}

function useTitle(view: string): void {
	useEffect(() => {
		const name = VIEWS.find((v) => v.view === view)?.name ?? (view === 'call' ? 'A call' : 'Wall');
		document.title = `${name} · Devlink3`;
	}, [view]);
}

function isTyping(target: EventTarget | null): boolean {
	return target instanceof HTMLElement && target.matches('input, select, textarea');
}

function useKeys(toggleHelp: () => void): void {
	useEffect(() => {
		const pressed = (event: KeyboardEvent) => {
			if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
			const view = VIEWS.find((v) => v.key === event.key);
			if (view) navigate(href(view.view));
			else if (event.key === '?') toggleHelp();
			else if (event.key === 't') turnTheme();
			else if (event.key === 'w') navigate(href('wall'));
			else if (event.key === '/') focusFilter(event);
		};
		window.addEventListener('keydown', pressed);
		return () => window.removeEventListener('keydown', pressed);
	}, []);
}

function focusFilter(event: KeyboardEvent): void {
	const field = document.querySelector<HTMLInputElement>('input[type=search]');
	if (!field) return;
	event.preventDefault();
	field.focus();
	field.select();
}
