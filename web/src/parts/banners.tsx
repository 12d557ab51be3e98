/* What is not as it should be, said at the top until it is over. */
import { store } from '../app';
import { plural, timeOfDay, words } from '../model/format';
import { href } from '../model/route';
import { linkIsUp } from '../model/store';
import { useTopics } from './hooks';
import { Icon } from './icons';
import { Running } from './running';

export function Banners() {
	useTopics('status', 'links', 'notices');
	const down = [...store.links.values()].filter((link) => !linkIsUp(link));
	return (
		<div class="banners">
			<div aria-live="polite">
				{store.awaySince !== null && (
					<p class="banner alarm" data-banner="gateway">
						<Icon name="alarm" />
						<span>
							<strong>The gateway is away since {timeOfDay(store.awaySince)}.</strong>{' '}
							{store.filled ? 'What is shown is of then.' : ''} The page comes back by itself.
						</span>
					</p>
				)}
				{down.map((link) => (
					<p class="banner warn" key={link.pbx} data-banner="pbx">
						<Icon name="warn" />
						<span>
							<strong>
								No connection to {link.pbx} since {timeOfDay(link.since)}
								{link.reason ? `: ${words(link.reason)}` : ''}.
							</strong>{' '}
							Its calls are shown as they were then. <a href={href('links')}>What to try</a>
						</span>
					</p>
				))}
			</div>
			{store.updated && (
				<p class="banner note">
					<span>The gateway has been updated.</span>
					<button type="button" onClick={() => location.reload()}>
						Load the new page
					</button>
				</p>
			)}
			<GapNotice />
		</div>
	);
}

function GapNotice() {
	const { notices } = store;
	const last = notices.at(-1);
	if (!last) return null;
	const counted = notices.reduce((sum, n) => sum + (n.missed ?? 0), 0);
	const open = notices.some((n) => n.missed === null);
	const times = notices.length > 1 ? `${notices.length} gaps` : 'A gap';
	const missed =
		counted > 0 ? `${plural(counted, 'message')}${open ? ' or more' : ''} missed` : 'messages missed';
	const where = last.scope === 'pbx' ? `, last from ${last.pbx}${last.node ? ` (${last.node})` : ''}` : '';
	return (
		<p class="banner quiet" data-banner="gap">
			<span>
				{times} in the stream: {missed}
				{where}, at {timeOfDay(last.at)}.{' '}
				{last.scope === 'pbx'
					? 'Calls of that time may be incomplete.'
					: 'The page has loaded everything anew.'}
			</span>
			<button
				type="button"
				class="plain"
				aria-label="Dismiss this notice"
				onClick={() => store.dismissNotices()}
			>
				<Icon name="close" />
			</button>
		</p>
	);
}

export function LinkPill() {
	useTopics('status', 'links');
	const { connection } = store;
	const down = [...store.links.values()].filter((link) => !linkIsUp(link)).length;
	if (connection === 'connecting') return <span class="pill">Connecting</span>;
	if (connection === 'away')
		return (
			<span class="pill alarm">
				<Icon name="alarm" /> Away <Running since={store.awaySince ?? 0} />
			</span>
		);
	if (down > 0)
		return (
			<a class="pill warn" href={href('links')}>
				<Icon name="warn" /> {down === 1 ? 'A PBX is away' : `${down} PBXs away`}
			</a>
		);
	return (
		<a class="pill calm" href={href('links')}>
			<span class="dot" aria-hidden /> Live
		</a>
	);
}
