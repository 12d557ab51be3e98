/* A state as shape, colour and word: the shape is for those to whom the colours are one. */
import { STATE_NAMES } from '../model/call';
import type { CallState, UserState } from '../model/types';

const SHAPES: Record<string, preact.JSX.Element> = {
	idle: <circle cx="6" cy="6" r="3.6" class="hollow" />,
	dialling: <path d="M2 6h7M6 3l3 3-3 3" class="line" />,
	ringing: <path d="M3.5 8.5V6a2.5 2.5 0 0 1 5 0v2.5zM2 8.5h8M6 10.7v.1" class="line" />,
	queued: <path d="M2 3h8M2 6h8M2 9h4.5" class="line" />,
	talking: <circle cx="6" cy="6" r="4.2" />,
	connected: <circle cx="6" cy="6" r="4.2" />,
	held: <path d="M2.8 2h2.2v8H2.8zM7 2h2.2v8H7z" />,
	parked: <path d="M3.5 10.5v-9h3a2.5 2.5 0 0 1 0 5h-3" class="line" />,
	conference: <path d="M6 1l5 9H1z" />,
	voicemail: (
		<path
			d="M3.2 8a1.9 1.9 0 1 1 0-3.8 1.9 1.9 0 0 1 0 3.8h5.6a1.9 1.9 0 1 1 0-3.8 1.9 1.9 0 0 1 0 3.8"
			class="line"
		/>
	),
	over: <path d="M3 6h6" class="line" />,
};

const USER_STATE_NAMES: Record<UserState, string> = {
	idle: 'Idle',
	ringing: 'Ringing',
	talking: 'Talking',
	held: 'On hold',
	dialling: 'Dialling',
};

export function Glyph({ state }: { state: string }) {
	return (
		<svg class={`glyph s-${state}`} viewBox="0 0 12 12" aria-hidden>
			{SHAPES[state] ?? SHAPES.over}
		</svg>
	);
}

export function userStateName(state: UserState): string {
	return USER_STATE_NAMES[state] ?? state;
}

export function StateMark({ state }: { state: CallState | UserState }) {
	const name =
		(STATE_NAMES as Record<string, string>)[state] ?? (USER_STATE_NAMES as Record<string, string>)[state];
	return (
		<span class={`state s-${state}`}>
			<Glyph state={state} />
			{name ?? state}
		</span>
	);
}
