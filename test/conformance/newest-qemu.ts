import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { toWireError } from '../../src/common/contract/errors.ts';
import { PrivateApt } from '../../src/node/images/apt.ts';
import { cached, cacheRoot } from '../../src/node/images/cache.ts';
import { runTool } from '../../src/node/images/run-tool.ts';

const PACKAGE = 'qemu-user';
const PROGRAM = 'usr/bin/qemu-aarch64';

/** Newest first; the second suite has the libraries of the first. */
const SOURCES: readonly (readonly string[])[] = [
  ['trixie-backports', 'trixie'],
  ['bookworm-backports', 'bookworm'],
];

/**
 * The newest `qemu-aarch64` of the Debian archive that runs on this machine, in the cache.
 * @returns its path.
 * @throws Error with the reason of each attempt.
 */
export async function fetchQemuUser(): Promise<string> {
  const item = await cached(PACKAGE, async (folder) => {
    const reasons: string[] = [];
    for (const suites of SOURCES) {
      const release = suites[0] ?? '';
      const root = join(folder, 'root');
      try {
        const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
        const apt = await PrivateApt.open(join(cacheRoot(), 'apt', `${architecture}-${release}`), architecture, suites);
        // Its libraries are those of this machine: the package is linked statically or against old versions.
        const specs = (await apt.closure([PACKAGE], release)).filter((spec) => spec.startsWith(`${PACKAGE}=`));
        await apt.unpack(specs, root);
        await runTool(join(root, PROGRAM), ['--version']);
        const version = specs[0]?.split('=')[1] ?? '';
        return { origin: `${PACKAGE} of ${release}`, version, files: [`root/${PROGRAM}`] };
      } catch (error) {
        reasons.push(`${release}: ${toWireError(error).message}`);
        await rm(root, { recursive: true, force: true });
      }
    }
    throw new Error(`No ${PACKAGE} could be unpacked. ${reasons.join('; ')}`);
  });
  return join(item.folder, 'root', PROGRAM);
}
