import { createHash } from 'node:crypto';
import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DormouseError } from '../../common/contract/errors.ts';
import { PrivateApt } from './apt.ts';
import { cached, cacheRoot } from './cache.ts';
import { BUSYBOX } from './catalogue.ts';
import { type CpioEntry, writeCpio } from './cpio.ts';

const GUEST_FOLDER = fileURLToPath(new URL('../../../resources/guests/debian/', import.meta.url));

export interface Initramfs {
  readonly path: string;
  /** Version of the busybox inside. */
  readonly version: string;
}

/**
 * Debian's busybox for arm64, one static program.
 * @throws what PrivateApt throws when it is not cached and cannot be fetched.
 */
export async function fetchBusybox(): Promise<Initramfs> {
  const item = await cached('busybox', async (folder) => {
    const apt = await PrivateApt.open(join(cacheRoot(), 'apt', `arm64-${BUSYBOX.suite}`), 'arm64', [BUSYBOX.suite]);
    const record = await apt.find(BUSYBOX.packageName);
    await apt.unpack([BUSYBOX.packageName], join(folder, 'unpacked'));
    const program = await findProgram(join(folder, 'unpacked'));
    await copyFile(program, join(folder, 'busybox'));
    await rm(join(folder, 'unpacked'), { recursive: true });
    return { origin: BUSYBOX.packageName, version: record?.version ?? '', files: ['busybox'] };
  });
  return { path: join(item.folder, 'busybox'), version: item.manifest.version };
}

/**
 * The initial root file system of the Debian guests: busybox and the scripts of resources/guests/debian. Not
 * compressed: an emulated CPU copies faster than it inflates.
 * @throws what PrivateApt throws when busybox is not cached and cannot be fetched.
 */
export async function buildInitramfs(): Promise<Initramfs> {
  const busybox = await fetchBusybox();
  const program = await readFile(busybox.path);
  const entries = await readList(join(GUEST_FOLDER, 'initramfs.list'), new Map([['@busybox', program]]));
  const archive = writeCpio(entries);
  const origin = `sha256 ${createHash('sha256').update(archive).digest('hex')}`;
  const make = async (folder: string) => {
    await writeFile(join(folder, 'initramfs.cpio'), archive);
    return { origin, version: busybox.version, files: ['initramfs.cpio'] };
  };
  const item = await cached('initramfs', make, origin);
  return { path: join(item.folder, 'initramfs.cpio'), version: busybox.version };
}

async function findProgram(root: string): Promise<string> {
  for (const name of ['usr/bin/busybox', 'bin/busybox']) {
    const path = join(root, name);
    if (
      await readFile(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  throw new DormouseError('E_NOT_FOUND', `${BUSYBOX.packageName} contains no busybox`);
}

/**
 * Reads a list of what is in the archive, one entry a line:
 * `dir NAME MODE`, `nod NAME MODE c MAJOR MINOR`, `slink NAME TARGET`, `file NAME SOURCE MODE`.
 * SOURCE is a file beside the list, or a key of `given`. `#` begins a comment.
 */
export async function readList(path: string, given: ReadonlyMap<string, Uint8Array>): Promise<CpioEntry[]> {
  const entries: CpioEntry[] = [];
  for (const [index, line] of (await readFile(path, 'utf8')).split('\n').entries()) {
    const text = line.replace(/#.*/, '').trim();
    if (text === '') continue;
    const entry = await parseLine(text.split(/\s+/), dirname(path), given);
    if (entry === undefined) throw new DormouseError('E_CORRUPT', `${path}:${index + 1}: cannot read "${text}"`);
    entries.push(entry);
  }
  return entries;
}

async function parseLine(
  words: readonly string[],
  folder: string,
  given: ReadonlyMap<string, Uint8Array>,
): Promise<CpioEntry | undefined> {
  const [kind, path = '', a = '', b = '', c = '', d = ''] = words;
  const name = path.replace(/^\//, '');
  switch (kind) {
    case 'dir':
      return { kind: 'directory', name, mode: parseInt(a, 8) };
    case 'slink':
      return { kind: 'link', name, target: a };
    case 'file':
      return { kind: 'file', name, mode: parseInt(b, 8), data: given.get(a) ?? (await readFile(join(folder, a))) };
    case 'nod':
      if (b !== 'c') return undefined;
      return { kind: 'character-device', name, mode: parseInt(a, 8), major: Number(c), minor: Number(d) };
    default:
      return undefined;
  }
}
