/* The calls of this moment. */
import { useMemo } from 'preact/hooks';
import { store } from '../app';
import { searchText } from '../model/call';
import { count, plural } from '../model/format';
import { callHref, href, withQuery } from '../model/route';
import { keyOf } from '../model/store';
import type { Call, CallState } from '../model/types';
import { navigate, useMedia, useTopics } from '../parts/hooks';
import { Icon } from '../parts/icons';
import { DirectionIcon, Name, called, caller, groupName } from '../parts/names';
import { Running } from '../parts/running';
import { StateMark } from '../parts/state';
import { SearchField, Toggles, listOf } from '../parts/filters';
import { VirtualTable, useTopOn } from '../parts/virtual-table';
import { Empty, Loading } from '../parts/words';

const STATES: CallState[] = [
	'queued',
	'ringing',
	'connected',
	'held',
	'parked',
	'conference',
	'voicemail',
	'dialling',
];

type Order = 'started' | 'since' | 'state' | 'group';

const COMPARE: Record<Order, (x: Call, y: Call) => number> = {
	started: (x, y) => x.started - y.started,
	since: (x, y) => x.since - y.since,
	state: (x, y) => STATES.indexOf(x.state) - STATES.indexOf(y.state) || x.since - y.since,
	group: (x, y) => groupName(x).localeCompare(groupName(y)) || x.started - y.started,
};

export function Live({ query }: { query: URLSearchParams }) {
	useTopics('calls', 'status');
	const narrow = useMedia('(max-width: 700px)');
	const order = readOrder(query.get('order'));
	const { rows, counts } = select(query, order);
	useTopOn(query.toString());
	const set = (change: Record<string, string | null>) =>
		navigate(href('live', [], withQuery(query, change)), true);
	const cells = useMemo(() => (call: Call) => <Cells call={call} />, []);
	return (
		<div class="full">
			<div class="filters">
				<h1>
					Calls <span class="dim num">{count(store.calls.size)}</span>
				</h1>
				<SearchField
					value={query.get('q') ?? ''}
					label="Filter by name, number, group"
					onInput={(q) => set({ q })}
				/>
				<Toggles
					label="States"
					options={STATES.filter((s) => counts.has(s) || query.get('state')?.includes(s)).map(
						(s) => ({
							value: s,
							name: <StateMark state={s} />,
							count: counts.get(s) ?? 0,
						}),
					)}
					chosen={listOf(query.get('state'))}
					onChange={(state) => set({ state: state.join(',') })}
				/>
				<label class="push">
					<span class="unseen">Order</span>
					<select value={order} onChange={(e) => set({ order: e.currentTarget.value })}>
						<option value="started">longest call first</option>
						<option value="since">longest in its state first</option>
						<option value="state">by state, waiting first</option>
						<option value="group">by group</option>
					</select>
				</label>
			</div>
			{!store.filled ? (
				<Loading what="the calls" />
			) : rows.length === 0 ? (
				<Nothing filtered={store.calls.size > 0} />
			) : (
				<VirtualTable
					label={`${plural(rows.length, 'live call')}`}
					rows={rows}
					rowHeight={narrow ? 54 : 34}
					keyOf={(call) => keyOf(call.pbx, call.id)}
					columns={narrow ? 4 : 7}
					head={<Head />}
					cells={cells}
					open={(call) => navigate(callHref(call.pbx, call.id))}
				/>
			)}
		</div>
	);
}

function readOrder(text: string | null): Order {
	return text !== null && text in COMPARE ? (text as Order) : 'started';
}

function select(query: URLSearchParams, order: Order): { rows: Call[]; counts: Map<CallState, number> } {
	const states = listOf(query.get('state'));
	const text = (query.get('q') ?? '').trim().toLowerCase();
	const counts = new Map<CallState, number>();
	const rows: Call[] = [];
	for (const call of store.calls.values()) {
		if (text && !matches(call, text)) continue;
		counts.set(call.state, (counts.get(call.state) ?? 0) + 1);
		if (states.length === 0 || states.includes(call.state)) rows.push(call);
	}
	return { rows: rows.sort(COMPARE[order]), counts };
}

function matches(call: Call, text: string): boolean {
	const names = [caller(call).name, called(call).name, groupName(call)].join(' ').toLowerCase();
	return searchText(call).includes(text) || names.includes(text);
}

function Nothing({ filtered }: { filtered: boolean }) {
	if (filtered)
		return (
			<Empty title="No call matches">
				<a href={href('live')}>Show all calls</a>
			</Empty>
		);
	return <Empty title="All quiet">Nobody is on the phone. The next call appears here by itself.</Empty>;
}

function Head() {
	return (
		<>
			<th scope="col" class="c-state">
				State
			</th>
			<th scope="col" class="c-time">
				for
			</th>
			<th scope="col" class="c-dir">
				<span class="unseen">Direction</span>
			</th>
			<th scope="col" class="c-who">
				From
			</th>
			<th scope="col" class="c-who wide">
				To
			</th>
			<th scope="col" class="c-group wide">
				Group
			</th>
			<th scope="col" class="c-time wide">
				in all
			</th>
		</>
	);
}

function Cells({ call }: { call: Call }) {
	const from = caller(call);
	const to = called(call);
	return (
		<>
			<td class="c-state">
				<StateMark state={call.state} />
			</td>
			<td class="c-time">
				<Running since={call.since} pbx={call.pbx} />
			</td>
			<td class="c-dir">
				<DirectionIcon direction={call.direction} />
			</td>
			<td class="c-who">
				<a href={callHref(call.pbx, call.id)} tabIndex={-1}>
					<Name who={from} />
				</a>
				<span class="narrow-only to">
					<Icon name="arrow" /> <Name who={to} none="–" />
					{call.group && <span class="dim"> · {groupName(call)}</span>}
				</span>
			</td>
			<td class="c-who wide">
				<Name who={to} none="–" />
			</td>
			<td class="c-group wide">{groupName(call)}</td>
			<td class="c-time wide">
				<Running since={call.started} pbx={call.pbx} />
			</td>
		</>
	);
}
