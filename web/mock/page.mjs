/* The built page, under the same strict policy as in the gateway: whatever breaks it is seen here first. */
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';

const TYPES = {
	'.html': 'text/html; charset=utf-8',
	'.js': 'text/javascript',
	'.css': 'text/css',
	'.svg': 'image/svg+xml',
};
const POLICY =
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export async function servePage(dist, path, response) {
	const file = join(dist, normalize(path === '/' ? '/index.html' : path));
	try {
		const content = await readFile(file);
		response.writeHead(200, {
			'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
			'Content-Security-Policy': POLICY,
			'X-Content-Type-Options': 'nosniff',
		});
		response.end(content);
	} catch {
		response.writeHead(404).end('not found; has the page been built?\n');
	}
}
