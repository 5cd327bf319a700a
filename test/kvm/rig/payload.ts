import { readFileSync, readdirSync, statSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { type CpioEntry } from '../../../src/node/images/cpio.ts';
import { AARCH64_FOLDER } from '../../tools/aarch64.mjs';
import { filesLike, openProject, ROOT } from '../../tools/project.mjs';

/** Where the project stands in the rig. */
export const RIG_ROOT = 'rig';

/** What of the tree the tests in the rig may need. */
const TREE =
  /^(package\.json|binding\/(index|rules)\.js|(src|test)\/.*\.(ts|mjs|js)|test\/kvm\/guest\/.*|resources\/guests\/.*)$/;
/** Packages that the command line and the VM host process import when they run, with what these import. */
const PACKAGES = [
  '@msgpack/msgpack',
  'birpc',
  'commander',
  'env-paths',
  'proper-lockfile',
  'write-file-atomic',
  'ws',
  'zod',
];

/** What the rig's first program shall do. */
export type Job =
  | {
      readonly kind: 'suite';
      readonly name: string;
      readonly file: string;
      readonly environment: Record<string, string>;
      /** Parts of the names of the tests to run, when the plan names none. */
      readonly only?: readonly string[];
    }
  | { readonly kind: 'program'; readonly name: string; readonly arguments: readonly string[] };

export interface Plan {
  readonly only: readonly string[];
  readonly jobs: readonly Job[];
  readonly shell: boolean;
}

/**
 * The part of the rig's root file system that changes with the tree. TypeScript comes without its types: to strip them
 * is slow on an emulated CPU.
 * @param programs test programs of build/aarch64, by name
 * @param extra files for the cache in the rig and the like: path in the rig, contents
 */
export function rigPayload(plan: Plan, programs: readonly string[], extra: ReadonlyMap<string, Buffer>): CpioEntry[] {
  const project = openProject();
  const files = new Map<string, Buffer>();
  for (const path of filesLike(project, TREE)) {
    const bytes: Buffer = project.bytes(path);
    files.set(`${RIG_ROOT}/${path}`, path.endsWith('.ts') ? Buffer.from(stripped(bytes.toString('utf8'))) : bytes);
  }
  for (const name of withDependencies(PACKAGES)) addPackage(files, name);
  files.set(`${RIG_ROOT}/build/dormouse.node`, readFileSync(join(AARCH64_FOLDER, 'dormouse.node')));
  for (const name of programs) {
    files.set(`${RIG_ROOT}/build/aarch64/${name}`, readFileSync(join(AARCH64_FOLDER, name)));
  }
  files.set(`${RIG_ROOT}/plan.json`, Buffer.from(JSON.stringify(plan)));
  files.set(`${RIG_ROOT}/dormouse`, readFileSync(join(ROOT, 'test', 'kvm', 'guest', 'dormouse')));
  files.set('init', readFileSync(join(ROOT, 'test', 'kvm', 'guest', 'init')));
  for (const [path, data] of extra) files.set(path, data);
  return entriesOf(files);
}

function stripped(source: string): string {
  return stripTypeScriptTypes(source, { mode: 'strip' });
}

function withDependencies(names: readonly string[]): Set<string> {
  const all = new Set<string>();
  const add = (name: string) => {
    if (all.has(name)) return;
    all.add(name);
    const description = readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8');
    const { dependencies } = JSON.parse(description) as { dependencies?: Record<string, string> };
    Object.keys(dependencies ?? {}).forEach(add);
  };
  names.forEach(add);
  return all;
}

function addPackage(files: Map<string, Buffer>, name: string): void {
  const folder = join(ROOT, 'node_modules', name);
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/(^|\/)package\.json$|\.[cm]?js$/.test(path) || path.startsWith('node_modules/')) continue;
    if (!statSync(join(folder, path)).isFile()) continue;
    files.set(`${RIG_ROOT}/node_modules/${name}/${path}`, readFileSync(join(folder, path)));
  }
}

/** The files with every folder above them, each before what is in it. */
function entriesOf(files: ReadonlyMap<string, Buffer>): CpioEntry[] {
  const folders = new Set<string>();
  for (const path of files.keys()) {
    for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.add(folder);
  }
  return [
    ...[...folders].sort().map((name) => ({ kind: 'directory', name, mode: 0o755 }) as const),
    ...[...files].sort().map(([name, data]) => ({ kind: 'file', name, mode: 0o755, data }) as const),
  ];
}
