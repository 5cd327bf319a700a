import { builtinModules } from 'node:module';
import path from 'node:path';
import { defineConfig, type UserConfig } from 'vite';

// Bundles the three programs that Electron runs into dist/, each with its libraries, so that the packaged application
// needs no node_modules. `--mode main|vmhost|preload` says which.
const root = path.join(import.meta.dirname, '..', '..');
const external = ['electron', /^node:/, ...builtinModules, /binding\/index\.js$/];

function program(name: string): UserConfig {
  return {
    root,
    ssr: { noExternal: true },
    build: {
      target: 'node24',
      ssr: `src/${name}/main.ts`,
      outDir: `dist/${name}`,
      rolldownOptions: { external, output: { format: 'es', entryFileNames: 'main.js' } },
    },
  };
}

// A sandboxed preload must be one CommonJS file. [Electron, docs/tutorial/sandbox.md]
const preload: UserConfig = {
  root,
  build: {
    target: 'chrome150',
    outDir: 'dist/preload',
    lib: { entry: 'src/preload/preload.ts', formats: ['cjs'], fileName: () => 'preload.cjs' },
    rolldownOptions: { external },
  },
};

export default defineConfig(({ mode }) => (mode === 'preload' ? preload : program(mode)));
