// Fetches guests by name and prints where they are:  node src/node/images/fetch.ts [KERNEL...]
import { fileURLToPath } from 'node:url';
import { toWireError } from '../../common/contract/errors.ts';
import { DEFAULT_KERNEL, KERNELS } from './catalogue.ts';
import { buildInitramfs, type Initramfs } from './initramfs.ts';
import { fetchKernel, type FetchedKernel } from './kernel.ts';

export interface Guests {
  readonly initramfs: Initramfs;
  readonly kernels: readonly FetchedKernel[];
}

/** Kernels by their names in the catalogue, and the initramfs that goes with each of them. */
export async function fetchGuests(ids: readonly string[]): Promise<Guests> {
  const initramfs = await buildInitramfs();
  const kernels: FetchedKernel[] = [];
  for (const id of ids) kernels.push(await fetchKernel(id));
  return { initramfs, kernels };
}

async function main(args: readonly string[]): Promise<number> {
  if (args.some((arg) => arg.startsWith('-') && arg !== '--all')) {
    process.stderr.write(
      `Usage: fetch.ts [--all | KERNEL...]\nKernels: ${KERNELS.map((entry) => entry.id).join(' ')}\n`,
    );
    return 2;
  }
  const ids = args.includes('--all') ? KERNELS.map((entry) => entry.id) : args.length > 0 ? args : [DEFAULT_KERNEL];
  try {
    process.stdout.write(`${JSON.stringify(await fetchGuests(ids), undefined, 2)}\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`fetch: ${toWireError(error).message}\n`);
    return 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
