import { readdir, readFile } from 'node:fs/promises';

/** What the host's kernel says of processes. */
export interface ProcessTable {
  /** Ticks of the process's own threads, also those that have ended, and of the children it has waited for. */
  ticks(pid: number): Promise<{ readonly own: number; readonly waited: number } | undefined>;
  /** Those not yet waited for. */
  children(pid: number): Promise<readonly number[]>;
}

const TICKS_PER_SECOND = 100; // USER_HZ, of every architecture that Node runs on

/** [Linux, Documentation/filesystems/proc.rst, /proc/PID/stat: utime, stime, cutime, cstime] */
const PROC: ProcessTable = {
  async ticks(pid) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    if (stat === undefined) return undefined;
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [user = 0, system = 0, waitedUser = 0, waitedSystem = 0] = fields.slice(11, 15).map(Number);
    return { own: user + system, waited: waitedUser + waitedSystem };
  },
  children: childrenOf,
};

/** Processes that any thread of `pid` has started and not yet waited for. */
export async function childrenOf(pid: number): Promise<number[]> {
  const children: number[] = [];
  for (const task of await readdir(`/proc/${pid}/task`).catch(() => [])) {
    const text = await readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '');
    children.push(...text.split(' ').filter(Boolean).map(Number));
  }
  return children;
}

/**
 * CPU seconds of a process and all its descendants, to a hundredth; threads and processes that have ended are in it.
 * A child may end while we look: its time moves to its parent's, so whoever has gained such time is asked again.
 * @returns nothing when the process has been waited for
 */
export async function spentSeconds(pid: number, table = PROC): Promise<number | undefined> {
  for (;;) {
    const before = await table.ticks(pid);
    if (before === undefined) return undefined;
    let seconds = (before.own + before.waited) / TICKS_PER_SECOND;
    let isWhole = true;
    for (const child of await table.children(pid)) {
      const spent = await spentSeconds(child, table);
      isWhole &&= spent !== undefined;
      seconds += spent ?? 0;
    }
    const after = await table.ticks(pid);
    if (isWhole && after?.waited === before.waited) return seconds;
  }
}
