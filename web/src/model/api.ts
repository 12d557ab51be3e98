/* Questions to the gateway. All addresses are relative to the page, so it works behind a proxy under a path. */
import type { Clock } from './clock';
import type { Point } from './bars';
import type { Call, CallRecord, Group, Info, Link } from './types';
import { readCall, readGroup, readPoint } from './wire';

const TIMEOUT_MS = 10_000;

/** What went wrong, in words for the one who looks; status 0 when no answer came. */
export class ApiError extends Error {
	constructor(
		readonly status: number,
		title: string,
		readonly detail = '',
	) {
		super(title);
	}
}

let unauthorised: () => void = () => {};

/** Whoever asks first after a token ran out learns of it; the page then asks for a new one. */
export function onUnauthorised(tell: () => void): void {
	unauthorised = tell;
}

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
	const stop = new AbortController();
	const timer = setTimeout(() => stop.abort(), TIMEOUT_MS);
	init.signal?.addEventListener('abort', () => stop.abort());
	let response: Response;
	try {
		response = await fetch(path, {
			cache: 'no-store',
			credentials: 'same-origin',
			...init,
			signal: stop.signal,
		});
	} catch (error) {
		if (init.signal?.aborted) throw error;
		throw new ApiError(0, 'The gateway does not answer.', 'The page tries again by itself.');
	} finally {
		clearTimeout(timer);
	}
	if (response.ok) return response;
	const failure = await problem(response);
	if (response.status === 401 && path !== 'v1/login') unauthorised();
	throw failure;
}

/** RFC 9457; a proxy in between may answer with anything else. */
async function problem(response: Response): Promise<ApiError> {
	let title = `The gateway answered ${response.status}.`;
	let detail = '';
	try {
		const body = (await response.json()) as { title?: unknown; detail?: unknown };
		if (typeof body.title === 'string') title = body.title;
		if (typeof body.detail === 'string') detail = body.detail;
	} catch {
		/* the status says enough */
	}
	return new ApiError(response.status, title, detail);
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
	const response = await ask(path, signal ? { signal } : {});
	return (await response.json()) as T;
}

export async function getInfo(clock?: Clock): Promise<Info> {
	const asked = clock?.localNow() ?? 0;
	const info = await get<Info>('v1/info');
	clock?.measured(asked, clock.localNow(), info.now);
	return info;
}

export interface CallDetail {
	call: Call;
	records: CallRecord[];
}

export async function getCall(pbx: string, id: string, signal?: AbortSignal): Promise<CallDetail> {
	const path = `v1/calls/${encodeURIComponent(id)}?pbx=${encodeURIComponent(pbx)}`;
	const answer = await get<{ call: unknown; records?: CallRecord[] }>(path, signal);
	return { call: readCall(answer.call, pbx), records: answer.records ?? [] };
}

export interface HistoryPage {
	calls: Call[];
	next: string | null;
}

export async function getHistory(query: URLSearchParams, signal?: AbortSignal): Promise<HistoryPage> {
	const answer = await get<{ calls: unknown[]; next?: string | null }>(`v1/history?${query}`, signal);
	return { calls: answer.calls.map((call) => readCall(call)), next: answer.next ?? null };
}

export async function getGroups(
	query: URLSearchParams,
	threshold_s?: number,
	signal?: AbortSignal,
): Promise<Group[]> {
	const answer = await get<{ groups: unknown[] }>(`v1/groups?${query}`, signal);
	return answer.groups.map((group) => readGroup(group, '', threshold_s));
}

async function getPoints(path: string, signal?: AbortSignal): Promise<Point[]> {
	const { points } = await get<{ points: unknown[] }>(path, signal);
	return points.map(readPoint);
}

export function getGroupSeries(pbx: string, group: string, query: URLSearchParams, signal?: AbortSignal) {
	const all = new URLSearchParams(query);
	all.set('pbx', pbx);
	return getPoints(`v1/groups/${encodeURIComponent(group)}/series?${all}`, signal);
}

export function getSeries(query: URLSearchParams, signal?: AbortSignal) {
	return getPoints(`v1/series?${query}`, signal);
}

export function getPbxs(signal?: AbortSignal): Promise<{ pbxs: Link[] }> {
	return get('v1/pbx', signal);
}

export async function login(token: string): Promise<void> {
	await ask('v1/login', {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ token }),
	});
}

export async function logout(): Promise<void> {
	await ask('v1/logout', { method: 'POST' });
}
