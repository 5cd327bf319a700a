// The instruction conformance test: random instances of every row of the instruction table through the emulator, compared
// with qemu-aarch64 and with VIXL's simulator (README.md). The last line is `N passed, N failed, N skipped`, in rows.
//   node test/conformance/run.mjs [--quick] [--count N] [--seed N] [--row NAME [--index N]] [--qemu FILE|newest]
//                                 [--jobs N] [--build FOLDER] [--launcher COMMAND] [--output FILE]
//                                 [--tier interpreter|jit|both] [--half]
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { configure } from '../../src/setup/native.mjs';
import { Reporter } from '../../src/setup/report.mjs';
import { mergeShares, printReport, verdictOf } from './report.mjs';

/** @typedef {import('./report.mjs').Row} Row */

const ROOT = resolve(fileURLToPath(import.meta.url), '../../..');
const FULL_COUNT = 2_000_000;
const QUICK_COUNT = 200_000;
/** When one row was asked for. */
const ROW_COUNT = 20_000;
/**
 * Words that belong to no row, for a CPU that has nothing beyond the rows: whatever it executes is missing in the table.
 * One of them for each of so many instances of rows.
 */
const UNALLOCATED = { row: 'Unallocated', cpu: 'cortex-a72', share: 5 };
/** Operands of half precision at equal distances: one of them for each of so many random instances. */
const HALF_SHARE = 10;
/** Of every row, to see that a wrong result of it is noticed. Some instances of a row may be open to choice. */
const SABOTAGED_PER_ROW = 12;

/** A message for people; everything else that is thrown is a fault of this program. */
class UserError extends Error {}

/** @param {string} name @param {string | undefined} text @param {number} fallback @returns {number} */
function wholeNumber(name, text, fallback) {
  if (text === undefined) return fallback;
  if (!/^\d{1,15}$/.test(text)) throw new UserError(`--${name}: "${text}" is not a whole number`);
  return Number(text);
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      quick: { type: 'boolean', default: false },
      count: { type: 'string' },
      seed: { type: 'string' },
      row: { type: 'string' },
      index: { type: 'string' },
      qemu: { type: 'string', default: process.arch === 'arm64' ? '' : 'qemu-aarch64' },
      jobs: { type: 'string' },
      build: { type: 'string', default: 'build' },
      launcher: { type: 'string', default: '' },
      output: { type: 'string' },
      tier: { type: 'string', default: 'interpreter' },
      half: { type: 'boolean', default: false },
    },
  });
  const build = resolve(ROOT, values.build);
  if (!['interpreter', 'jit', 'both'].includes(values.tier))
    throw new UserError(`--tier: "${values.tier}" is none of "interpreter", "jit" and "both"`);
  const usual = values.half ? Number.MAX_SAFE_INTEGER : values.row ? ROW_COUNT : FULL_COUNT;
  return {
    count: wholeNumber('count', values.count, values.quick ? QUICK_COUNT : usual),
    half: values.half,
    // npm test has to say the same about the same code; a full run looks somewhere new each time.
    seed: wholeNumber('seed', values.seed, values.quick ? 1 : Math.floor(Math.random() * 2 ** 32)),
    row: values.row,
    index: values.index === undefined ? undefined : wholeNumber('index', values.index, 0),
    qemu: values.qemu,
    jobs: Math.max(1, wholeNumber('jobs', values.jobs, availableParallelism())),
    build,
    // What to put before our program, when it was built for another processor.
    launcher: values.launcher.split(' ').filter(Boolean),
    tier: values.tier,
    output: resolve(
      values.output ??
        join(build, values.tier === 'interpreter' ? 'conformance.json' : `conformance-${values.tier}.json`),
    ),
  };
}

/** @param {string} command @param {readonly string[]} args @returns {Promise<{ status: number, output: string }>} */
function execute(command, args) {
  return new Promise((resolvePromise) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    // VIXL writes one line for each instruction that it does not know; the end is what matters.
    const take = (/** @type {Buffer} */ chunk) => (output = (output + chunk.toString('utf8')).slice(-20_000));
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error) => (output += `${command}: ${error.message}\n`));
    child.on('close', (status) => resolvePromise({ status: status ?? 1, output }));
  });
}

/** @param {string} what @param {string} command @param {readonly string[]} args */
async function mustSucceed(what, command, args) {
  const { status, output } = await execute(command, args);
  if (status !== 0) throw new UserError(`${what} failed (status ${status})\n${output}`);
  return output;
}

/** @param {ReturnType<typeof readOptions>} options */
async function buildPrograms({ build }) {
  if (!existsSync(join(build, 'build.ninja'))) {
    if (build === join(ROOT, 'build')) await configure(new Reporter({ quiet: true }), ROOT);
    else
      await mustSucceed('cmake', 'cmake', ['-S', 'binding', '-B', build, '-G', 'Ninja', '-DCMAKE_BUILD_TYPE=Release']);
  }
  const tester = await execute('cmake', ['--build', build, '--target', 'conformance']);
  if (/unknown target/.test(tester.output))
    throw new UserError(
      'The conformance test needs VIXL: install libvixl-dev and delete the CMakeCache.txt of the build.',
    );
  if (tester.status !== 0) throw new UserError(`The conformance test does not build\n${tester.output}`);
  await mustSucceed('The oracle runner (arm64 cross compiler)', 'sh', [
    'test/conformance/runner/build.sh',
    join(build, 'oracle_runner'),
  ]);
}

