/* How the gateway stands with each PBX. */
import { store } from '../app';
import { getPbxs } from '../model/api';
import { count, dayAndTime, duration, plural, timeOfDay, words } from '../model/format';
import { linkIsUp } from '../model/store';
import type { Connections, Link, LinkState, OtherHolder } from '../model/types';
import { useLoad, useTicking, useTopics } from '../parts/hooks';
import { Icon } from '../parts/icons';
import { Running } from '../parts/running';
import { Empty, Failed, Loading } from '../parts/words';

const POLL_S = 15;

const STATE_WORDS: Record<LinkState, string> = {
	resolving: 'Looking up its address',
	connecting: 'Connecting',
	login: 'Logging in',
	asking: 'Asking for events',
	snapshot: 'Learning which calls are up',
	up: 'Up',
	waiting: 'Down, waiting to try again',
	stopped: 'Stopped',
};

export function Links() {
	useTopics('links', 'status', 'notices');
	const { data, error, again } = useLoad('pbx', getPbxs, POLL_S);
	const asked = new Map((data?.pbxs ?? []).map((p) => [p.pbx, p]));
	const links = store.links.size > 0 ? [...store.links.values()] : (data?.pbxs ?? []);
	return (
		<div class="links">
			<h1>Links</h1>
			{!store.filled && !data && !error && <Loading what="the links" />}
			{error && !data && <Failed error={error} again={again} />}
			{store.filled && links.length === 0 && (
				<Empty title="No PBX is configured">The gateway needs the address of at least one.</Empty>
			)}
			<div class="link-list">
				{links.map((link) => (
					<LinkCard key={link.pbx} link={withNumbers(link, asked.get(link.pbx))} />
				))}
			</div>
			<Notices />
			<About />
		</div>
	);
}

/** The stream tells of a link when its state changes; what it counts in between has to be asked for. */
function withNumbers(link: Link, asked: Link | undefined): Link {
	if (!asked) return link;
	const { events, gaps, missed, nodes, connections } = asked;
	return { ...link, events, gaps, missed, nodes, ...(connections && { connections }) };
}

function levelOf(link: Link): 'calm' | 'warn' | 'alarm' {
	if (linkIsUp(link)) return 'calm';
	return link.state === 'waiting' || link.state === 'stopped' ? 'alarm' : 'warn';
}

function LinkCard({ link }: { link: Link }) {
	const { connections } = link;
	const level = levelOf(link);
	return (
		<article class={`card link ${level}`} aria-label={`PBX ${link.pbx}`}>
			<header>
				<h2>{link.pbx}</h2>
				<span class={`pill ${level}`}>
					{level === 'calm' ? <span class="dot" aria-hidden /> : <Icon name={level} />}{' '}
					{STATE_WORDS[link.state] ?? link.state}
				</span>
				<span class="dim">
					since {dayAndTime(link.since, store.clock.running())} (<Running since={link.since} />)
				</span>
			</header>
			{(link.reason || link.detail) && (
				<p class="link-reason">
					<b>{words(link.reason ?? '')}</b>
					{link.detail && (
						<>
							{link.reason ? ': ' : ''}
							{link.detail}
						</>
					)}
				</p>
			)}
			{link.advice && (
				<p class="link-advice">
					<b>What to try</b> {link.advice}
				</p>
			)}
			<Retry link={link} />
			{connections && <Slots connections={connections} />}
			<dl class="link-facts">
				<Fact name="Address" value={link.address ?? ''} />
				<Fact name="URL" value={link.url} />
				<Fact name="PBX" value={link.variant ?? ''} />
				<Fact
					name="Events asked for"
					value={Array.isArray(link.flags) ? link.flags.join(' ') : (link.flags ?? '')}
				/>
				<Fact name="Nodes" value={(link.nodes ?? []).join(', ')} />
				<Fact name="Events" value={count(link.events ?? 0)} />
				<Fact
					name="Gaps"
					value={
						link.gaps > 0
							? `${plural(link.gaps, 'gap')}, ${plural(link.missed, 'event')} missed`
							: 'none'
					}
				/>
			</dl>
		</article>
	);
}

function Fact({ name, value }: { name: string; value: string }) {
	if (value === '') return null;
	return (
		<div>
			<dt>{name}</dt>
			<dd>{value}</dd>
		</div>
	);
}

function Retry({ link }: { link: Link }) {
	const left = useTicking(() => Math.ceil(link.since + (link.retry_s ?? 0) - store.clock.running()));
	if (link.state === 'stopped')
		return <p class="link-retry">It is not tried again by itself; somebody has to start it.</p>;
	if (link.state !== 'waiting' || link.retry_s === null) return null;
	return (
		<p class="link-retry">
			{left > 0 ? (
				<>
					Tried again in <b class="time">{duration(left)}</b>
				</>
			) : (
				'Tried again now'
			)}
		</p>
	);
}

function holder(other: OtherHolder): string {
	if (typeof other === 'string') return other;
	return (
		[other.name ?? other.application, other.address].filter(Boolean).join(', ') || 'another application'
	);
}

/** The PBX serves three applications, no more, so who holds the places is what one wants to know when it refuses. */
function Slots({ connections }: { connections: Connections }) {
	const { limit, ours, others } = connections;
	const known = Array.isArray(others) ? others : [];
	const slots = [
		...Array.from({ length: ours }, () => ({ kind: 'ours', text: 'this gateway' })),
		...known.map((o) => ({ kind: 'other', text: holder(o) })),
	];
	const rest =
		others === 'unknown'
			? { kind: 'unknown', text: 'free, or another’s' }
			: { kind: 'free', text: 'not seen in use' };
	while (slots.length < limit) slots.push(rest);
	return (
		<div class="slots">
			<h3>Its {limit} connections</h3>
			<ol>
				{slots.map((slot, i) => (
					<li key={i} class={`slot ${slot.kind}`}>
						{slot.text}
					</li>
				))}
			</ol>
			{others === 'unknown' && <p class="dim">The PBX does not tell who else is connected.</p>}
		</div>
	);
}

function Notices() {
	const { notices } = store;
	if (notices.length === 0) return null;
	return (
		<section class="card" aria-label="Gaps">
			<h2>Gaps since this page was opened</h2>
			<ul class="plain-list notices">
				{[...notices].reverse().map((n) => (
					<li key={n.id}>
						<span class="time">{timeOfDay(n.at)}</span>{' '}
						{n.scope === 'pbx'
							? `${n.pbx}${n.node ? `, node ${n.node}` : ''}`
							: n.scope === 'slow'
								? 'this page was too slow'
								: 'away for too long'}
						: {n.missed === null ? 'an unknown number of messages' : plural(n.missed, 'message')}{' '}
						missed
					</li>
				))}
			</ul>
		</section>
	);
}

function About() {
	const { info } = store;
	if (!info) return null;
	return (
		<p class="dim about">
			Gateway {info.version}, running since {dayAndTime(info.started, store.clock.running())}
			{info.demo ? ', with a simulated PBX' : ''}. Answered within {info.threshold_s} s counts for the
			service level; under {info.short_s} s is a short call.
		</p>
	);
}
