// npm test: everything. Installs what is missing, then the checks, the other compilers, and every suite.
// The last line of the output is `N passed, N failed, N skipped`.
//   npm test [-- STEP...] runs the named steps alone. Those of long.mjs run when they are named.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { explain, setUp } from '../../src/setup/setup.mjs';

/** @param {readonly string[]} named @returns {Promise<number>} exit status */
async function main(named) {
  // Loaded late: these modules need the packages that the setup installs.
  const { BUILD_STEPS } = await import('./steps/build-steps.mjs');
  const { STATIC_STEPS } = await import('./steps/static-steps.mjs');
  const { CROSS_STEPS } = await import('./cross.mjs');
  const { LONG_STEPS } = await import('./long.mjs');
  const { runSteps } = await import('./steps/runner.mjs');
  const { absentHere, SUITE_STEPS } = await import('./suites.mjs');

  const usual = [...STATIC_STEPS, ...BUILD_STEPS, ...SUITE_STEPS, ...CROSS_STEPS];
  const all = [...usual, ...LONG_STEPS];
  const unknown = named.filter((name) => !all.some((step) => step.name === name));
  if (unknown.length > 0) {
    process.stderr.write(`Unknown: ${unknown.join(' ')}. Steps: ${all.map((step) => step.name).join(' ')}\n`);
    return 2;
  }
  const steps = named.length === 0 ? usual : all.filter((step) => named.includes(step.name));
  const { counts, notRun, failedSteps } = await runSteps(steps, { fix: false, fast: false });
  const left = all.filter((step) => !steps.includes(step)).map((step) => `${step.name}: not asked for`);
  process.stdout.write('\nNOT RUN:\n');
  for (const text of [...notRun, ...absentHere(), ...left])
    process.stdout.write(`  ${text.replaceAll('\n', '\n    ')}\n`);
  if (failedSteps.length > 0) process.stdout.write(`\nFAILED: ${failedSteps.join(', ')}\n`);
  process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  return counts.failed > 0 ? 1 : 0;
}

try {
  const node = await setUp('test', { quiet: true, addon: false });
  const self = fileURLToPath(import.meta.url);
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 22) {
    // Started by the system's older Node: go on with the one that has just been installed.
    process.exitCode = spawnSync(node, [self, ...process.argv.slice(2)], { stdio: 'inherit' }).status ?? 1;
  } else {
    process.exitCode = await main(process.argv.slice(2));
  }
} catch (error) {
  process.exitCode = explain(error);
}
