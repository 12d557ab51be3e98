/* The one store of the page and what feeds it. */
import { onUnauthorised } from './model/api';
import { SettingsKeeper } from './model/settings';
import { Store } from './model/store';
import { Stream } from './model/stream';

/** Where cookies are forbidden, even asking for the storage throws. */
function storage(): Storage | null {
	try {
		return window.localStorage;
	} catch {
		return null;
	}
}

export const store = new Store();
export const settings = new SettingsKeeper(storage());
export const stream = new Stream(store);

export function begin(): void {
	onUnauthorised(() => {
		stream.stop();
		store.setConnection('login');
	});
	window.addEventListener('online', () => stream.hurry());
	document.addEventListener('visibilitychange', () => {
		if (!document.hidden) stream.hurry();
	});
	stream.start();
}
