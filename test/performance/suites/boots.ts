import { fetchGuests } from '../../../src/node/images/fetch.ts';
import { instructionsOf } from '../emulators.ts';
import { type TimedRun, timeCommand } from '../measure.ts';
import { type Row, median } from '../results.ts';
import type { BenchContext } from './context.ts';

export const BOOT_KERNELS = ['6.1-cloud', '6.12-cloud', '7.2-cloud'];
const CPU_COUNTS = [1, 4];
const APPEND = 'console=ttyAMA0 dormouse.do=poweroff';
const READY = 'GUEST-READY';
const LIMIT_SECONDS = 300;

function faultOf(run: TimedRun): string | undefined {
  if (run.status !== 0) return `ended with status ${run.status}: ${run.stderr.trim().slice(-300)}`;
  return run.reached === undefined ? `no ${READY}` : undefined;
}

/** A run that did not even end, as one that ended badly. */
function failed(error: Error): TimedRun {
  return { status: -1, stdout: '', stderr: error.message, cpu: Number.NaN, wall: Number.NaN };
}

/** Stock kernels from the start of the emulator's process to GUEST-READY. They power off then, and must do it well. */
export async function measureBoots({ options, emulators, say }: BenchContext, ids: readonly string[]): Promise<Row[]> {
  if (ids.length === 0) return [];
  const { initramfs, kernels } = await fetchGuests(ids);
  const rows: Row[] = [];
  for (const kernel of kernels)
    for (const cpus of CPU_COUNTS) {
      const name = `boot ${kernel.id}, ${cpus} vCPU${cpus > 1 ? 's' : ''}`;
      const guest = { kernel: kernel.path, initrd: initramfs.path, append: APPEND, cpus };
      const runs = new Map<string, TimedRun[]>();
      for (let round = 0; round < options.rounds; ++round)
        for (const emulator of emulators) {
          const run = await timeCommand(emulator.command(guest), LIMIT_SECONDS, READY).catch(failed);
          runs.set(emulator.name, [...(runs.get(emulator.name) ?? []), run]);
          const { cpu, wall } = run.reached ?? run;
          say(`${name}, ${emulator.name}: ${cpu.toFixed(2)} CPU s, ${wall.toFixed(2)} s`);
        }
      const faults = [...runs].flatMap(([who, all]) =>
        all.map(faultOf).flatMap((fault) => (fault === undefined ? [] : [`${who}: ${fault}`])),
      );
      const good = [...runs].map(([who, all]) => [who, all.filter((run) => faultOf(run) === undefined)] as const);
      const ours = new Map(good).get('dormouse') ?? [];
      const costs = good.map(([who, all]) => [who, all.flatMap(({ reached }) => reached ?? [])] as const);
      const instructions = ours.map((run) => instructionsOf(run.stderr));
      rows.push({
        name,
        group: 'boot',
        costs: new Map(costs.filter(([, all]) => all.length > 0).map(([who, all]) => [who, median(all)])),
        ...(instructions.length > 0 && { instructions: Math.min(...instructions) }),
        ...(faults.length > 0 && { fault: faults.join('; ') }),
      });
    }
  return rows;
}
