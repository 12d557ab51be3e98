/* The calls that were. */
import { store } from '../app';
import { getHistory } from '../model/api';
import { DIRECTION_NAMES, OUTCOME_NAMES } from '../model/call';
import { dayAndTime, duration, fromLocalInput } from '../model/format';
import { callHref, href, withQuery } from '../model/route';
import type { Call } from '../model/types';
import { SearchField } from '../parts/filters';
import { navigate, useLoad, useTopics } from '../parts/hooks';
import { Icon } from '../parts/icons';
import { Empty, Failed, Loading } from '../parts/words';
import { DirectionIcon, Name, called, caller, groupName } from '../parts/names';

const PAGE = 100;
const FILTERS = [
	'pbx',
	'q',
	'direction',
	'outcome',
	'extension',
	'group',
	'number',
	'from',
	'to',
	'min_s',
	'order',
] as const;

/** The page's own address has local times; the gateway wants seconds. */
export function asked(query: URLSearchParams): URLSearchParams {
	const all = new URLSearchParams();
	for (const key of FILTERS) {
		const value = query.get(key);
		if (!value) continue;
		const at = key === 'from' || key === 'to' ? fromLocalInput(value) : value;
		if (at !== null) all.set(key, String(at));
	}
	return all;
}

export function History({ query }: { query: URLSearchParams }) {
	useTopics('groups', 'users', 'links');
	const filters = asked(query);
	const page = new URLSearchParams(filters);
	page.set('limit', String(PAGE));
	const cursor = query.get('cursor');
	if (cursor) page.set('cursor', cursor);
	const { data, error, loading, again } = useLoad(page.toString(), (signal) => getHistory(page, signal));
	const set = (change: Record<string, string | null>) =>
		navigate(href('history', [], withQuery(query, { ...change, cursor: null })), true);
	const csv = new URLSearchParams(filters);
	csv.set('format', 'csv');
	return (
		<div class="history">
			<div class="filters">
				<h1>History</h1>
				<SearchField
					value={query.get('q') ?? ''}
					label="Search names, numbers, tags"
					onInput={(q) => set({ q })}
				/>
				<a class="button push" href={`v1/history?${csv}`} download="calls.csv">
					<Icon name="download" /> CSV
				</a>
			</div>
			<Filters query={query} set={set} />
			{error && <Failed error={error} again={again} />}
			{!data && !error && <Loading what="the calls" />}
			{data && data.calls.length === 0 && <Nothing filtered={[...filters].length > 0} />}
			{data && data.calls.length > 0 && <CallTable calls={data.calls} loading={loading} />}
			{data && (
				<Pager
					query={query}
					next={data.next}
					cursor={cursor}
					ascending={query.get('order') === 'asc'}
				/>
			)}
		</div>
	);
}

interface FiltersProps {
	query: URLSearchParams;
	set: (change: Record<string, string | null>) => void;
}

function Filters({ query, set }: FiltersProps) {
	const groups = [...store.groups.values()];
	const pbxs = [...store.links.keys()];
	const input = (key: string, name: string, type: 'text' | 'number' | 'datetime-local' = 'text') => (
		<label>
			{name}
			<input
				{...({ type } as { type: 'text' })}
				value={query.get(key) ?? ''}
				onInput={(e) => set({ [key]: e.currentTarget.value.trim() })}
			/>
		</label>
	);
	const select = (key: string, name: string, options: [string, string][]) => (
		<label>
			{name}
			<select value={query.get(key) ?? ''} onChange={(e) => set({ [key]: e.currentTarget.value })}>
				<option value="">any</option>
				{options.map(([value, label]) => (
					<option key={value} value={value}>
						{label}
					</option>
				))}
			</select>
		</label>
	);
	const filtered = FILTERS.some((key) => query.has(key));
	return (
		<form class="filter-fields" onSubmit={(e) => e.preventDefault()} aria-label="Filters">
			{pbxs.length > 1 &&
				select(
					'pbx',
					'PBX',
					pbxs.map((name) => [name, name]),
				)}
			{select('direction', 'Direction', Object.entries(DIRECTION_NAMES))}
			{select('outcome', 'Outcome', Object.entries(OUTCOME_NAMES))}
			{select(
				'group',
				'Group',
				groups.map((g) => [g.group, g.name || g.group]),
			)}
			{input('extension', 'Extension')}
			{input('number', 'Number')}
			{input('from', 'From', 'datetime-local')}
			{input('to', 'To', 'datetime-local')}
			{input('min_s', 'At least (s)', 'number')}
			<label>
				Order
				<select
					value={query.get('order') ?? ''}
					onChange={(e) => set({ order: e.currentTarget.value })}
				>
					<option value="">newest first</option>
					<option value="asc">oldest first</option>
				</select>
			</label>
			{filtered && (
				<a class="button clear" href={href('history')}>
					Clear all
				</a>
			)}
		</form>
	);
}

