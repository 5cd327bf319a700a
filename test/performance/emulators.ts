import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { DEFAULT_MEMORY_BYTES, MIB } from '../../src/common/config/vm-config.ts';
import { fetchDebian12QemuPeer, fetchQemuPeer, type QemuPeer } from '../../src/node/images/qemu.ts';

export const ROOT = path.resolve(import.meta.dirname, '../..');

export interface GuestFiles {
  readonly kernel: string;
  readonly initrd?: string;
  readonly append: string;
  readonly cpus: number;
  /** In MiB; what a VM has by default unless said. */
  readonly memory?: number;
}

/** Something that runs the guest: we, or a peer. */
export interface Emulator {
  /** `dormouse`, or version and CPU of a peer: `qemu 11.1 max`. */
  readonly name: string;
  /** A command whose standard input and output are the guest's serial console. */
  command(guest: GuestFiles): string[];
}

export type JitMode = 'auto' | 'on' | 'off';

/** @param jit as `dormouse run --jit`; `auto` is what a user gets. */
export function openDormouse(jit: JitMode): Emulator {
  return {
    name: 'dormouse',
    command: ({ kernel, initrd, append, cpus, memory = DEFAULT_MEMORY_BYTES / MIB }) => [
      path.join(ROOT, 'dormouse'),
      ...['run', '--engine', 'emulator', '--jit', jit, '--json', '--memory', `${memory}M`, '--cpus', String(cpus)],
      ...['--kernel', kernel, ...(initrd === undefined ? [] : ['--initrd', initrd]), '--append', append],
    ],
  };
}

export interface Peer {
  /** Of the Debian package. */
  readonly version: string;
  /** The same program with different CPUs; whichever is faster counts. */
  readonly emulators: readonly Emulator[];
}

export type PeerChoice = 'all' | 'newest' | 'none';

/**
 * The newest QEMU that can be had, then that of Debian 12.
 * @throws what fetchQemuPeer throws.
 */
export async function openPeers(choice: PeerChoice): Promise<Peer[]> {
  if (choice === 'none') return [];
  const newest = peerOf(await fetchQemuPeer(), 'max');
  if (choice === 'newest') return [newest];
  const old = peerOf(await fetchDebian12QemuPeer(), 'max,pauth-impdef=on');
  return old.version === newest.version ? [newest] : [newest, old];
}

/** @param max The CPU with every feature. Its pointer authentication must be the cheap one, else a boot takes ten times as long. */
function peerOf({ command, version }: QemuPeer, max: string): Peer {
  const short = /(?:^|:)(\d+\.\d+)/.exec(version)?.[1] ?? version;
  const withCpu = (name: string, cpu: string): Emulator => ({
    name: `qemu ${short} ${name}`,
    command: ({ kernel, initrd, append, cpus, memory = DEFAULT_MEMORY_BYTES / MIB }) => [
      ...command,
      ...['-M', 'virt,gic-version=3', '-accel', 'tcg', '-cpu', cpu, '-smp', String(cpus), '-m', String(memory)],
      ...['-display', 'none', '-monitor', 'none', '-serial', 'stdio', '-nic', 'none', '-no-reboot'],
      ...['-kernel', kernel, ...(initrd === undefined ? [] : ['-initrd', initrd]), '-append', append],
    ],
  });
  return { version, emulators: [withCpu('max', max), withCpu('a72', 'cortex-a72')] };
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
