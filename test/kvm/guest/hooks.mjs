// Loaded before every program in the rig. The tree's TypeScript came without its types, so that it is JavaScript by
// another name; and what tests import from `vitest` is the small twin beside this file.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const VITEST = new URL('./vitest.mjs', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vitest' ? { url: VITEST, shortCircuit: true } : next(specifier, context),
  load: (url, context, next) =>
    url.endsWith('.ts')
      ? { format: 'module', source: readFileSync(fileURLToPath(url), 'utf8'), shortCircuit: true }
      : next(url, context),
});
