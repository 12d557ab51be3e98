/* Who is free, and who is not. */
import { Component } from 'preact';
import { store } from '../app';
import { somebody } from '../model/call';
import { count } from '../model/format';
import { callHref, href, withQuery } from '../model/route';
import { keyOf } from '../model/store';
import type { Call, User, UserState } from '../model/types';
import { SearchField, Toggles, listOf } from '../parts/filters';
import { navigate, useTopics, useTopicsSlowly } from '../parts/hooks';
import { called, caller } from '../parts/names';
import { Running } from '../parts/running';
import { StateMark, userStateName } from '../parts/state';
import { Empty, Loading } from '../parts/words';

const DRAWN_EVERY_MS = 250;

const STATES: UserState[] = ['ringing', 'dialling', 'talking', 'held', 'idle'];

export function People({ query }: { query: URLSearchParams }) {
	useTopics('status');
	useTopicsSlowly(DRAWN_EVERY_MS, 'users', 'calls');
	const text = (query.get('q') ?? '').trim().toLowerCase();
	const chosen = listOf(query.get('state'));
	const found = [...store.users.values()].filter((u) =>
		`${u.name} ${u.extension}`.toLowerCase().includes(text),
	);
	const by = (state: UserState) => found.filter((u) => u.state === state).sort(byExtension);
	const shown = STATES.filter((s) => chosen.length === 0 || chosen.includes(s));
	const set = (change: Record<string, string | null>) =>
		navigate(href('people', [], withQuery(query, change)), true);
	return (
		<div class="people">
			<div class="filters">
				<h1>
					People <span class="dim num">{count(store.users.size)}</span>
				</h1>
				<SearchField
					value={query.get('q') ?? ''}
					label="Filter by name or extension"
					onInput={(q) => set({ q })}
				/>
				<Toggles
					label="States"
					options={STATES.map((s) => ({
						value: s,
						name: <StateMark state={s} />,
						count: by(s).length,
					}))}
					chosen={chosen}
					onChange={(state) => set({ state: state.join(',') })}
				/>
			</div>
			{!store.filled ? (
				<Loading what="the people" />
			) : found.length === 0 ? (
				<Nobody filtered={store.users.size > 0} />
			) : (
				shown.map((state) => <Section key={state} state={state} users={by(state)} />)
			)}
		</div>
	);
}

function byExtension(x: User, y: User): number {
	return x.extension.localeCompare(y.extension, undefined, { numeric: true }) || x.pbx.localeCompare(y.pbx);
}

function Nobody({ filtered }: { filtered: boolean }) {
	if (filtered)
		return (
			<Empty title="Nobody matches">
				<a href={href('people')}>Show everybody</a>
			</Empty>
		);
	return <Empty title="Nobody yet">People appear here when the PBX has told of them.</Empty>;
}

function Section({ state, users }: { state: UserState; users: User[] }) {
	if (users.length === 0) return null;
	return (
		<section class={`people-group s-${state}`} aria-label={userStateName(state)}>
			<h2>
				<StateMark state={state} /> <span class="dim num">{count(users.length)}</span>
			</h2>
			<ul>
				{users.map((u) => (
					<Person
						key={keyOf(u.pbx, u.extension)}
						user={u}
						call={u.call ? store.calls.get(keyOf(u.pbx, u.call)) : undefined}
					/>
				))}
			</ul>
		</section>
	);
}

interface PersonProps {
	user: User;
	call: Call | undefined;
}

/** Of a thousand people a few change at a time; the others are not drawn again. */
class Person extends Component<PersonProps> {
	override shouldComponentUpdate(next: PersonProps): boolean {
		return next.user !== this.props.user || next.call !== this.props.call;
	}

	override render() {
		const { user, call } = this.props;
		return (
			<li class={`person s-${user.state}`}>
				<span class="person-name">{user.name || user.extension}</span>
				<span class="person-time">
					{user.since !== null && <Running since={user.since} pbx={user.pbx} />}
				</span>
				<span class="person-more dim">
					<span class="num">{user.extension}</span>
					{call ? <With user={user} call={call} /> : <span class="num">{user.with}</span>}
				</span>
			</li>
		);
	}
}

function With({ user, call }: { user: User; call: Call }) {
	const mine = call.direction !== 'incoming' && caller(call).number === user.extension;
	const other = mine ? called(call) : caller(call);
	return (
		<a href={callHref(call.pbx, call.id)}>
			{other.name || other.number ? somebody(other) : 'number withheld'}
		</a>
	);
}
