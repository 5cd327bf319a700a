import { execFile } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import type { CpioEntry } from '../../src/node/images/cpio.ts';
import { nodeEntries } from '../kvm/rig/base.ts';
import { CliProcess, type CliResult } from './cli.ts';
import { extended, withModules } from './debian-extras.ts';
import type { DebianGuest } from './debian.ts';
import { TEST_ENGINE } from './engine.ts';
import { probeInitramfs } from './probe.ts';
import { ROOT } from './serve-process.ts';

const SOURCES = path.join(ROOT, 'resources', 'guests', 'work');
const MODULES = [
  ...['dummy', 'tun', 'brd', 'loop', 'nbd', 'ifb', 'veth', 'raid6_pq', 'overlay', 'squashfs', 'nls_utf8', 'tcp_bbr'],
  ...['sch_fq', 'sch_htb', 'twofish_common', 'serpent_generic', 'camellia_generic'],
];
const SEEDS = [0, 1, 2, 3];
const MEMORY = '1536M';
/** A round of the slowest worker takes seconds; a busy host makes minutes of them, a guest that stands still more. */
const SILENT_MINUTES = 30;

/** What `work.mjs` prints here: the host's processor and its compiler have nothing in common with the guest's. */
async function expectedFiles(): Promise<CpioEntry[]> {
  const results = SEEDS.map(async (seed): Promise<CpioEntry> => {
    const { stdout } = await promisify(execFile)(process.execPath, [path.join(SOURCES, 'work.mjs'), String(seed)]);
    return { kind: 'file', name: `work/expected/${seed}`, mode: 0o644, data: Buffer.from(stdout) };
  });
  return Promise.all(results);
}

async function workGuest(kernelId: string): Promise<DebianGuest> {
  const guest = await withModules(kernelId, MODULES);
  const probed = { ...guest, initrd: await probeInitramfs(guest.initrd) };
  const entries: CpioEntry[] = [
    ...(await nodeEntries()),
    { kind: 'directory', name: 'work', mode: 0o755 },
    { kind: 'directory', name: 'work/expected', mode: 0o755 },
    { kind: 'file', name: 'work/init', mode: 0o755, data: await readFile(path.join(SOURCES, 'init')) },
    { kind: 'file', name: 'work/work.mjs', mode: 0o644, data: await readFile(path.join(SOURCES, 'work.mjs')) },
    ...(await expectedFiles()),
  ];
  return extended(probed, entries, `work-${kernelId}`);
}

export interface WorkResult extends CliResult {
  /** What went wrong, with all that was said about it. */
  readonly failures: readonly string[];
  /** How many rounds each worker has done without a fault. */
  readonly rounds: ReadonlyMap<string, number>;
  readonly isDone: boolean;
  /** The console, with the times of the host. It grows while the guest runs. */
  readonly log: string;
}

/** Waits for the guest's end, however slow the host is, as long as one round or another ends now and then. */
async function whileItWorks(cli: CliProcess, log: string): Promise<CliResult> {
  await mkdir(path.dirname(log), { recursive: true });
  const file = createWriteStream(log);
  const kill = (): void => {
    file.write(`\n[host ${new Date().toISOString()}: no round ended for ${SILENT_MINUTES} minutes]\n`);
    cli.child.kill('SIGKILL');
  };
  const timer = setTimeout(kill, SILENT_MINUTES * 60_000);
  for await (const line of createInterface({ input: cli.child.stdout })) {
    const isRound = line.startsWith('WORK-');
    file.write(isRound ? `${line} [host ${new Date().toISOString()}]\n` : `${line}\n`);
    if (isRound) timer.refresh();
  }
  const result = await cli.done;
  clearTimeout(timer);
  file.end();
  return result;
}

/**
 * Boots a Debian kernel with resources/guests/work: a JavaScript engine, processes, modules and the groups of the probe
 * side by side, all of which check themselves.
 * @param seconds how long each goes on; 0: one round
 */
export async function runWork(
  kernelId: string,
  cpus: number,
  seconds: number,
  jit: 'on' | 'auto' = 'auto',
): Promise<WorkResult> {
  const guest = await workGuest(kernelId);
  const append = `console=ttyAMA0 rdinit=/work/init work.seconds=${seconds}`;
  const files = ['--kernel', guest.kernel, '--initrd', guest.initrd, '--append', append];
  const machine = ['--engine', TEST_ENGINE, '--cpus', String(cpus), '--memory', MEMORY, '--jit', jit];
  const log = path.join(ROOT, '.cache', 'reports', `work-${kernelId}-${cpus}.log`);
  const cli = new CliProcess(['run', ...files, ...machine, '--json']);
  cli.child.stdin.end();
  const result = await whileItWorks(cli, log);
  const text = result.stdout.replaceAll('\r', '');
  return {
    ...result,
    failures: [...text.matchAll(/^WORK-FAIL [^]*?(?=^WORK-|\n\[|$(?![^]))/gm)].map((match) => match[0]),
    rounds: new Map([...text.matchAll(/^WORK-OK (\S+) (\d+)$/gm)].map((match) => [match[1] ?? '', Number(match[2])])),
    isDone: /^WORK-DONE$/m.test(text),
    log,
  };
}
