// How soon a machine whose vCPUs are busy stands still: node pause-probe.ts JIT COUNT tiny CPUS | linux KERNEL INITRD
// A program of its own, for the addon is loaded by the process that may crash with it. Prints JSON.
import { randomFill } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createMachine, type Machine, type MachineConfig } from '../../binding/index.js';

const TINY_GUEST = path.resolve(import.meta.dirname, '../../resources/guests/tiny/tiny.Image');
const MIB = 1 << 20;

/** What the guest shows when it is ready, and what makes it busy for ever. */
interface Work {
  readonly config: Pick<MachineConfig, 'kernel' | 'initrd' | 'commandLine' | 'cpus'>;
  readonly ready: string;
  readonly commands: readonly string[];
}

function workOf(args: readonly string[]): Work {
  const [kind, first = '', second = ''] = args;
  if (kind === 'tiny')
    return {
      config: { kernel: TINY_GUEST, cpus: Number(first) },
      ready: 'tiny> ',
      commands: ['smp\r', 'race 36000000\r'],
    };
  if (kind === 'linux')
    return {
      config: { kernel: first, initrd: second, commandLine: 'console=ttyAMA0 quiet', cpus: 1 },
      ready: 'BENCHMARK-READY',
      commands: ['run coremark 1000000000\n'],
    };
  throw new Error(`Usage: pause-probe.ts JIT COUNT tiny CPUS | linux KERNEL INITRD`);
}

async function start(jit: 'on' | 'off', { config, ready, commands }: Work): Promise<Machine> {
  const decoder = new TextDecoder();
  let text = '';
  const machine = createMachine({ engine: 'emulator', jit, memoryBytes: 512 * MIB, ...config }, (event) => {
    if (event.kind === 'console') text += decoder.decode(event.data, { stream: true });
  });
  machine.start();
  while (!text.includes(ready)) await sleep(50);
  for (const command of commands) {
    machine.consoleWrite(new TextEncoder().encode(command));
    await sleep(1000);
  }
  return machine;
}

async function nanosecondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start);
}

const [jit, count, ...rest] = process.argv.slice(2);
const machine = await start(jit === 'off' ? 'off' : 'on', workOf(rest));
const fill = promisify(randomFill);
// In nanoseconds: what the promise takes; of that, from the kick until no vCPU ran; and a moment later the same way to
// another thread and back with nothing to wait for there, the vCPUs as busy as before.
const pauses: number[] = [];
const parkings: number[] = [];
const ways: number[] = [];
for (let i = 0; i < Number(count); ++i) {
  await sleep(1 + (i % 3));
  pauses.push(await nanosecondsOf(() => machine.pause()));
  parkings.push(machine.stats().lastParkingNs);
  await machine.resume();
  await sleep(1);
  ways.push(await nanosecondsOf(() => fill(new Uint8Array(16))));
}
process.stdout.write(`${JSON.stringify({ pauses, parkings, ways })}\n`);
process.exit(0);
