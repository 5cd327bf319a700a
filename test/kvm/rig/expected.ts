import { mkdtempSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execute } from '../../tools/steps/runner.mjs';
import { bootTrace } from '../boot-trace.ts';
import { cellsFile, SUITES, TRACE_FILE } from './jobs.ts';

/**
 * What the emulator of this host gives for what the rig does on KVM: the cells of the conformance suites that are named,
 * and the firmware trace of a boot.
 * @param jobs names of suites that will run
 * @returns files for the rig
 * @throws when the emulator fails: then there is nothing to compare with
 */
export async function expectedResults(jobs: readonly string[]): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  const folder = mkdtempSync(join(tmpdir(), 'dormouse-cells-'));
  try {
    const named = SUITES.filter((suite) => suite.isCompared === true && jobs.includes(suite.job.name));
    for (const { job } of new Map(named.map((suite) => [suite.job.file, suite])).values()) {
      const to = join(folder, 'cells.json');
      const hooks = ['--disable-warning=ExperimentalWarning', '--import', './test/kvm/guest/hooks.mjs'];
      const args = [...hooks, 'test/kvm/guest/suite.mjs', job.file, JSON.stringify(job.name), '[]'];
      const environment = { DORMOUSE_TEST_ENGINE: 'emulator', DORMOUSE_CELLS_TO: to };
      const { status, output } = await execute('node', args, { env: environment, minutes: 10 });
      if (status !== 0) throw new Error(`${job.file} fails on the emulator:\n${output.slice(-3000)}`);
      files.set(cellsFile(job.file), await readFile(to));
    }
    if (jobs.includes('trace')) {
      const traces = [];
      for (const cpus of [1, 2]) traces.push(await bootTrace('emulator', '6.12-cloud', { cpus }));
      files.set(TRACE_FILE, Buffer.from(JSON.stringify(traces)));
    }
    return files;
  } finally {
    await rm(folder, { recursive: true });
  }
}
