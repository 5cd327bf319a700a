import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fetchKernel } from '../../../src/node/images/kernel.ts';
import { buildInitramfs, fetchBusybox } from '../../../src/node/images/initramfs.ts';
import type { RigKernel } from './options.ts';
import type { Job } from './payload.ts';

const ALL: readonly RigKernel[] = ['6.12', '7.2', '6.1'];

/** What runs in the rig, in this order, under which kernels. */
export const SUITES: readonly { readonly kernels: readonly RigKernel[]; readonly job: Job }[] = [
  { kernels: ALL, job: { kind: 'suite', name: 'emulator', file: 'test/kvm/emulator.test.ts', environment: {} } },
];

/** Kernel and RAM disk that guests in the rig boot, in the rig's own cache, so that nothing there asks for a network. */
export async function guestsForRig(): Promise<Map<string, Buffer>> {
  const kernel = await fetchKernel('6.12-cloud');
  const initramfs = await buildInitramfs();
  const busybox = await fetchBusybox();
  const files = new Map<string, Buffer>();
  for (const [item, path, name] of [
    ['kernels/6.12-cloud', kernel.path, 'Image'],
    ['initramfs', initramfs.path, 'initramfs.cpio'],
    ['busybox', busybox.path, 'busybox'],
  ] as const) {
    files.set(`rig/cache/${item}/${name}`, await readFile(path));
    files.set(`rig/cache/${item}/manifest.json`, await readFile(join(path, '..', 'manifest.json')));
  }
  return files;
}
