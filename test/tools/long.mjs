// What takes an hour and more. No part of `npm test`, which says so; asked for by name: `npm test -- random half stress`.
import { join } from 'node:path';
import { ROOT } from './project.mjs';
import { buildTargets, parseDoctest } from './steps/doctest.mjs';
import { execute, lastLines, verdict } from './steps/runner.mjs';
import { runVitest } from './steps/vitest.mjs';
import { readSummary } from './suites.mjs';

/** @typedef {import('./steps/runner.mjs').Outcome} Outcome */

const SEQUENCES = 1_000_000;
const JOURNEYS = 100_000;
const INSTANCES = 10_000_000;
/** Of load on each number of vCPUs. */
const STRESS_SECONDS = 1200;
const STRESS_CPUS = [1, 2, 4];

/** A number that is another one each time, unless DORMOUSE_RANDOM_SEED names it. */
const seed = process.env['DORMOUSE_RANDOM_SEED'] ?? String(Math.floor(Math.random() * 2 ** 32));

/** @returns {Promise<Outcome>} */
async function random() {
  const findings = await buildTargets(join(ROOT, 'build'), ['test_emulator']);
  if (findings.length > 0) return verdict(findings);
  const env = {
    DORMOUSE_RANDOM_SEED: seed,
    DORMOUSE_RANDOM_SEQUENCES: String(SEQUENCES),
    DORMOUSE_RANDOM_JOURNEYS: String(JOURNEYS),
  };
  const cases = '--test-case=random sequences*,a sequence goes on*';
  const sequences = await execute(join(ROOT, 'build', 'test_emulator'), [cases], { env, minutes: 120 });
  const counts = parseDoctest(sequences.output);
  if (sequences.status !== 0 || counts === undefined || counts.passed === 0)
    return verdict([`seed ${seed}: status ${sequences.status}\n${lastLines(sequences.output, 120)}`]);
  const more = ['--tier', 'both', '--count', String(INSTANCES), '--seed', seed];
  const instances = readSummary(await execute('node', ['test/conformance/run.mjs', ...more], { minutes: 240 }));
  return {
    ...instances,
    counts: { ...instances.counts, passed: instances.counts.passed + counts.passed },
    note: `seed ${seed}: ${SEQUENCES} sequences, ${JOURNEYS} journeys, ${INSTANCES} instances`,
  };
}

/** Every operand of half precision in every mode. @returns {Promise<Outcome>} */
async function half() {
  return readSummary(await execute('node', ['test/conformance/run.mjs', '--half', '--tier', 'both'], { minutes: 240 }));
}

/** The consoles of its guests grow in .cache/reports/work-*.log. @returns {Promise<Outcome>} */
async function stress() {
  const env = { DORMOUSE_WORK_SECONDS: String(STRESS_SECONDS), DORMOUSE_WORK_CPUS: STRESS_CPUS.join() };
  const outcome = await runVitest('guest', { minutes: 360, files: ['test/guest/work.test.ts'], env });
  return { ...outcome, note: `${STRESS_SECONDS / 60} minutes each on ${STRESS_CPUS.join(', ')} vCPUs` };
}

/** @type {readonly import('./steps/runner.mjs').Step[]} */
export const LONG_STEPS = [
  { name: 'random', run: random },
  { name: 'half', run: half },
  { name: 'stress', run: stress },
];
