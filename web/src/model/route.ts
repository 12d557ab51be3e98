/* The address says what is looked at, filters included, so that Back works and a link can be passed on. */

export interface Route {
	view: string;
	params: string[];
	query: URLSearchParams;
}

export function parseRoute(hash: string): Route {
	const [path = '', query = ''] = hash.replace(/^#\/?/, '').split(/\?(.*)/s);
	const parts = path.split('/').filter((part) => part !== '');
	const [view = 'board', ...params] = parts.map(decode);
	return { view, params, query: new URLSearchParams(query) };
}

/** A hand-made address may be no valid escape; it then stands for itself. */
function decode(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

export function href(view: string, params: string[] = [], query?: URLSearchParams): string {
	const path = [view, ...params.map(encodeURIComponent)].join('/');
	const text = query?.toString() ?? '';
	return text ? `#/${path}?${text}` : `#/${path}`;
}

export function callHref(pbx: string, id: string): string {
	return href('call', [pbx, id]);
}

/** The query with some of its keys changed; what is empty is left out. */
export function withQuery(query: URLSearchParams, change: Record<string, string | null>): URLSearchParams {
	const next = new URLSearchParams(query);
	for (const [key, value] of Object.entries(change)) {
		if (value === null || value === '') next.delete(key);
		else next.set(key, value);
	}
	return next;
}
