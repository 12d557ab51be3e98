/* What is typed and ticked above a list. */
import type { ComponentChildren } from 'preact';
import { count } from '../model/format';

interface SearchProps {
	value: string;
	label: string;
	onInput: (text: string) => void;
}

export function SearchField({ value, label, onInput }: SearchProps) {
	return (
		<input
			type="search"
			value={value}
			placeholder={label}
			aria-label={label}
			onInput={(e) => onInput(e.currentTarget.value)}
		/>
	);
}

interface Option {
	value: string;
	name: ComponentChildren;
	count: number;
}

interface TogglesProps {
	label: string;
	options: Option[];
	chosen: string[];
	onChange: (chosen: string[]) => void;
}

/** None pressed is all shown. */
export function Toggles({ label, options, chosen, onChange }: TogglesProps) {
	const turn = (value: string) =>
		onChange(chosen.includes(value) ? chosen.filter((c) => c !== value) : [...chosen, value]);
	return (
		<div class="toggles" role="group" aria-label={label}>
			{options.map((o) => (
				<button
					type="button"
					key={o.value}
					aria-pressed={chosen.includes(o.value)}
					onClick={() => turn(o.value)}
				>
					{o.name} <span class="num">{count(o.count)}</span>
				</button>
			))}
		</div>
	);
}

/** Choices in an address: "ringing,held". */
export function listOf(text: string | null): string[] {
	return text ? text.split(',') : [];
}
