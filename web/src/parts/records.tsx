/* Down to what the PBX sent: each record with its fields, and as it came. */
import { useState } from 'preact/hooks';
import { plural, preciseTime, words } from '../model/format';
import type { CallRecord } from '../model/types';

export function Records({ records }: { records: CallRecord[] }) {
	const [all, setAll] = useState(false);
	return (
		<section class="card records" aria-label="Records">
			<header>
				<h2>{plural(records.length, 'record')} of the PBX</h2>
				{records.length > 0 && (
					<label>
						<input
							type="checkbox"
							checked={all}
							onChange={(e) => setAll(e.currentTarget.checked)}
						/>{' '}
						with empty fields
					</label>
				)}
			</header>
			{records.length === 0 && <p class="dim">The records of this call are not kept any more.</p>}
			{records.map((r, i) => (
				<details key={i}>
					<summary>
						<span class="time">{preciseTime(r.time)}</span>
						<span class="num dim record-from">
							{r.node} #{r.counter}
						</span>
						<b>{words(String(r.record.kind ?? 'record'))}</b>
						<span class="dim cut">{gist(r.record)}</span>
					</summary>
					<Fields value={r.record} all={all} />
					<h3>As it came</h3>
					<pre class="raw">{r.raw}</pre>
				</details>
			))}
		</section>
	);
}

type Fieldset = Record<string, unknown>;

function isFieldset(value: unknown): value is Fieldset {
	return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function gist(record: Fieldset): string {
	const part = (name: string, label: string) => {
		const p = record[name];
		return isFieldset(p) ? `${label} ${p.name || p.identity || p.cli || p.end} ${p.state}` : '';
	};
	const rest = [record.cause, record.end, record.event].filter((v) => typeof v === 'string');
	return [part('party_a', 'A'), part('party_b', 'B'), ...rest].filter(Boolean).join(', ');
}

function isEmpty(value: unknown): boolean {
	return value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

function Fields({ value, all }: { value: Fieldset; all: boolean }) {
	const flat = Object.entries(value).filter(
		([key, v]) => key !== 'kind' && !isFieldset(v) && !isListOfFieldsets(v),
	);
	const groups = Object.entries(value).flatMap(([name, v]): [string, Fieldset][] => {
		if (isFieldset(v)) return [[name, v]];
		if (isListOfFieldsets(v)) return v.map((each, i) => [`${name} ${i + 1}`, each]);
		return [];
	});
	return (
		<div class="fields">
			<FieldList name="record" fields={flat} all={all} />
			{groups.map(([name, fields]) => (
				<FieldList key={name} name={words(name)} fields={Object.entries(fields)} all={all} />
			))}
		</div>
	);
}

function isListOfFieldsets(value: unknown): value is Fieldset[] {
	return Array.isArray(value) && value.length > 0 && value.every(isFieldset);
}

function FieldList({ name, fields, all }: { name: string; fields: [string, unknown][]; all: boolean }) {
	const shown = all ? fields : fields.filter(([, v]) => !isEmpty(v));
	if (shown.length === 0) return null;
	return (
		<div>
			<h3>{name}</h3>
			<dl>
				{shown.map(([key, v]) => (
					<div key={key}>
						<dt>{words(key)}</dt>
						<dd>{text(v)}</dd>
					</div>
				))}
			</dl>
		</div>
	);
}

function text(value: unknown): string {
	if (isEmpty(value)) return '–';
	if (Array.isArray(value)) return value.map(String).join(', ');
	return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
