#!/usr/bin/env node
/* A gateway that is none: the same interface over an invented company, for working on the page and for bringing it
 * into states that a real gateway gets into seldom. `POST /mock/...` does that; see README.md.
 *
 *     node mock/server.mjs [--port 8088] [--busy 44] [--seed 7] [--token T] [--empty] [--dist DIR] */
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { control } from './control.mjs';
import { House } from './house.mjs';
import { Hub } from './hub.mjs';
import { servePage } from './page.mjs';
import { Problem, answer } from './rest.mjs';

const { values } = parseArgs({
	options: {
		port: { type: 'string', default: '8088' },
		busy: { type: 'string', default: '44' },
		seed: { type: 'string', default: '7' },
		token: { type: 'string' },
		empty: { type: 'boolean', default: false },
		dist: { type: 'string', default: fileURLToPath(new URL('../dist', import.meta.url)) },
	},
});

const hub = new Hub();
const house = new House(hub, { seed: Number(values.seed), busy: Number(values.busy) });
const mock = {
	hub,
	house,
	token: values.token ?? null,
	away: 0,
	started: Date.now() / 1000,
	version: '0.9.0',
	dist: values.dist,
};

hub.present = function* present() {
	for (const link of house.links.values()) yield ['link', link.pbx, { link }];
	for (const user of house.users.values()) yield ['user', user.pbx, { user }];
	for (const group of house.groups(house.dayStart())) yield ['group', group.pbx, { group }];
	for (const { call } of house.live.values()) yield ['call', call.pbx, { call }];
};

function allowed(request) {
	if (!mock.token) return true;
	return (
		request.headers.authorization === `Bearer ${mock.token}` ||
		(request.headers.cookie ?? '').split('; ').includes(`devlink3=${mock.token}`)
	);
}

async function body(request) {
	let text = '';
	for await (const chunk of request) text += chunk;
	return text;
}

async function serve(request, response) {
	const url = new URL(request.url, 'http://mock');
	if (url.pathname.startsWith('/mock/')) return control(mock, url, response);
	/* As a process that is not there: no answer, not even a bad one. */
	if (Date.now() < mock.away) return request.socket.destroy();
	if (!url.pathname.startsWith('/v1/')) return servePage(mock.dist, url.pathname, response);
	if (url.pathname === '/v1/login') return login(await body(request), response);
	if (!allowed(request))
		throw new Problem(401, 'A token is needed.', 'Sign in with a token of this gateway.');
	if (url.pathname === '/v1/stream') return hub.subscribe(request, response, url.searchParams);
	return answer(mock, url, response);
}

function login(text, response) {
	if (mock.token && JSON.parse(text).token !== mock.token)
		throw new Problem(401, 'This token is not known.', '');
	response.writeHead(204, { 'Set-Cookie': `devlink3=${mock.token}; HttpOnly; SameSite=Strict; Path=/` });
	response.end();
}

const server = createServer((request, response) => {
	serve(request, response).catch((error) => {
		const status = error instanceof Problem ? error.status : 500;
		response.writeHead(status, { 'Content-Type': 'application/problem+json' });
		response.end(
			JSON.stringify({ type: 'about:blank', status, title: error.message, detail: error.detail ?? '' }),
		);
		if (status === 500) console.error(error);
	});
});

if (values.empty) house.empty();
else house.run();
server.listen(Number(values.port), '127.0.0.1', () => {
	console.log(`http://127.0.0.1:${server.address().port}/`);
});
