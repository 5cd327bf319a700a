import { createHash } from 'node:crypto';
import { copyFile, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { PrivateApt } from '../../src/node/images/apt.ts';
import { cached, cacheRoot } from '../../src/node/images/cache.ts';
import { findKernel } from '../../src/node/images/catalogue.ts';
import { writeCpio } from '../../src/node/images/cpio.ts';
import { runTool } from '../../src/node/images/run-tool.ts';
import { debianGuest } from './debian.ts';

const SOURCE = fileURLToPath(new URL('../../resources/guests/sdei-client/', import.meta.url));
const FILES = ['Kbuild', 'sdei_client.c'];
const HOST_ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * Settings of the newer kernels' builds that an older compiler has no option for, or that need one more program. None
 * changes a structure; a module without them loads like any other.
 */
const UNSET = ['CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT', 'CONFIG_DEBUG_INFO_BTF_MODULES'];

export interface SdeiGuest {
  readonly kernel: string;
  /** busybox with `init` replaced by `script`, and /sdei_client.ko. */
  readonly initrd: Uint8Array;
}

/** A Debian guest with our SDEI client as a module, which is built against the headers of exactly its kernel. */
export async function sdeiGuest(id: string, script: string): Promise<SdeiGuest> {
  const guest = await debianGuest(id);
  const module = await buildModule(id, guest.kernel);
  const extra = writeCpio([
    { kind: 'file', name: 'init', mode: 0o755, data: Buffer.from(script) },
    { kind: 'file', name: 'sdei_client.ko', mode: 0o644, data: await readFile(module) },
  ]);
  // Linux unpacks archives one after the other; later files replace earlier ones.
  return { kernel: guest.kernel, initrd: Buffer.concat([await readFile(guest.initrd), extra]) };
}

async function buildModule(id: string, kernel: string): Promise<string> {
  const Manifest = z.object({ origin: z.string() });
  const { origin } = Manifest.parse(JSON.parse(await readFile(join(dirname(kernel), 'manifest.json'), 'utf8')));
  // linux-image-6.1.0-50-arm64
  const abi = /^linux-image-(.+)-arm64$/.exec(origin)?.[1];
  const suite = findKernel(id)?.suites[0];
  if (abi === undefined || suite === undefined) throw new Error(`${id} comes from ${origin}, which has no headers`);
  const sources = await Promise.all(FILES.map((file) => readFile(join(SOURCE, file))));
  const hash = sources.reduce((sum, bytes) => sum.update(bytes), createHash('sha256')).digest('hex');
  const item = await cached(
    join('sdei-client', id),
    async (folder) => {
      const root = join(folder, 'headers');
      await unpackHeaders(root, abi, suite);
      const output = join(folder, 'module');
      await runTool('mkdir', [output]);
      for (const file of FILES) await copyFile(join(SOURCE, file), join(output, file));
      const headers = join(root, 'usr/src', `linux-headers-${abi}`);
      const variables = [`O=${headers}-arm64`, `M=${output}`, 'ARCH=arm64', 'CROSS_COMPILE=aarch64-linux-gnu-'];
      const settings = ['CC=aarch64-linux-gnu-gcc', ...UNSET.map((name) => `${name}=`)];
      await runTool('make', ['-C', `${headers}-common`, ...variables, ...settings, 'modules']);
      await runTool('aarch64-linux-gnu-strip', ['-g', join(output, 'sdei_client.ko')]);
      await copyFile(join(output, 'sdei_client.ko'), join(folder, 'sdei_client.ko'));
      await rm(root, { recursive: true });
      await rm(output, { recursive: true });
      return { origin: `${origin} ${hash}`, version: abi, files: ['sdei_client.ko'] };
    },
    `${origin} ${hash}`,
  );
  return join(item.folder, 'sdei_client.ko');
}

/** Headers of the guest's architecture, and the programs of the kernel's build for this machine's. */
async function unpackHeaders(root: string, abi: string, suite: string): Promise<void> {
  const guest = await PrivateApt.open(join(cacheRoot(), 'apt', `arm64-${suite}`), 'arm64', [suite]);
  const headers = await guest.find(`linux-headers-${abi}-arm64`);
  const kbuild = headers?.depends.find((name) => name.startsWith('linux-kbuild-'));
  if (kbuild === undefined) throw new Error(`The archive has no headers of kernel ${abi} any more`);
  await guest.unpack([`linux-headers-${abi}-arm64`, `linux-headers-${abi}-common`], root);
  const architecture = HOST_ARCHITECTURES[process.arch] ?? process.arch;
  // A backports suite has no C library of its own.
  const suites = [...new Set([suite, suite.replace('-backports', '')])];
  const host = await PrivateApt.open(join(cacheRoot(), 'apt', `${architecture}-${suite}`), architecture, suites);
  await host.unpack([kbuild, 'libc6'], root);
  await startWithOwnLibrary(root);
}

/** The programs of a newer suite need its C library: each is started by the loader that was unpacked beside it. */
async function startWithOwnLibrary(root: string): Promise<void> {
  const all = await readdir(root, { recursive: true });
  const loader = all.find((path) => /(^|\/)lib\/[^/]+-linux-gnu\/ld-linux-[^/]+\.so\.\d$/.test(path));
  if (loader === undefined) throw new Error('libc6 has no loader');
  const start = `exec ${join(root, loader)} --library-path ${dirname(join(root, loader))}`;
  for (const name of ['basic/fixdep', 'genksyms/genksyms', 'mod/modpost']) {
    const program = all.find((path) => path.includes('linux-kbuild-') && path.endsWith(`/scripts/${name}`));
    if (program === undefined) throw new Error(`linux-kbuild has no ${name}`);
    // What is called modpost is a shell script or a program that looks beside itself for the one of the word size.
    const path = join(root, program);
    const real = all.includes(`${program}.real-lsb-64`) ? `${path}.real-lsb-64` : `${path}.own`;
    if (real.endsWith('.own')) await rename(path, real);
    else await rm(path);
    await writeFile(path, `#!/bin/sh\n${start} ${real} "$@"\n`, { mode: 0o755 });
  }
}
