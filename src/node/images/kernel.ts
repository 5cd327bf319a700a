import { copyFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DormouseError } from '../../common/contract/errors.ts';
import { PrivateApt } from './apt.ts';
import { cached, cacheRoot, type Made } from './cache.ts';
import { findKernel, KERNELS, KERNELS_16K, type KernelEntry } from './catalogue.ts';

export interface FetchedKernel {
  readonly id: string;
  /** The raw arm64 Image. */
  readonly path: string;
  /** Version of the Debian package. */
  readonly version: string;
}

/**
 * A stock kernel, from the cache or from the Debian archive this machine uses.
 * @param id a name of the catalogue, for example `6.12-cloud`.
 * @throws DormouseError E_NOT_FOUND for an unknown name; what PrivateApt throws when it cannot be fetched.
 */
export async function fetchKernel(id: string): Promise<FetchedKernel> {
  const entry = findKernel(id);
  if (entry === undefined) {
    const known = [...KERNELS, ...KERNELS_16K].map((kernel) => kernel.id).join(', ');
    throw new DormouseError('E_NOT_FOUND', `There is no kernel "${id}" in the catalogue; it has ${known}`);
  }
  const item = await cached(join('kernels', id), (folder) => download(entry, folder));
  return { id, path: join(item.folder, 'Image'), version: item.manifest.version };
}

async function download(entry: KernelEntry, folder: string): Promise<Made> {
  const { apt, imagePackage } = await choose(entry);
  const out = join(folder, 'unpacked');
  // From 7.x on the image package is empty and the kernel stands in a package it depends on.
  const image = await apt.find(imagePackage);
  const parts = [imagePackage, ...(image?.depends ?? []).filter((name) => name.startsWith('linux-binary-'))];
  await apt.unpack(parts, out);
  const files = await readdir(out, { recursive: true });
  const kernel = files.find((name) => /(^|\/)vmlinuz(-[^/]*)?$/.test(name));
  if (kernel === undefined) throw new DormouseError('E_NOT_FOUND', `${parts.join(' and ')} contain no vmlinuz`);
  await copyFile(join(out, kernel), join(folder, 'Image'));
  await rm(out, { recursive: true });
  return { origin: imagePackage, version: image?.version ?? '', files: ['Image'] };
}

interface Choice {
  readonly apt: PrivateApt;
  readonly imagePackage: string;
}

/** The first suite that has the wanted series; when none has it any more, the first that has any kernel. */
async function choose(entry: KernelEntry): Promise<Choice> {
  let fallback: Choice | undefined;
  for (const suite of entry.suites) {
    const apt = await PrivateApt.open(join(cacheRoot(), 'apt', `arm64-${suite}`), 'arm64', [suite]);
    const meta = await apt.find(entry.metaPackage);
    const imagePackage = meta?.depends.find((name) => /^linux-image-\d/.test(name));
    if (meta === undefined || imagePackage === undefined) continue;
    if (meta.version.startsWith(`${entry.series}.`)) return { apt, imagePackage };
    fallback ??= { apt, imagePackage };
  }
  if (fallback === undefined) {
    throw new DormouseError('E_NOT_FOUND', `No ${entry.metaPackage} in ${entry.suites.join(' or ')}`);
  }
  return fallback;
}
