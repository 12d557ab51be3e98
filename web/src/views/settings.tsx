/* What a tile is coloured by, and how the page looks. */
import { useRef, useState } from 'preact/hooks';
import { settings, store, stream } from '../app';
import { logout } from '../model/api';
import type { Limit, Limits, Theme } from '../model/settings';
import { DEFAULTS, LIMIT_NAMES, SettingsError, parseSettings } from '../model/settings';
import { keyOf } from '../model/store';
import { useSettings, useTopics } from '../parts/hooks';
import { PeriodChoice } from './board';

export function SettingsView() {
	const current = useSettings();
	return (
		<div class="settings">
			<h1>Settings</h1>
			<p class="dim">They are kept in this browser. A file takes them to the next screen.</p>
			<section class="card" aria-label="When a tile is coloured">
				<h2>When a tile is coloured</h2>
				<LimitTable limits={current.limits} />
			</section>
			<section class="card" aria-label="Groups">
				<h2>Groups with a tile</h2>
				<GroupChoice hidden={current.hidden_groups} />
			</section>
			<section class="card fields-in-line" aria-label="Board">
				<h2>Board</h2>
				<div class="row">
					Figures are of <PeriodChoice period={current.period} />
				</div>
				<label>
					Colours{' '}
					<select
						value={current.theme}
						onChange={(e) => settings.set({ theme: e.currentTarget.value as Theme })}
					>
						<option value="auto">as the system</option>
						<option value="dark">dark</option>
						<option value="light">light</option>
					</select>
				</label>
				<label>
					Callers who gave up sooner than{' '}
					<input
						type="number"
						class="narrow"
						min={0}
						max={600}
						placeholder={String(store.info?.short_s ?? 5)}
						value={current.short_s ?? ''}
						onChange={(e) => settings.set({ short_s: readNumber(e.currentTarget.value) })}
					/>{' '}
					s are not listed
				</label>
			</section>
			<Files />
			{store.info?.auth && (
				<button type="button" onClick={signOut}>
					Sign out
				</button>
			)}
		</div>
	);
}

async function signOut(): Promise<void> {
	stream.stop();
	try {
		await logout();
	} finally {
		store.setConnection('login');
	}
}

function readNumber(text: string): number | null {
	const n = Number(text);
	return text.trim() === '' || !Number.isFinite(n) || n < 0 ? null : n;
}

function LimitTable({ limits }: { limits: Limits }) {
	const set = (name: keyof Limits, part: keyof Limit, text: string) =>
		settings.set({ limits: { ...limits, [name]: { ...limits[name], [part]: readNumber(text) } } });
	const field = (name: keyof Limits, part: keyof Limit) => (
		<input
			type="number"
			class="narrow"
			min={0}
			placeholder="never"
			aria-label={`${LIMIT_NAMES[name]}: ${part === 'warn' ? 'warning' : 'alarm'}`}
			value={limits[name][part] ?? ''}
			onChange={(e) => set(name, part, e.currentTarget.value)}
		/>
	);
	return (
		<table class="limit-table">
			<thead>
				<tr>
					<th scope="col">
						<span class="unseen">Figure</span>
					</th>
					<th scope="col">warning</th>
					<th scope="col">alarm</th>
				</tr>
			</thead>
			<tbody>
				{(Object.keys(LIMIT_NAMES) as (keyof Limits)[]).map((name) => (
					<tr key={name}>
						<th scope="row">
							{LIMIT_NAMES[name]}{' '}
							<span class="dim">{name === 'service_level_percent' ? 'under' : 'from'}</span>
						</th>
						<td>{field(name, 'warn')}</td>
						<td>{field(name, 'alarm')}</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}

function GroupChoice({ hidden }: { hidden: string[] }) {
	useTopics('groups');
	const groups = [...store.groups.values()];
	const turn = (key: string, show: boolean) =>
		settings.set({ hidden_groups: show ? hidden.filter((k) => k !== key) : [...hidden, key] });
	if (groups.length === 0) return <p class="dim">No group is known yet.</p>;
	return (
		<ul class="choices">
			{groups.map((g) => {
				const key = keyOf(g.pbx, g.group);
				return (
					<li key={key}>
						<label>
							<input
								type="checkbox"
								checked={!hidden.includes(key)}
								onChange={(e) => turn(key, e.currentTarget.checked)}
							/>{' '}
							{g.name || g.group} <span class="dim num">{g.group}</span>
						</label>
					</li>
				);
			})}
		</ul>
	);
}

function Files() {
	const file = useRef<HTMLInputElement>(null);
	const [said, say] = useState<{ text: string; bad: boolean } | null>(null);
	const read = async () => {
		const chosen = file.current?.files?.[0];
		if (!chosen) return;
		try {
			settings.set(parseSettings(await chosen.text()));
			say({ text: `Taken over from ${chosen.name}.`, bad: false });
		} catch (error) {
			if (!(error instanceof SettingsError)) throw error;
			say({ text: `${chosen.name} cannot be used. ${error.message}.`, bad: true });
		}
		file.current!.value = '';
	};
	return (
		<section class="card" aria-label="As a file">
			<h2>As a file</h2>
			<div class="row">
				<button type="button" onClick={save}>
					Save to a file
				</button>
				<button type="button" onClick={() => file.current?.click()}>
					Load from a file
				</button>
				<button
					type="button"
					onClick={() => {
						settings.set(structuredClone(DEFAULTS));
						say({ text: 'All is as it was at first.', bad: false });
					}}
				>
					Reset all
				</button>
				<input
					ref={file}
					type="file"
					accept="application/json,.json"
					hidden
					aria-label="Settings file"
					onChange={read}
				/>
			</div>
			<p role="status" class={said?.bad ? 'form-error' : ''}>
				{said?.text}
			</p>
		</section>
	);
}

function save(): void {
	const text = JSON.stringify(settings.current, null, '\t');
	const link = document.createElement('a');
	link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
	link.download = 'devlink3-settings.json';
	link.click();
	URL.revokeObjectURL(link.href);
}
