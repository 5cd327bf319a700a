import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { PrivateApt } from './apt.ts';
import { cached, cacheRoot } from './cache.ts';

/** The libraries the core is linked with; the oldest supported Debian, so that any newer C library will do. */
const PACKAGES = ['libfdt-dev', 'zlib1g-dev', 'libzstd-dev', 'doctest-dev'];
const SUITE = 'bookworm';

/**
 * A folder with the arm64 builds of the libraries of the core, for the cross compiler. Only the static ones are kept:
 * the programs made with it run under qemu-user without a library path.
 * @throws what PrivateApt throws when it is not cached and cannot be fetched.
 */
export async function fetchArm64Sysroot(): Promise<string> {
  const origin = `${PACKAGES.join(' ')} of ${SUITE}`;
  const make = async (folder: string) => {
    const apt = await PrivateApt.open(join(cacheRoot(), 'apt', `arm64-${SUITE}`), 'arm64', [SUITE]);
    await apt.unpack(PACKAGES, join(folder, 'root'));
    const all = await readdir(folder, { recursive: true });
    const shared = all.filter((name) => name.endsWith('.so'));
    for (const name of shared) await rm(join(folder, name));
    return { origin, version: SUITE, files: all.filter((name) => name.endsWith('.a')) };
  };
  return join((await cached('sysroot-arm64', make, origin)).folder, 'root');
}
