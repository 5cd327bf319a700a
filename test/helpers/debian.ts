import { fetchGuests } from '../../src/node/images/fetch.ts';

export interface DebianGuest {
  readonly kernel: string;
  readonly initrd: string;
  readonly version: string;
}

/** A stock Debian kernel (see src/node/images/catalogue.ts) with our busybox initramfs; from the cache when it is there. */
export async function debianGuest(id: string): Promise<DebianGuest> {
  const { initramfs, kernels } = await fetchGuests([id]);
  const [kernel] = kernels;
  if (!kernel) throw new Error(`No kernel ${id}`);
  return { kernel: kernel.path, initrd: initramfs.path, version: kernel.version };
}
