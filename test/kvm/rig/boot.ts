import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fetchKernel } from '../../../src/node/images/kernel.ts';
import { fetchQemuPeer } from '../../../src/node/images/qemu.ts';
import { RIG_KERNELS, type RigKernel } from './options.ts';
import { type Line, parseLine } from './results.ts';

/** Longer than the limits inside the rig: whoever is silent so long is the rig itself. */
const SILENCE_MS = 340_000;
const MEMORY_MIB = 2048;

export interface RigRun {
  /** Why the rig itself broke; empty when it ran to its end. */
  readonly breakage: string;
  readonly console: string;
}

/** Program and arguments of the rig. KVM needs EL2, hence `virtualization=on`; one thread of the host for each CPU. */
export async function rigCommand(
  kernel: RigKernel,
  cpu: string,
  initramfs: string,
  console: string | undefined,
): Promise<string[]> {
  const qemu = await fetchQemuPeer();
  const major = Number(qemu.version.replace(/^\d+:/, '').split('.')[0]);
  if (major < 10)
    throw new Error(`The rig needs QEMU 9.1 or newer for its second serial port; this is ${qemu.version}`);
  const image = await fetchKernel(RIG_KERNELS[kernel]);
  // Warnings are to be seen on the console at once, should the rig not live to report its log.
  const append = 'console=ttyAMA0 loglevel=5 panic=-1 oops=panic';
  return [
    ...qemu.command,
    ...['-M', 'virt,virtualization=on,gic-version=3', '-accel', 'tcg,thread=multi', '-cpu', cpu],
    ...['-smp', '2', '-m', String(MEMORY_MIB), '-display', 'none', '-no-reboot', '-nic', 'none'],
    ...(console === undefined
      ? ['-serial', 'mon:stdio', '-serial', 'null']
      : ['-serial', `file:${console}`, '-serial', 'stdio']),
    ...['-kernel', image.path, '-initrd', initramfs, '-append', append],
  ];
}

/** The rig's console on this terminal, until it ends. */
export async function runShell(kernel: RigKernel, cpu: string, initramfs: string): Promise<number> {
  const [program = '', ...args] = await rigCommand(kernel, cpu, initramfs, undefined);
  return new Promise((resolve, reject) => {
    spawn(program, args, { stdio: 'inherit' })
      .on('error', reject)
      .on('close', (status) => {
        resolve(status ?? 1);
      });
  });
}

/**
 * Boots the rig and reads what it says.
 * @param cpu what QEMU calls the processor
 * @param consoleFile where its console is written
 * @param onLine called with each message, in order
 */
export async function runRig(
  kernel: RigKernel,
  cpu: string,
  minutes: number,
  initramfs: string,
  consoleFile: string,
  onLine: (line: Line) => void,
): Promise<RigRun> {
  const [program = '', ...args] = await rigCommand(kernel, cpu, initramfs, consoleFile);
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let breakage = '';
    let hasEnded = false;
    let errors = '';
    const breakOff = (why: string) => {
      breakage ||= why;
      child.kill('SIGKILL');
    };
    const total = setTimeout(() => {
      breakOff(`it was not done after ${minutes} minutes`);
    }, minutes * 60_000);
    let silence = setTimeout(() => undefined, 0);
    const heard = () => {
      clearTimeout(silence);
      silence = setTimeout(() => {
        breakOff(`it said nothing for ${SILENCE_MS / 1000} s`);
      }, SILENCE_MS);
    };
    heard();
    createInterface({ input: child.stdout }).on('line', (text) => {
      heard();
      const line = parseLine(text);
      if (line === undefined) breakage ||= `its results have a line that cannot be read: ${text.slice(0, 200)}`;
      else if (line.kind === 'end') hasEnded = true;
      else onLine(line);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      errors = (errors + chunk.toString('utf8')).slice(-4000);
    });
    child.on('error', (error) => {
      breakage ||= `QEMU cannot be started: ${error.message}`;
    });
    child.on('close', (status) => {
      clearTimeout(total);
      clearTimeout(silence);
      if (breakage === '' && status !== 0) breakage = `QEMU ended with status ${status}: ${errors.trim()}`;
      if (breakage === '' && !hasEnded) breakage = 'its Linux ended before the tests did';
      resolve({ breakage, console: readConsole(consoleFile) });
    });
  });
}

function readConsole(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
