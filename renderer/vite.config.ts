import { svelte } from '@sveltejs/vite-plugin-svelte';
import path from 'node:path';
import { defineConfig } from 'vite';

const here = import.meta.dirname;

export default defineConfig({
  root: here,
  base: './', // The same files are served by `dormouse serve` and loaded by Electron.
  plugins: [svelte({ configFile: path.join(here, '..', 'svelte.config.js') })],
  build: { outDir: path.join(here, '..', 'dist', 'renderer'), emptyOutDir: true, target: 'chrome150' },
});
