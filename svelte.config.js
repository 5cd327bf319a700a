import { vitePreprocess } from '@sveltejs/vite-plugin-svelte';

// eslint, svelte-check, vite and vitest all read this one file.
const config = { preprocess: vitePreprocess(), compilerOptions: { runes: true } };

// The tools that read this file accept a default export only.
export default config;
