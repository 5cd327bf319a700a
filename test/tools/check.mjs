// npm run check [-- --fix] [-- --fast] [-- STEP...]: everything that needs neither a guest nor the network.
import { explain, setUp } from '../../src/setup/setup.mjs';
import { BUILD_STEPS } from './steps/build-steps.mjs';
import { runSteps } from './steps/runner.mjs';
import { STATIC_STEPS } from './steps/static-steps.mjs';

const STEPS = [...STATIC_STEPS, ...BUILD_STEPS];
const args = process.argv.slice(2);
const options = { fix: args.includes('--fix'), fast: args.includes('--fast') };
const named = args.filter((arg) => !arg.startsWith('--'));
const unknown = [
  ...args.filter((arg) => arg.startsWith('--') && !['--fix', '--fast'].includes(arg)),
  ...named.filter((name) => !STEPS.some((step) => step.name === name)),
];

if (unknown.length > 0) {
  process.stderr.write(
    `Unknown: ${unknown.join(' ')}. Options: --fix --fast. Steps: ${STEPS.map((step) => step.name).join(' ')}\n`,
  );
  process.exitCode = 2;
} else {
  const steps = STEPS.filter((step) => (named.length > 0 ? named.includes(step.name) : !options.fast || step.fast));
  try {
    await setUp('test', { quiet: true, addon: false });
    const { failedSteps } = await runSteps(steps, options);
    if (failedSteps.length > 0) process.stdout.write(`\ncheck failed: ${failedSteps.join(', ')}\n`);
    process.exitCode = failedSteps.length > 0 ? 1 : 0;
  } catch (error) {
    process.exitCode = explain(error);
  }
}
