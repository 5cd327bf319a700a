import { readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { PrivateApt } from '../../src/node/images/apt.ts';
import { cached, cacheRoot } from '../../src/node/images/cache.ts';
import { type CpioEntry, writeCpio } from '../../src/node/images/cpio.ts';
import { fetchBusybox } from '../../src/node/images/initramfs.ts';
import { runTool } from '../../src/node/images/run-tool.ts';

const SUITE = 'trixie';
const PACKAGES = ['gcc', 'libc6-dev', 'python3', 'openssl', 'gzip', 'zstd'];
const TEXT_BYTES = 4 << 20;

/** What the programs do not need of their packages: three quarters of the bytes. */
const UNUSED = [
  /^(etc|var)\//,
  /^usr\/(share|sbin|src)\//,
  /^usr\/lib\/linux\//,
  /^usr\/lib\/aarch64-linux-gnu\/(gconv|perl-base)\//,
  /^usr\/lib\/python3[^/]*\/(test|idlelib|ensurepip)\//,
  /\/(lto1|lto-wrapper|liblto_plugin\.so|[^/]*lto-dump[^/]*|[^/]*gp-[^/]*)$/,
  /\/lib([alt]|hwa|ub)san[^/]*$/,
  /\/libgprofng[^/]*$/,
  /\.a$/,
];

/** @param name of a file, relative to the root. */
export function isUsed(name: string): boolean {
  return !UNUSED.some((pattern) => pattern.test(name));
}

/**
 * Programs of Debian for arm64, unpacked and not configured, with busybox as their shell and 4 MiB of text to work on.
 * @returns path of a cpio archive, not compressed, without an init.
 * @throws what PrivateApt throws when it is not cached and cannot be fetched.
 */
export async function fetchDebianRoot(): Promise<string> {
  const busybox = await fetchBusybox();
  const origin = `${PACKAGES.join(' ')} of ${SUITE}, busybox ${busybox.version}, less ${UNUSED.join(' ')}`;
  const item = await cached(
    'debian-root',
    async (folder) => {
      const apt = await PrivateApt.open(path.join(cacheRoot(), 'apt', `arm64-${SUITE}`), 'arm64', [SUITE]);
      const specs = await apt.closure(PACKAGES, SUITE);
      const root = path.join(folder, 'root');
      await apt.unpack(specs, root);
      const entries = await entriesOf(root);
      const archive = writeCpio([...entries, ...additions(await readFile(busybox.path), textOf(entries))]);
      await runTool('rm', ['-rf', root]);
      await writeFile(path.join(folder, 'root.cpio'), archive);
      return { origin, version: specs.join(' '), files: ['root.cpio'] };
    },
    origin,
  );
  return path.join(item.folder, 'root.cpio');
}

/** Everything below `root` that is used, directories before what is in them. */
async function entriesOf(root: string, below = ''): Promise<CpioEntry[]> {
  const entries: CpioEntry[] = [];
  const found = await readdir(path.join(root, below), { withFileTypes: true });
  for (const item of found.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const name = path.posix.join(below, item.name);
    if (item.isDirectory()) {
      const inside = await entriesOf(root, name);
      if (inside.length > 0) entries.push({ kind: 'directory', name, mode: 0o755 }, ...inside);
    } else if (!isUsed(name)) {
      continue;
    } else if (item.isSymbolicLink()) {
      entries.push({ kind: 'link', name, target: await readlink(path.join(root, name)) });
    } else if (item.isFile()) {
      entries.push({ kind: 'file', name, mode: 0o755, data: await readFile(path.join(root, name)) });
    }
  }
  return entries;
}

/** The same text for every run of the same version: Python's own library. */
function textOf(entries: readonly CpioEntry[]): Buffer {
  const sources = entries.flatMap((entry) =>
    entry.kind === 'file' && /^usr\/lib\/python3[^/]*\/[^/]*\.py$/.test(entry.name) ? [entry.data] : [],
  );
  return Buffer.concat(sources).subarray(0, TEXT_BYTES);
}

function additions(busybox: Uint8Array, text: Uint8Array): CpioEntry[] {
  const folders = ['bench', 'dev', 'tmp'].map((name) => ({ kind: 'directory', name, mode: 0o755 }) as const);
  const links = ['bin', 'lib', 'sbin'].map((name) => ({ kind: 'link', name, target: `usr/${name}` }) as const);
  return [
    ...folders,
    ...links,
    { kind: 'file', name: 'usr/bin/busybox', mode: 0o755, data: busybox },
    { kind: 'link', name: 'usr/bin/sh', target: 'busybox' },
    { kind: 'file', name: 'bench/text', mode: 0o644, data: text },
  ];
}
