import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { fetchQemuPeer } from '../../src/node/images/qemu.ts';

export const ROOT = path.resolve(import.meta.dirname, '../..');

export interface GuestFiles {
  readonly kernel: string;
  readonly initrd?: string;
  readonly append: string;
  readonly cpus: number;
}

/** Something that runs the guest: we, or a peer. */
export interface Emulator {
  readonly name: 'dormouse' | 'qemu max' | 'qemu a72';
  /** A command whose standard input and output are the guest's serial console. */
  command(guest: GuestFiles): string[];
}

export const DORMOUSE: Emulator = {
  name: 'dormouse',
  command: ({ kernel, initrd, append, cpus }) => [
    path.join(ROOT, 'dormouse'),
    ...['run', '--engine', 'emulator', '--json', '--memory', '512M', '--cpus', String(cpus)],
    ...['--kernel', kernel, ...(initrd === undefined ? [] : ['--initrd', initrd]), '--append', append],
  ],
};

export interface Peer {
  readonly version: string;
  /** The same program with different CPUs; whichever is faster counts. */
  readonly emulators: readonly Emulator[];
}

/** The newest QEMU that can be had. @throws what fetchQemuPeer throws. */
export async function openPeer(): Promise<Peer> {
  const { command, version } = await fetchQemuPeer();
  const withCpu = (name: Emulator['name'], cpu: string): Emulator => ({
    name,
    command: ({ kernel, initrd, append, cpus }) => [
      ...command,
      ...['-M', 'virt,gic-version=3', '-accel', 'tcg', '-cpu', cpu, '-smp', String(cpus), '-m', '512'],
      ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-nic', 'none', '-no-reboot'],
      ...['-kernel', kernel, ...(initrd === undefined ? [] : ['-initrd', initrd]), '-append', append],
    ],
  });
  return { version, emulators: [withCpu('qemu max', 'max'), withCpu('qemu a72', 'cortex-a72')] };
}

const summarySchema = z.object({ outcome: z.string(), instructionsRetired: z.number() });

/** Guest instructions that a finished `./dormouse run --json` counted. */
export function instructionsOf(stderr: string): number {
  const line = stderr.trimEnd().split('\n').at(-1) ?? '';
  return summarySchema.parse(JSON.parse(line)).instructionsRetired;
}

/** What the figures were measured with. */
export async function describeHost(): Promise<string> {
  const cpuinfo = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const model = /^(?:model name|CPU part)\s*: (.*)$/m.exec(cpuinfo)?.[1] ?? process.arch;
  const cores = (cpuinfo.match(/^processor\s*:/gm) ?? []).length;
  const release = await readFile('/proc/sys/kernel/osrelease', 'utf8').catch(() => '');
  const system = /^\d+\.\d+/.exec(release)?.[0] ?? '';
  return `${model}, ${cores} cores, Linux ${system}`;
}
