/* One call, from its first ring to its last party. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { store } from '../app';
import { DIRECTION_NAMES, OUTCOME_NAMES } from '../model/call';
import { getCall } from '../model/api';
import { dayAndTime, duration, fullDay, plural, timeOfDay } from '../model/format';
import { parkSlots } from '../model/park';
import { href } from '../model/route';
import { keyOf } from '../model/store';
import type { Call } from '../model/types';
import { CallBar } from '../parts/call-bar';
import { navigate, useLoad, useTopics } from '../parts/hooks';
import { Icon } from '../parts/icons';
import { Records } from '../parts/records';
import { Span } from '../parts/running';
import { StateMark } from '../parts/state';
import { Timeline } from '../parts/timeline';
import { Empty, Failed, Loading } from '../parts/words';
import { DirectionIcon, Name, called, caller, endedBy, groupName, personName } from '../parts/names';

export function CallView({ pbx, id }: { pbx: string; id: string }) {
	useTopics('users', 'groups');
	const live = useLiveCall(pbx, id);
	const { data, error, again } = useLoad(keyOf(pbx, id), (signal) => getCall(pbx, id, signal));
	useFresh(live, again);
	const call = newer(live, data?.call ?? null);
	const slots = parkSlots(data?.records ?? []);
	return (
		<div class="call">
			<p class="back">
				<button type="button" class="plain" onClick={back}>
					<Icon name="back" /> Back
				</button>
			</p>
			{!call && error?.status === 404 && <NotKept />}
			{!call && error && error.status !== 404 && <Failed error={error} again={again} />}
			{!call && !error && <Loading what="the call" />}
			{call && <CallHead call={{ ...call, pbx: call.pbx ?? pbx }} />}
			{call && <CallBar call={call} slots={slots} />}
			{call && (
				<div class="call-columns">
					<Timeline call={call} slots={slots} />
					<Facts call={call} />
				</div>
			)}
			{call && data && <Records records={data.records ?? []} />}
		</div>
	);
}

/* Opened by a link, there is nothing of this page to go back to. */
function back(): void {
	if (history.length > 1) history.back();
	else navigate(href('live'));
}

function NotKept() {
	return (
		<Empty title="This call is not known">
			It may be older than the gateway keeps calls. <a href={href('history')}>Look in the history</a>
		</Empty>
	);
}

function useLiveCall(pbx: string, id: string): Call | null {
	const key = keyOf(pbx, id);
	const [call, set] = useState(store.calls.get(key) ?? null);
	useEffect(() => {
		const look = () => set(store.calls.get(key) ?? null);
		look();
		return store.subscribe('calls', look);
	}, [key]);
	return call;
}

/** Once the live call changes or ends, its records have become more. */
function useFresh(live: Call | null, again: () => void): void {
	const before = useRef(live);
	useEffect(() => {
		if (before.current === live) return;
		before.current = live;
		const timer = setTimeout(again, 400);
		return () => clearTimeout(timer);
	}, [live]);
}

/** The stream and the answer overtake each other; what is over stays over. */
function newer(live: Call | null, asked: Call | null): Call | null {
	if (!live || !asked) return live ?? asked;
	return asked.ended !== null || (asked.timeline?.length ?? 0) > (live.timeline?.length ?? 0)
		? asked
		: live;
}

function CallHead({ call }: { call: Call }) {
	const up = call.ended === null;
	return (
		<header class="call-head">
			<p class="call-kind">
				<DirectionIcon direction={call.direction} /> {DIRECTION_NAMES[call.direction]}
				{call.group && <> for {groupName(call)}</>}, {fullDay(call.started)},{' '}
				{timeOfDay(call.started)}
			</p>
			<h1>
				<Name who={caller(call)} /> <Icon name="arrow" label="to" />{' '}
				<Name who={called(call)} none="nobody yet" />
			</h1>
			<p class="call-end">
				{up ? (
					<StateMark state={call.state} />
				) : (
					<span class={`outcome o-${call.outcome}`}>
						{call.outcome ? OUTCOME_NAMES[call.outcome] : 'Over'}
					</span>
				)}
				<span class="call-length">
					<Span from={call.started} until={call.ended} pbx={call.pbx} />
				</span>
				{!up && (
					<span>
						ended by <b>{endedBy(call) || 'nobody knows whom'}</b>
						{call.cause && <span class="dim"> ({call.cause.replace(/_/g, ' ')})</span>}
					</span>
				)}
				{call.incomplete && (
					<span
						class="tag"
						title="Part of it was hidden by a gap or a lost link, or it was up before the gateway"
					>
						incomplete
					</span>
				)}
			</p>
		</header>
	);
}

function Facts({ call }: { call: Call }) {
	const talked = (call.segments ?? []).map((s) => (
		<li key={`${s.who} ${s.from}`}>
			{personName(call, s.who)}{' '}
			<span class="dim">
				<span class="time">{timeOfDay(s.from)}</span>, talked{' '}
				<span class="time">{duration(s.talk_s)}</span>
				{s.hold_s > 0 && (
					<>
						, held <span class="time">{duration(s.hold_s)}</span>
					</>
				)}
			</span>
		</li>
	));
	const rejected = (call.rejected_by ?? []).map((ext) => personName(call, ext)).join(', ');
	const facts: [string, preact.ComponentChildren][] = [
		['Who talked', talked.length > 0 ? <ol class="plain-list">{talked}</ol> : 'nobody'],
		['Rejected by', rejected],
		['Answered', call.answered === null ? 'not answered' : dayAndTime(call.answered, call.started)],
		['Rang', duration(call.ring_s)],
		['Waited in the queue', call.queue_s > 0 ? duration(call.queue_s) : ''],
		[
			'Talked',
			call.talk_s > 0
				? duration(call.talk_s) + (call.hold_s > 0 ? `, of it on hold ${duration(call.hold_s)}` : '')
				: '',
		],
		['Voicemail', call.voicemail_s > 0 ? duration(call.voicemail_s) : ''],
		['Transfers', call.transfers > 0 ? plural(call.transfers, 'transfer') : ''],
		['Called number', call.did],
		['Dialled', call.dialled],
		['Account code', call.account_code],
		['Tag', call.tag],
		['PBX', `${call.pbx}, node ${(call.nodes ?? []).join(', ')}`],
		['Call', call.id],
		['CallIDs', (call.call_ids ?? []).join(', ')],
		['SIP', (call.sip_call_ids ?? []).join(', ')],
		['Ends', (call.ends ?? []).join(', ')],
	];
	return (
		<section class="card facts" aria-label="Facts">
			<h2>Facts</h2>
			<dl>
				{facts
					.filter(([, value]) => value !== '')
					.map(([name, value]) => (
						<div key={name}>
							<dt>{name}</dt>
							<dd>{value}</dd>
						</div>
					))}
			</dl>
		</section>
	);
}
