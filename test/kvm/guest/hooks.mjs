// Loaded before every program in the rig: what tests import from `vitest` is the small twin beside this file. Where the
// tree's TypeScript has come without its types (DORMOUSE_STRIPPED), it is JavaScript by another name.
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

const VITEST = new URL('./vitest.mjs', import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'vitest' ? { url: VITEST, shortCircuit: true } : next(specifier, context),
  load: (url, context, next) =>
    process.env.DORMOUSE_STRIPPED && url.endsWith('.ts')
      ? { format: 'module', source: readFileSync(fileURLToPath(url), 'utf8'), shortCircuit: true }
      : next(url, context),
});
