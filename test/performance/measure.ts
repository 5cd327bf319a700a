import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { childrenOf, spentSeconds } from './process-times.ts';

/** What a piece of work cost. Seconds. */
export interface Cost {
  /** Of all processes that took part. */
  readonly cpu: number;
  readonly wall: number;
}

export interface TimedRun extends Cost {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** When the output first had the text that was asked for. */
  readonly reached?: Cost;
}

/**
 * Runs a command to its end. The shell's own `time` counts the CPU seconds of every descendant that was waited for.
 * @param milestone a text; what has been spent when the standard output has it is told apart
 * @throws Error with the output when it takes longer than `limitSeconds`.
 */
export function timeCommand(command: readonly string[], limitSeconds = 300, milestone?: string): Promise<TimedRun> {
  return new Promise((resolve, reject) => {
    // The timing goes to a descriptor of its own, or it would be mixed with what the command says.
    const script = 'TIMEFORMAT="%R %U %S"; { time "$@" 2>&4 </dev/null; } 4>&2 2>&3';
    const child = spawn('bash', ['-c', script, 'time', ...command], {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const texts = ['', '', '', ''];
    const start = performance.now();
    let reached: Promise<{ cpu: number | undefined; wall: number }> | undefined;
    const look = () => {
      if (milestone === undefined || reached !== undefined || child.pid === undefined) return;
      if (!texts[1]?.includes(milestone)) return;
      const wall = (performance.now() - start) / 1000;
      reached = spentSeconds(child.pid).then((cpu) => ({ cpu, wall }));
    };
    for (const index of [1, 2, 3]) {
      child.stdio[index]?.on('data', (data: Buffer) => (texts[index] += data.toString('utf8')));
    }
    child.stdio[1]?.on('data', look);
    const timer = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      reject(new Error(`${command.join(' ')} did not end within ${limitSeconds} s:\n${texts[1]?.slice(-2000)}`));
    }, limitSeconds * 1000);
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(timer);
      const [, stdout = '', stderr = '', times = ''] = texts;
      const cost = parseTimes(times);
      if (cost === undefined) reject(new Error(`bash gave no times for ${command.join(' ')}: ${times}${stderr}`));
      else
        void Promise.resolve(reached).then((reached) => {
          // Who is already gone has spent all that the whole run has.
          const then = reached && { reached: { ...reached, cpu: reached.cpu ?? cost.cpu } };
          resolve({ ...cost, status: status ?? -1, stdout, stderr, ...then });
        }, reject);
    });
  });
}

/** Reads `REAL USER SYSTEM`, as TIMEFORMAT above writes it. */
export function parseTimes(text: string): Cost | undefined {
  const [wall, user, system] = text
    .trim()
    .split(/\s+/)
    .map((word) => Number(word.replace(',', '.')));
  if (wall === undefined || user === undefined || system === undefined) return undefined;
  if (Number.isNaN(wall + user + system)) return undefined;
  return { cpu: user + system, wall };
}

/**
 * CPU seconds that a running process, its threads and its descendants have used so far. Exact to well under a
 * millisecond; threads that have ended are not in it.
 */
export async function treeCpuSeconds(pid: number): Promise<number> {
  let seconds = 0;
  for (const task of await readdir(`/proc/${pid}/task`).catch(() => [])) {
    const times = await readFile(`/proc/${pid}/task/${task}/schedstat`, 'utf8').catch(() => '0');
    seconds += Number(times.split(' ')[0]) / 1e9;
  }
  for (const child of await childrenOf(pid)) seconds += await treeCpuSeconds(child);
  return seconds;
}

/** What `work` cost the process tree of `pid`, and what came of it. */
export async function measureTree<T>(pid: number, work: () => Promise<T>): Promise<Cost & { readonly result: T }> {
  const before = await treeCpuSeconds(pid);
  const start = performance.now();
  const result = await work();
  const wall = (performance.now() - start) / 1000;
  return { cpu: (await treeCpuSeconds(pid)) - before, wall, result };
}
