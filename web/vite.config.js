import { defineConfig } from 'vite';

const gateway = process.env.DEVLINK3_GATEWAY || 'http://127.0.0.1:8088';

/* The page is embedded into the gateway's binary: few files, with names that stay, and all of them
 * relative, so that it also works behind a proxy under a path. */
export default defineConfig({
	base: './',
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
