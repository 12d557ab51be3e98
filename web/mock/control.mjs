/* What brings the mock into a state: `POST /mock/link?pbx=main&state=waiting` and so on. */

const orders = {
	live: ({ house }, q) => house.setBusy(Number(q.get('n') ?? 1000)),
	link: ({ house }, q) => house.setLink(q.get('pbx') ?? 'main', q.get('state') ?? 'waiting'),
	gap: ({ house }, q) => house.gap(q.get('pbx') ?? 'main', Number(q.get('missed') ?? 7)),
	forget: ({ hub }) => hub.forget(),
	empty: ({ house }) => house.empty(),
	pause: ({ house }) => clearTimeout(house.timer),
	token: (mock, q) => {
		mock.token = q.get('set') || null;
		mock.hub.drop();
	},
	drop: (mock, q) => {
		mock.away = Date.now() + Number(q.get('seconds') ?? 5) * 1000;
		mock.hub.drop();
	},
	restart: (mock, q) => {
		mock.started = Date.now() / 1000;
		mock.version = q.get('version') ?? mock.version;
		mock.hub.ring = [];
		mock.hub.seq = 0;
		mock.hub.drop();
	},
};

export function control(mock, url, response) {
	const order = orders[url.pathname.slice('/mock/'.length)];
	order?.(mock, url.searchParams);
	response.writeHead(order ? 204 : 404).end();
}
