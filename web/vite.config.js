import { readFileSync } from 'node:fs';
import { defineConfig } from 'vite';

/** Both libraries are under the MIT licence, which asks for its text wherever they go. */
const notices = {
	name: 'notices',
	generateBundle(_, files) {
		const text = ['preact', 'uplot'].map(
			(name) =>
				`${name}\n${readFileSync(new URL(`node_modules/${name}/LICENSE`, import.meta.url), 'utf8').trim()}`,
		);
		files['wallboard.js'].code = `/*!\n${text.join('\n\n')}\n*/\n${files['wallboard.js'].code}`;
	},
};

const gateway = process.env.DEVLINK3_GATEWAY || 'http://127.0.0.1:8088';

/* The page is embedded into the gateway's binary: few files, with names that stay, and all of them
 * relative, so that it also works behind a proxy under a path. */
export default defineConfig({
	base: './',
	plugins: [notices],
	build: {
		target: 'es2022',
		assetsInlineLimit: 0,
		cssCodeSplit: false,
		modulePreload: false,
		rollupOptions: {
			output: {
				entryFileNames: 'wallboard.js',
				assetFileNames: 'wallboard[extname]',
				inlineDynamicImports: true,
			},
		},
	},
	server: { proxy: { '/v1': gateway, '/mock': gateway } },
});
