import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { cached } from '../../src/node/images/cache.ts';
import { type CpioEntry, writeCpio } from '../../src/node/images/cpio.ts';
import { runTool } from '../../src/node/images/run-tool.ts';
import { fetchDebianRoot } from './debian-root.ts';

const SOURCES = path.join(import.meta.dirname, 'guest');
const SCRIPTS = path.join(import.meta.dirname, 'debian');
/** What the compiler in the guest compiles. */
const COMPILED = 'mixed.c';
const COMPILER = process.env['CROSS_CC'] ?? 'aarch64-linux-gnu-gcc';

/** The kernels are what they look like: no vectors that the compiler finds by itself, no fused multiply-add. */
const FLAGS = [
  ...[
    '-std=gnu17',
    '-O2',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-static',
    '-pthread',
    '-march=armv8-a',
    '-mno-outline-atomics',
  ],
  ...['-ffp-contract=off', '-fno-tree-vectorize', '-fno-tree-loop-distribute-patterns'],
];

/** What the program finds around it: nothing, or the programs of a Debian. */
export type Root = 'plain' | 'debian';

/**
 * Compiles the benchmark program and puts it into an initial root file system.
 * @returns path of the cpio archive; made once for the same sources and compiler.
 * @throws DormouseError E_UNSUPPORTED without the cross compiler; what fetchDebianRoot throws.
 */
export async function buildBenchmarkInitramfs(root: Root): Promise<string> {
  const names = (await readdir(SOURCES)).sort();
  const scripts = root === 'debian' ? await scriptEntries() : [];
  const base = root === 'debian' ? [await readFile(await fetchDebianRoot())] : [];
  const hash = createHash('sha256')
    .update(await runTool(COMPILER, ['--version']))
    .update(FLAGS.join(' '));
  for (const name of names) hash.update(name).update(await readFile(path.join(SOURCES, name)));
  for (const archive of [...base, writeCpio(scripts)]) hash.update(archive);
  const origin = `sha256 ${hash.digest('hex')}`;
  const item = await cached(
    root === 'plain' ? 'benchmark' : `benchmark-${root}`,
    async (folder) => {
      // Linux unpacks one archive after the other.
      const own = writeCpio([...entriesWith(await compile(names)), ...scripts]);
      await writeFile(path.join(folder, 'initramfs.cpio'), Buffer.concat([...base, own]));
      return { origin, version: '1', files: ['initramfs.cpio'] };
    },
    origin,
  );
  return path.join(item.folder, 'initramfs.cpio');
}

async function scriptEntries(): Promise<CpioEntry[]> {
  const entries: CpioEntry[] = [];
  const files = (await readdir(SCRIPTS)).sort().map((name) => path.join(SCRIPTS, name));
  for (const file of [...files, path.join(SOURCES, COMPILED)])
    entries.push({ kind: 'file', name: `bench/${path.basename(file)}`, mode: 0o644, data: await readFile(file) });
  const header = await readFile(path.join(SOURCES, 'benchmark.h'));
  return [...entries, { kind: 'file', name: 'bench/benchmark.h', mode: 0o644, data: header }];
}

async function compile(names: readonly string[]): Promise<Uint8Array> {
  const folder = await mkdtemp(path.join(tmpdir(), 'dormouse-benchmark-'));
  try {
    const program = path.join(folder, 'init');
    const sources = names.filter((name) => name.endsWith('.c')).map((name) => path.join(SOURCES, name));
    await runTool(COMPILER, [...FLAGS, '-o', program, ...sources]);
    return await readFile(program);
  } finally {
    await rm(folder, { recursive: true });
  }
}

function entriesWith(init: Uint8Array): CpioEntry[] {
  return [
    { kind: 'directory', name: 'dev', mode: 0o755 },
    { kind: 'character-device', name: 'dev/console', mode: 0o600, major: 5, minor: 1 },
    { kind: 'file', name: 'init', mode: 0o755, data: init },
  ];
}
