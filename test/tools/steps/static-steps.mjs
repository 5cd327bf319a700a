// The steps that read the tree and run nothing of it.
import { join } from 'node:path';
import { checkCppLayers } from '../checks/layers-cpp.mjs';
import { checkTsLayers } from '../checks/layers-ts.mjs';
import { checkLinks } from '../checks/links.mjs';
import { checkNames } from '../checks/names.mjs';
import { checkProvenance } from '../checks/provenance.mjs';
import { checkSizes } from '../checks/sizes.mjs';
import { checkWords } from '../checks/words.mjs';
import { filesLike, openProject, ROOT } from '../project.mjs';
import { execute, lastLines, verdict } from './runner.mjs';

/** @typedef {import('./runner.mjs').Step} Step */
/** @typedef {import('../project.mjs').Project} Project */

const BIN = join(ROOT, 'node_modules', '.bin');

/** @param {string} name @param {(project: Project) => string[]} check @returns {Step} */
function treeStep(name, check) {
  return {
    name,
    fast: true,
    run: () => {
      const project = openProject();
      return verdict(check(project), `${project.files.length} files`);
    },
  };
}

/** @type {Step} */
const format = {
  name: 'format',
  fast: true,
  run: async ({ fix }) => {
    const project = openProject();
    const cpp = filesLike(project, /^(binding|test)\/.*\.(h|cpp)$/).filter(
      (path) => !path.startsWith('binding/generated/'),
    );
    const clang = await execute('clang-format', fix ? ['-i', ...cpp] : ['--dry-run', ...cpp]);
    const cppFindings = [
      ...new Set([...clang.output.matchAll(/^(\S+?:\d+):\d+: (?:warning|error)/gm)].map((m) => m[1])),
    ];
    const files = new Map(cppFindings.map((at) => [at?.split(':')[0], at]));
    const prettier = await execute(join(BIN, 'prettier'), [fix ? '--write' : '--list-different', '.']);
    const other = fix ? [] : prettier.output.split('\n').filter((line) => project.files.includes(line));
    const findings = [...files.values(), ...other.map((path) => `${path}:1`)].map(
      (at) => `${at}  not formatted (npm run check -- --fix)`,
    );
    if (clang.status !== 0) findings.push(lastLines(clang.output));
    if (prettier.status > 1 || (prettier.status === 1 && other.length === 0)) findings.push(lastLines(prettier.output));
    return verdict(findings, `${cpp.length} C++ files, and what prettier knows`);
  },
};

/** @type {Step} */
const generateClean = {
  name: 'generate-clean',
  run: async () => {
    const { status, output } = await execute('node', ['binding/generators/generate.mjs', '--check']);
    return verdict(status === 0 ? [] : [lastLines(output)]);
  },
};

/** @type {Step} */
const types = {
  name: 'types',
  fast: true,
  run: async () => {
    const configs = filesLike(openProject(), /(^|\/)tsconfig\.json$/);
    const findings = (await mapInPairs(configs, checkTypes)).flat();
    return verdict([...new Set(findings)], `${configs.length} tsconfig.json`);
  },
};

/** @param {string} config path of a tsconfig.json @returns {Promise<string[]>} findings */
async function checkTypes(config) {
  // svelte-check reads components and the TypeScript beside them; tsc knows no .svelte file.
  const isSvelte = config.startsWith('renderer/');
  const command = isSvelte ? 'svelte-check' : 'tsc';
  const args = isSvelte ? ['--tsconfig', config, '--output', 'machine', '--fail-on-warnings'] : ['-p', config];
  const { status, output } = await execute(join(BIN, command), args);
  if (status === 0) return [];
  const lines = output.split('\n').filter((line) => /error TS|\b(ERROR|WARNING|FAILURE)\b/.test(line));
  return lines.length > 0 ? lines.map(tidyTsc) : [lastLines(output)];
}

/** Two at a time: the compilers are single threads. @template T, R @param {readonly T[]} items @param {(item: T) => Promise<R>} work */
async function mapInPairs(items, work) {
  const results = /** @type {R[]} */ ([]);
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(/** @type {T} */ (items[index]));
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}

/** `a/b.ts(3,7): error TS1: text` -> `a/b.ts:3  TS1: text` @param {string} line */
function tidyTsc(line) {
  return line.replace(/^(\S+)\((\d+),\d+\): error /, '$1:$2  ');
}

/** @type {Step} */
const lint = {
  name: 'lint',
  run: async ({ fix }) => {
    const args = ['.', '--max-warnings', '0', '--format', 'json', ...(fix ? ['--fix'] : [])];
    const { status, output } = await execute(join(BIN, 'eslint'), args);
    const start = output.indexOf('[{');
    if (start < 0) return verdict(status === 0 ? [] : [lastLines(output)]);
    const results = JSON.parse(output.slice(start, output.lastIndexOf(']') + 1));
    const findings = results.flatMap(
      (
        /** @type {{ filePath: string, messages: { line?: number, ruleId: string | null, message: string }[] }} */ result,
      ) =>
        result.messages.map(
          (m) => `${result.filePath.slice(ROOT.length + 1)}:${m.line ?? 1}  ${m.message} (${m.ruleId ?? 'parser'})`,
        ),
    );
    return verdict(findings, `${results.length} files`);
  },
};

/** @type {readonly Step[]} */
export const STATIC_STEPS = [
  format,
  treeStep('layers', (project) => [...checkCppLayers(project), ...checkTsLayers(project)]),
  treeStep('names', checkNames),
  treeStep('sizes', (project) => checkSizes(project)),
  treeStep('words', (project) => checkWords(project)),
  treeStep('links', checkLinks),
  treeStep('provenance', checkProvenance),
  generateClean,
  types,
  lint,
];
