// The machine on KVM, on any host: boots an arm64 Linux with KVM under QEMU and runs the tests inside (README.md). The last
// line is `N passed, N failed, N skipped`.
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { appendFile, copyFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { writeCpio } from '../../src/node/images/cpio.ts';
import { buildAarch64 } from '../tools/aarch64.mjs';
import { rigBase } from './rig/base.ts';
import { rigCommand, runRig, runShell } from './rig/boot.ts';
import { expectedResults } from './rig/expected.ts';
import { byCpu, guestsForRig, type Suite, suitesFor } from './rig/jobs.ts';
import { parseOptions, type RigKernel, type RigOptions, USAGE, USUAL_CPU } from './rig/options.ts';
import { type Job, rigPayload } from './rig/payload.ts';
import { Report } from './rig/report.ts';
import { rigComplaints } from './rig/results.ts';

const print = (text: string) => process.stdout.write(`${text}\n`);

async function main(options: RigOptions): Promise<number> {
  const programs = options.programs.map((path) => basename(path));
  print('rig: building the addon for arm64');
  const findings = await buildAarch64(['dormouse_addon', ...programs]);
  if (findings.length > 0) {
    print(findings.join('\n'));
    print('0 passed, 1 failed, 0 skipped');
    return 1;
  }
  const folder = mkdtempSync(join(tmpdir(), 'dormouse-rig-'));
  try {
    const suites = programs.length > 0 || options.shell ? [] : wantedSuites(options);
    const extra = await guestsForRig(suites);
    for (const [path, data] of await expectedResults(suites)) extra.set(path, data);
    const total = { passed: 0, failed: 0, skipped: 0 };
    for (const kernel of options.kernels) {
      const wanted = suitesFor(kernel, options.areNamed).filter(({ job }) => suites.includes(job.name));
      const groups = byCpu(wanted, options.cpu);
      if (programs.length > 0 || options.shell) groups.set(options.cpu ?? USUAL_CPU, []);
      for (const [cpu, group] of groups) {
        const counts = await runKernel({ kernel, cpu, suites: group }, options, programs, extra, folder);
        total.passed += counts.passed;
        total.failed += counts.failed;
        total.skipped += counts.skipped;
      }
    }
    if (!options.shell && total.passed + total.failed === 0) {
      print('Nothing was run: does any test have such a name?');
      total.failed++;
    }
    if (!options.shell) print(`\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
    return total.failed > 0 ? 1 : 0;
  } finally {
    if (!options.keep) rmSync(folder, { recursive: true, force: true });
  }
}

/** Names of the suites to run. Tests are chosen by name inside; here, whole suites when a name of one was given. */
function wantedSuites({ kernels, areNamed, only }: RigOptions): string[] {
  const names = kernels.flatMap((kernel) => suitesFor(kernel, areNamed).map((suite) => suite.job.name));
  const named = names.filter((name) => only.some((part) => name.includes(part)));
  return named.length > 0 ? named : names;
}

/** One boot of the rig. */
interface Boot {
  readonly kernel: RigKernel;
  readonly cpu: string;
  readonly suites: readonly Suite[];
}

async function runKernel(
  { kernel, cpu, suites }: Boot,
  options: RigOptions,
  programs: readonly string[],
  extra: ReadonlyMap<string, Buffer>,
  folder: string,
) {
  const report = new Report(kernel, print, programs.length > 0 || options.only.length > 0, options.only.length > 0);
  const jobs: Job[] =
    programs.length > 0
      ? programs.map((name) => ({ kind: 'program', name, arguments: options.arguments }))
      : Array.from({ length: options.repeat }, () => suites.map(({ job }) => job)).flat();
  const name = `${kernel}-${cpu}`;
  const initramfs = join(folder, `initramfs-${name}.cpio`);
  const plan = { only: options.only, jobs, shell: options.shell };
  const payload = rigPayload(plan, programs, extra);
  await copyFile(await rigBase(), initramfs);
  await appendFile(initramfs, writeCpio(payload));
  if (options.shell) {
    const status = await runShell(kernel, cpu, initramfs);
    if (status !== 0) report.fail('shell', `QEMU ended with status ${status}`);
    return report.counts;
  }

  const start = performance.now();
  const log = createWriteStream(join(folder, `results-${name}.jsonl`));
  const consoleFile = join(folder, `console-${name}.log`);
  const { breakage, console } = await runRig(kernel, cpu, options.minutes, initramfs, consoleFile, (line) => {
    log.write(`${JSON.stringify(line)}\n`);
    report.take(line);
  });
  log.end();
  const complaints = rigComplaints(console.split(/\r?\n/));
  if (complaints.length > 0) report.fail("the rig's console", complaints.join('\n'));
  if (breakage !== '') {
    const tail = console.trimEnd().split(/\r?\n/).slice(-30).join('\n');
    report.fail(
      'the rig itself',
      `The rig broke: ${breakage}.\nThe end of its console:\n${tail}\nWhat to do: npm run test:kvm -- --kernel ${kernel} --shell looks inside; --keep leaves its files.`,
    );
  }
  if (options.keep) {
    const command = await rigCommand(kernel, cpu, initramfs, undefined);
    print(
      `rig ${kernel}: kept in ${folder}; by hand: ${command.map((word) => (/\s/.test(word) ? `'${word}'` : word)).join(' ')}`,
    );
  }
  print(`rig ${kernel} on ${cpu}: ${((performance.now() - start) / 1000).toFixed(0)} s`);
  return report.counts;
}

try {
  const options = parseOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(USAGE);
  else process.exitCode = await main(options);
} catch (error) {
  const isUsage = error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  process.stderr.write(
    `test:kvm: ${error instanceof Error ? (isUsage ? error.message : error.stack) : String(error)}\n`,
  );
  process.exitCode = isUsage ? 2 : 1;
}
