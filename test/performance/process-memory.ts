import { readFile } from 'node:fs/promises';
import { childrenOf } from './process-times.ts';

/** Resident memory of a process, in bytes. */
export interface Memory {
  readonly rss: number;
  /** Shared pages divided among those who share them. */
  readonly pss: number;
  /** Of the mappings that are exactly as large as the guest's RAM. */
  readonly guestRss: number;
  readonly guestPss: number;
}

/**
 * Sums up /proc/PID/smaps. [Linux, Documentation/filesystems/proc.rst, section 3.9]
 * @param guestBytes size of the guest's RAM: a mapping of this size is taken for it.
 */
export function parseSmaps(text: string, guestBytes: number): Memory {
  let [rss, pss, guestRss, guestPss, size] = [0, 0, 0, 0, 0];
  for (const [, key, kib] of text.matchAll(/^(Size|Rss|Pss): +(\d+) kB$/gm)) {
    const bytes = Number(kib) * 1024;
    if (key === 'Size') size = bytes;
    if (key === 'Rss') {
      rss += bytes;
      if (size === guestBytes) guestRss += bytes;
    }
    if (key === 'Pss') {
      pss += bytes;
      if (size === guestBytes) guestPss += bytes;
    }
  }
  return { rss, pss, guestRss, guestPss };
}

/** Of a process and all its descendants, each. */
export async function treeMemory(pid: number, guestBytes: number): Promise<Memory[]> {
  const own = parseSmaps(await readFile(`/proc/${pid}/smaps`, 'utf8').catch(() => ''), guestBytes);
  const all = [own];
  for (const child of await childrenOf(pid)) all.push(...(await treeMemory(child, guestBytes)));
  return all;
}
