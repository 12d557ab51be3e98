/* One timer for all that runs on the page. Twice a second, so that no second is skipped when a tick comes late. */
const listeners = new Set<() => void>();
let timer: number | undefined;

export function onTick(listener: () => void): () => void {
	listeners.add(listener);
	timer ??= window.setInterval(() => {
		for (const each of listeners) each();
	}, 500);
	return () => {
		listeners.delete(listener);
		if (listeners.size > 0) return;
		window.clearInterval(timer);
		timer = undefined;
	};
}
