/* What is said when there is nothing to see, or when something went wrong. */
import type { ComponentChildren } from 'preact';
import type { ApiError } from '../model/api';

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
	return (
		<div class="empty">
			<p class="empty-title">{title}</p>
			{children && <p>{children}</p>}
		</div>
	);
}

export function Failed({ error, again }: { error: ApiError; again: () => void }) {
	return (
		<div class="empty failed" role="alert">
			<p class="empty-title">{error.message}</p>
			{error.detail && <p>{error.detail}</p>}
			<button type="button" onClick={again}>
				Try again
			</button>
		</div>
	);
}

export function Loading({ what }: { what: string }) {
	return (
		<div class="empty" aria-busy="true">
			<p class="waiting-dots">Loading {what}</p>
		</div>
	);
}