/**
 * @param {ReturnType<typeof readOptions>} options
 * @param {number} perRow
 * @param {readonly string[]} [more]
 * @returns {Promise<Row[]>}
 */
async function runShares({ build, launcher, qemu, seed, row, index, jobs, tier }, perRow, more = []) {
  const [command = '', ...first] = [...launcher, join(build, 'conformance')];
  const shares = row === undefined ? jobs : 1;
  const folder = mkdtempSync(join(tmpdir(), 'dormouse-conformance-'));
  try {
    const files = Array.from({ length: shares }, (_, share) => join(folder, `${share}.json`));
    await Promise.all(
      files.map((file, share) =>
        mustSucceed('The conformance program', command, [
          ...first,
          ...['--runner', join(build, 'oracle_runner'), '--output', file, '--qemu', qemu, '--seed', String(seed)],
          ...['--per-row', String(perRow), '--share', String(share), '--shares', String(shares), ...more],
          ...(tier === 'interpreter' ? [] : [`--${tier}`, '1']),
          ...(row === undefined ? [] : ['--row', row]),
          ...(index === undefined ? [] : ['--index', String(index)]),
        ]),
      ),
    );
    return mergeShares(files.map((file) => readFileSync(file, 'utf8')));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param {ReturnType<typeof readOptions>} options @returns {Promise<Row[]>} */
async function runUnallocated(options) {
  // A processor as the oracle may know anything.
  if (options.row !== undefined || options.qemu === '') return [];
  const { row, cpu, share } = UNALLOCATED;
  const rows = await runShares({ ...options, row }, Math.ceil(options.count / share), ['--cpu', cpu]);
  return rows.map((result) => ({ ...result, class: row }));
}

/**
 * Every operand of half precision, or as many as there is time for.
 * @param {ReturnType<typeof readOptions>} options
 * @returns {Promise<Row[]>}
 */
async function runHalf(options) {
  if (options.row !== undefined) return [];
  const rows = await runShares(options, Math.ceil(options.count / HALF_SHARE), ['--half', '1']);
  return rows.map((result) => ({ ...result, class: 'HalfPrecision' }));
}

/** Results that were spoiled on purpose must be noticed. @param {readonly Row[]} rows @returns {string[]} rows they were not in */
function unnoticed(rows) {
  return rows.filter((row) => row.leftOut === null && row.mismatches === 0).map((row) => row.name);
}

/** The newest qemu-user of the Debian archive, from the cache after the first time. */
async function newestQemu() {
  if (Number(process.versions.node.split('.')[0]) < 22)
    throw new UserError(
      '--qemu newest needs the Node of the project: node_modules/.bin/node test/conformance/run.mjs ...',
    );
  const { fetchQemuUser } = await import('./newest-qemu.ts');
  return await fetchQemuUser();
}

async function main() {
  const options = readOptions();
  if (options.qemu === 'newest') options.qemu = await newestQemu();
  const start = performance.now();
  await buildPrograms(options);
  const version = options.qemu === '' ? 'this processor' : await mustSucceed('qemu', options.qemu, ['--version']);
  const oracle = version.split('\n')[0] ?? '';
  process.stdout.write(`seed ${options.seed}; tier: ${options.tier}; oracles: ${oracle}; VIXL's simulator\n`);

  const cpu = options.row === UNALLOCATED.row ? ['--cpu', UNALLOCATED.cpu] : [];
  const what = options.half ? ['--half', '1'] : cpu;
  const blind =
    options.index === undefined
      ? unnoticed(await runShares(options, SABOTAGED_PER_ROW, ['--sabotage', '1', ...what]))
      : [];
  const sample = await runShares({ ...options, index: undefined }, 0, what);
  if (sample.length === 0) throw new UserError(`There is no row ${options.row ?? ''}`);
  const compared = sample.filter((row) => row.leftOut === null).length;
  const rows = [
    ...(await runShares(
      options,
      options.half ? options.count : Math.ceil(options.count / Math.max(compared, 1)),
      what,
    )),
    ...(options.half ? [] : [...(await runUnallocated(options)), ...(await runHalf(options))]),
  ];
  const seconds = (performance.now() - start) / 1000;

  printReport(rows, (line) => process.stdout.write(`${line}\n`));
  if (blind.length > 0) process.stdout.write(`\nA spoiled result was not noticed in: ${blind.join(' ')}\n`);
  const verdict = verdictOf(rows, blind);
  const instances = rows.reduce((sum, row) => sum + row.instances, 0);
  mkdirSync(resolve(options.output, '..'), { recursive: true });
  const summary = { seed: options.seed, oracle, seconds: Math.round(seconds), instances, ...verdict, blind, rows };
  writeFileSync(options.output, `${JSON.stringify(summary, null, 1)}\n`);
  process.stdout.write(`\n${instances} instances, seed ${options.seed}, ${seconds.toFixed(0)} s; ${options.output}\n`);
  process.stdout.write(`${verdict.passed} passed, ${verdict.failed} failed, ${verdict.skipped} skipped\n`);
  return verdict.failed > 0 ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  const isForPeople = error instanceof UserError || (error instanceof Error && 'code' in error);
  process.stderr.write(`${isForPeople ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exitCode = 1;
}
