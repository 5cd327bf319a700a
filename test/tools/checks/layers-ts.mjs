// Applies the TypeScript table to every import below src/ and renderer/.
import { posix } from 'node:path';
import { filesLike, matchLines } from '../project.mjs';
import { TS_LAYERS } from '../layers.mjs';

/** `import ... from 'x'`, `export ... from 'x'`, the last line of a long one, `import 'x'` and `import('x')`. */
const IMPORT =
  /^\s*(?:(?:import|export)\s(?:[^'"]*\s)?from|\}\s*from|import)\s+['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/;

/** A part with a rule of its own that the folder around it may use, and the other way where that is meant. */
const FAMILIES = /** @type {Record<string, string[]>} */ ({
  'src/vmhost': ['src/vmhost/native.ts'],
  'src/vmhost/native.ts': ['src/vmhost'],
  renderer: ['renderer/ui'],
});

/** @param {import('../project.mjs').Project} project @returns {string[]} */
export function checkTsLayers(project) {
  return filesLike(project, /^(src|renderer)\/(?!.*\.config\.ts$).*\.(ts|mjs|js|svelte)$/).flatMap((path) =>
    matchLines(project.text(path), IMPORT).flatMap(({ line, match }) => {
      const target = match[1] ?? match[2] ?? '';
      const problem = judge(path, target, /^\s*import\s+type\s/.test(match.input));
      return problem === undefined ? [] : [`${path}:${line}  ${problem}`];
    }),
  );
}

/** @param {string} path @param {string} target @param {boolean} isTypeOnly @returns {string | undefined} what is wrong */
function judge(path, target, isTypeOnly) {
  const folder = layerOf(path);
  const layer = folder === undefined ? undefined : TS_LAYERS[folder];
  if (folder === undefined || layer === undefined) {
    return 'no layer is known for this folder (test/tools/layers.mjs)';
  }
  if (!target.startsWith('.')) {
    const isAllowed = layer.packages.some((name) =>
      name.endsWith(':') ? target.startsWith(name) : target === name || target.startsWith(`${name}/`),
    );
    return isAllowed ? undefined : `${folder} may not import ${target} (allowed: ${layer.packages.join(' ')})`;
  }
  const file = posix.join(posix.dirname(path), target.replace(/\?.*$/, ''));
  if (/^test\//.test(file)) return 'nothing outside test/ may import from it';
  const to = layerOf(file) ?? /** @type {string} */ (file.split('/')[0]);
  if (viewOf(path) !== undefined && viewOf(file) !== undefined && viewOf(path) !== viewOf(file)) {
    return `view ${viewOf(path)} may not import view ${viewOf(file)}`;
  }
  if (to === folder || (FAMILIES[folder] ?? []).includes(to)) return undefined;
  // The addon's face describes data; only loading it is native.ts's.
  if (isTypeOnly && folder === 'src/vmhost' && file === 'binding/index.js') return undefined;
  if (layer.files.includes(to)) return undefined;
  return `${folder} may not import ${to} (allowed: ${layer.files.join(' ') || 'nothing'})`;
}

/** @param {string} path */
function viewOf(path) {
  return /^renderer\/views\/([^/]+)\//.exec(path)?.[1];
}

/** The longest entry of the table that fits. @param {string} path */
function layerOf(path) {
  return Object.keys(TS_LAYERS)
    .filter((entry) => path === entry || path.startsWith(`${entry}/`))
    .sort((a, b) => b.length - a.length)[0];
}
