import { expect, test } from 'vitest';
import { complaintsIn } from '../helpers/kernel-log.ts';
import { runWork } from '../helpers/work-guest.ts';

// Compilers within the guest (a JavaScript engine, the kernel's for packet filters), modules, processes and the checks of
// the probe side by side. DORMOUSE_WORK_SECONDS: for so long, on DORMOUSE_WORK_CPUS vCPUs.
const SECONDS = Number(process.env['DORMOUSE_WORK_SECONDS'] ?? 0);
const CPUS = (process.env['DORMOUSE_WORK_CPUS'] ?? '2').split(',').map(Number);
const KERNEL = process.env['DORMOUSE_WORK_KERNEL'] ?? '6.12-cloud';

test.each(CPUS)(
  'on %d vCPUs code that the guest compiles, loads and drops does what it should',
  { timeout: (SECONDS * 4 + 1800) * 1000 },
  async (cpus) => {
    const { failures, rounds, isDone, status, stdout, log } = await runWork(KERNEL, cpus, SECONDS);
    console.log(
      `${KERNEL}, ${cpus} vCPUs: ${[...rounds].map(([name, count]) => `${name} ${count}`).join(', ')} rounds; ${log}`,
    );
    expect(failures).toEqual([]);
    expect(complaintsIn(stdout)).toEqual([]);
    expect(isDone).toBe(true);
    expect([...rounds.keys()].sort()).toEqual(['javascript', 'modules', 'probe', 'processes']);
    expect(status).toBe(0);
  },
);