function Nothing({ filtered }: { filtered: boolean }) {
	if (filtered)
		return (
			<Empty title="No call matches">
				Fewer filters find more. <a href={href('history')}>Clear all filters</a>
			</Empty>
		);
	return <Empty title="No calls yet">A call is here once it is over.</Empty>;
}

function CallTable({ calls, loading }: { calls: Call[]; loading: boolean }) {
	return (
		<div class="table-scroll">
			<table class="rows history-table" aria-label="Past calls" aria-busy={loading}>
				<thead>
					<tr>
						<th scope="col" class="c-when">
							Began
						</th>
						<th scope="col" class="c-dir">
							<span class="unseen">Direction</span>
						</th>
						<th scope="col">From</th>
						<th scope="col" class="wide">
							To
						</th>
						<th scope="col" class="wide">
							Group
						</th>
						<th scope="col" class="c-outcome">
							Outcome
						</th>
						<th scope="col" class="c-time wide">
							Waited
						</th>
						<th scope="col" class="c-time wide">
							Talked
						</th>
						<th scope="col" class="c-time">
							In all
						</th>
					</tr>
				</thead>
				<tbody>
					{calls.map((call) => (
						<Row key={`${call.pbx}/${call.id}`} call={call} />
					))}
				</tbody>
			</table>
		</div>
	);
}

function Row({ call }: { call: Call }) {
	const to = callHref(call.pbx, call.id);
	const open = (event: MouseEvent) => {
		if (!(event.target as HTMLElement).closest('a')) navigate(to);
	};
	return (
		<tr onClick={open}>
			<td class="c-when time">{dayAndTime(call.started, store.clock.running())}</td>
			<td class="c-dir">
				<DirectionIcon direction={call.direction} />
			</td>
			<td>
				<a href={to}>
					<Name who={caller(call)} />
				</a>
				<span class="narrow-only to">
					<Icon name="arrow" /> <Name who={called(call)} none="–" />
				</span>
			</td>
			<td class="wide">
				<Name who={called(call)} none="–" />
			</td>
			<td class="wide">{groupName(call)}</td>
			<td class="c-outcome">
				{call.outcome && (
					<span class={`outcome o-${call.outcome}`}>{OUTCOME_NAMES[call.outcome]}</span>
				)}
			</td>
			<td class="c-time wide time">{duration(call.ring_s)}</td>
			<td class="c-time wide time">{call.answered === null ? '–' : duration(call.talk_s)}</td>
			<td class="c-time time">{duration(call.duration_s)}</td>
		</tr>
	);
}

interface PagerProps {
	query: URLSearchParams;
	next: string | null;
	cursor: string | null;
	ascending: boolean;
}

/** Each page has its own address, so Back is the way back. */
function Pager({ query, next, cursor, ascending }: PagerProps) {
	return (
		<nav class="pager" aria-label="Pages">
			{cursor && (
				<a class="button" href={href('history', [], withQuery(query, { cursor: null }))}>
					First page
				</a>
			)}
			{next && (
				<a class="button" href={href('history', [], withQuery(query, { cursor: next }))}>
					{ascending ? 'Later calls' : 'Earlier calls'}
				</a>
			)}
		</nav>
	);
}
