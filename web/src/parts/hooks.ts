import { useEffect, useReducer, useRef, useState } from 'preact/hooks';
import { settings, store } from '../app';
import { ApiError } from '../model/api';
import type { Route } from '../model/route';
import { parseRoute } from '../model/route';
import type { Settings } from '../model/settings';
import type { Topic } from '../model/store';
import { onTick } from './ticker';

/** The same where much changes and nobody reads faster: at most so often, and the last change is never lost. */
export function useTopicsSlowly(milliseconds: number, ...topics: Topic[]): void {
	const again = useRedraw();
	useEffect(() => {
		let timer = 0;
		const later = () => {
			timer ||= window.setTimeout(() => {
				timer = 0;
				again();
			}, milliseconds);
		};
		const ends = topics.map((topic) => store.subscribe(topic, later));
		return () => {
			clearTimeout(timer);
			ends.forEach((end) => end());
		};
	}, [topics.join()]);
}

function useRedraw(): () => void {
	const [, add] = useReducer((n: number, by: number) => n + by, 0);
	return () => add(1);
}

/** Draws anew when one of the topics has changed, at most once per frame. */
export function useTopics(...topics: Topic[]): void {
	const again = useRedraw();
	useEffect(() => {
		const ends = topics.map((topic) => store.subscribe(topic, again));
		return () => ends.forEach((end) => end());
	}, [topics.join()]);
}

export function useSettings(): Settings {
	const [value, set] = useState(settings.current);
	useEffect(() => settings.subscribe(() => set(settings.current)), []);
	return value;
}

/** A value that time alone may change; draws anew only when it did. */
export function useTicking<T extends string | number | boolean>(compute: () => T): T {
	const [, again] = useState<T>();
	const latest = useRef(compute);
	latest.current = compute;
	useEffect(() => onTick(() => again(() => latest.current())), []);
	return compute();
}

const ROUTE_CHANGED = 'devlink3:route';

export function useRoute(): Route {
	const [hash, set] = useState(location.hash);
	useEffect(() => {
		const changed = () => set(location.hash);
		window.addEventListener('hashchange', changed);
		window.addEventListener(ROUTE_CHANGED, changed);
		return () => {
			window.removeEventListener('hashchange', changed);
			window.removeEventListener(ROUTE_CHANGED, changed);
		};
	}, []);
	return parseRoute(hash);
}

/** `replace`: typing into a filter must not fill Back with every letter. */
export function navigate(to: string, replace = false): void {
	if (to === location.hash) return;
	if (replace) history.replaceState(history.state, '', to);
	else history.pushState(null, '', to);
	window.dispatchEvent(new Event(ROUTE_CHANGED));
}

export interface Loaded<T> {
	data: T | null;
	error: ApiError | null;
	loading: boolean;
	again: () => void;
}

/** Asks the gateway, again when `key` changes, and every so many seconds; old data stays until there is new. */
export function useLoad<T>(
	key: string,
	ask: (signal: AbortSignal) => Promise<T>,
	everySeconds = 0,
): Loaded<T> {
	const [state, set] = useState<{ key: string; data: T | null; error: ApiError | null; loading: boolean }>({
		key,
		data: null,
		error: null,
		loading: true,
	});
	const [turn, add] = useReducer((n: number, by: number) => n + by, 0);
	const again = () => add(1);
	const latest = useRef(ask);
	latest.current = ask;
	useEffect(() => {
		const stop = new AbortController();
		set((s) => ({ ...s, loading: true }));
		latest
			.current(stop.signal)
			.then((data) => set({ key, data, error: null, loading: false }))
			.catch((reason: unknown) => {
				if (stop.signal.aborted) return;
				const error = reason instanceof ApiError ? reason : new ApiError(0, String(reason));
				set((s) => ({ key, data: s.key === key ? s.data : null, error, loading: false }));
			});
		return () => stop.abort();
	}, [key, turn]);
	useEffect(() => {
		if (everySeconds === 0) return;
		const timer = setInterval(again, everySeconds * 1000);
		return () => clearInterval(timer);
	}, [everySeconds]);
	return { ...state, again };
}

/** What a media query says, for what CSS alone cannot do. */
export function useMedia(query: string): boolean {
	const [matches, set] = useState(() => matchMedia(query).matches);
	useEffect(() => {
		const media = matchMedia(query);
		const changed = () => set(media.matches);
		changed();
		media.addEventListener('change', changed);
		return () => media.removeEventListener('change', changed);
	}, [query]);
	return matches;
}
