import { access, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DormouseError, toWireError } from '../../common/contract/errors.ts';
import { PrivateApt } from './apt.ts';
import { cached, cacheRoot } from './cache.ts';
import { runTool } from './run-tool.ts';

/** Another emulator of the same board, to compare behaviour and speed with. Never part of the product. */
export interface QemuPeer {
  /** Program and first arguments; append `-M virt ...`. */
  readonly command: readonly string[];
  /** Version of the package it came from. */
  readonly version: string;
}

const PROGRAM = 'qemu-system-aarch64';
const PACKAGE = 'qemu-system-arm';

type Sources = readonly (readonly string[])[];

/** Newest first. A backports suite needs the suite under it for its libraries. */
const NEWEST: Sources = [['trixie-backports', 'trixie'], ['bookworm-backports', 'bookworm'], ['bookworm']];

/** What Debian 12 itself has: of some kernels and operations it is the faster one. */
const DEBIAN_12: Sources = [['bookworm']];

/**
 * The newest QEMU that the Debian archive offers, unpacked into the cache with its own loader and libraries, so that it
 * runs on an older system without being installed.
 * @throws DormouseError of the last attempt, when none of the suites has one that runs here.
 */
export async function fetchQemuPeer(): Promise<QemuPeer> {
  return peerOf('qemu', NEWEST);
}

/**
 * The QEMU of Debian 12, in the same way.
 * @throws DormouseError when it cannot be unpacked or does not run here.
 */
export async function fetchDebian12QemuPeer(): Promise<QemuPeer> {
  return peerOf('qemu-debian-12', DEBIAN_12);
}

async function peerOf(name: string, sources: Sources): Promise<QemuPeer> {
  const item = await cached(name, (folder) => unpackFirst(folder, sources));
  return { command: await commandFor(join(item.folder, 'root')), version: item.manifest.version };
}

async function unpackFirst(folder: string, sources: Sources) {
  const reasons: string[] = [];
  for (const suites of sources) {
    const release = suites[0] ?? '';
    try {
      const version = await unpack(join(folder, 'root'), release, suites);
      return { origin: `${PACKAGE} of ${release}`, version, files: [`root/usr/bin/${PROGRAM}`] };
    } catch (error) {
      reasons.push(`${release}: ${toWireError(error).message}`);
      await rm(join(folder, 'root'), { recursive: true, force: true });
    }
  }
  throw new DormouseError('E_NOT_FOUND', `No ${PACKAGE} could be unpacked. ${reasons.join('; ')}`);
}

async function unpack(root: string, release: string, suites: readonly string[]): Promise<string> {
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const apt = await PrivateApt.open(join(cacheRoot(), 'apt', `${architecture}-${release}`), architecture, suites);
  const specs = await apt.closure([PACKAGE], release);
  const version = specs.find((spec) => spec.startsWith(`${PACKAGE}=`))?.split('=')[1] ?? '';
  await apt.unpack(specs, root);
  const [program = '', ...args] = await commandFor(root);
  await runTool(program, [...args, '--version']);
  return version;
}

/** The package's own loader starts the program, with the package's own libraries. */
async function commandFor(root: string): Promise<string[]> {
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  const folders = ['lib', 'usr/lib'].flatMap((lib) => [join(root, lib, triplet), join(root, lib)]);
  const libraries: string[] = [];
  for (const folder of folders) {
    const isThere = await access(folder).then(
      () => true,
      () => false,
    );
    if (isThere) libraries.push(folder, ...(await privateFolders(folder)));
  }
  const loader = await findLoader(folders);
  const data = join(root, 'usr/share/qemu');
  return [loader, '--library-path', libraries.join(':'), join(root, 'usr/bin', PROGRAM), '-L', data];
}

/** Some libraries stand in a folder of their own below the library folder, for example pulseaudio's. */
async function privateFolders(folder: string): Promise<string[]> {
  const names = ['pulseaudio', 'blas', 'lapack'];
  return (await readdir(folder)).filter((name) => names.includes(name)).map((name) => join(folder, name));
}

async function findLoader(folders: readonly string[]): Promise<string> {
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    const loader = names.find((name) => /^ld-linux.*\.so\.\d+$/.test(name));
    if (loader !== undefined) return join(folder, loader);
  }
  throw new DormouseError('E_CORRUPT', 'The unpacked packages contain no dynamic loader');
}
