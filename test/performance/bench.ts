// npm run bench: Dormouse and the newest QEMU, in turns, on the same guests. Exit status 1 when a guest did not do what
// it should or two checksums differ; never because of a time.
import { readFile, writeFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import path from 'node:path';
import { runTool } from '../../src/node/images/run-tool.ts';
import { describeHost, openDormouse, openPeers, ROOT } from './emulators.ts';
import { type BenchOptions, parseOptions, USAGE } from './options.ts';
import { replaceBetweenMarkers } from './publish.ts';
import { faultsOf, renderReadme, renderReport, type Results } from './report.ts';
import { joinResults, loadResults, saveResults } from './results-file.ts';
import { BOOT_KERNELS, measureBoots } from './suites/boots.ts';
import type { BenchContext } from './suites/context.ts';
import { measureFirmware } from './suites/firmware.ts';
import { measureFootprint } from './suites/footprint.ts';
import { measureIdle } from './suites/idle.ts';
import { measurePrograms } from './suites/kernels.ts';
import { measureLatency } from './suites/latency.ts';
import { COMPUTE, type Program, SYSTEM, TOOLS } from './suites/programs.ts';
import { measureEvenness, measureSpin } from './suites/tiny.ts';
import { measureTranslation } from './suites/translation.ts';

const PROGRAMS = [...COMPUTE, ...SYSTEM, ...TOOLS];
const SUITES = [
  'boots',
  'kernels',
  'system',
  'tools',
  'interpreter',
  'idle',
  'evenness',
  'firmware',
  'memory',
  'latency',
  'translation',
];

/** @throws Error naming what there is when a name is not known. */
function chooserOf({ only }: BenchOptions): (suite: string, program?: string) => boolean {
  const known = [...SUITES, ...BOOT_KERNELS, ...PROGRAMS.map(({ name }) => name)];
  const unknown = only.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new Error(`--only ${unknown}: there are ${known.join(', ')}`);
  return (suite, program = suite) => only.length === 0 || only.includes(suite) || only.includes(program);
}

async function measure(options: BenchOptions): Promise<Results> {
  const isChosen = chooserOf(options);
  const load = loadavg()[0] ?? 0;
  const peers = await openPeers(options.peers);
  const ours = openDormouse(options.jit);
  const say = (text: string) => process.stderr.write(`bench  ${text}\n`);
  const context: BenchContext = {
    options,
    emulators: [ours, ...peers.flatMap(({ emulators }) => emulators)],
    newest: [ours, ...(peers[0]?.emulators ?? [])],
    say,
  };
  const chosen = (suite: string, programs: readonly Program[]) => programs.filter(({ name }) => isChosen(suite, name));
  const programs = [...chosen('kernels', COMPUTE), ...chosen('system', SYSTEM), ...chosen('tools', TOOLS)];
  const kernels = BOOT_KERNELS.filter((id) => isChosen('boots', id));
  const commit = await runTool('git', ['-C', ROOT, 'rev-parse', '--short', 'HEAD']).catch(() => 'of unknown version');
  const faults: string[] = [];
  /** What one suite measured; nothing, and a fault, when it failed: the others still count. */
  const run = async <T>(isWanted: boolean, suite: string, work: () => Promise<T[]>): Promise<T[]> => {
    if (!isWanted) return [];
    return work().catch((error: unknown) => {
      faults.push(`${suite}: ${error instanceof Error ? error.message : String(error)}`);
      return [];
    });
  };
  const suite = <T>(name: string, work: (context: BenchContext) => Promise<T[]>) =>
    run(isChosen(name), name, () => work(context));
  return {
    date: new Date().toISOString().slice(0, 16).replace('T', ' '),
    host: await describeHost(),
    load,
    dormouse: commit.trim(),
    jit: options.jit,
    qemu: peers.map(({ version }) => version),
    rounds: options.rounds,
    rows: [
      ...(await run(programs.length > 0, 'programs', () => measurePrograms(context, programs))),
      ...(await run(kernels.length > 0, 'boots', () => measureBoots(context, kernels))),
    ],
    speeds: await suite('interpreter', measureSpin),
    footprints: await suite('memory', measureFootprint),
    latencies: await suite('latency', measureLatency),
    translations: await suite('translation', measureTranslation),
    idleness: await suite('idle', measureIdle),
    evenness: await suite('evenness', measureEvenness),
    firmware: await suite('firmware', measureFirmware),
    faults,
  };
}

async function publish(runs: readonly [Results, ...Results[]]): Promise<void> {
  const head = `# Results\n\nWritten by \`npm run bench -- --publish\`. Ratios are QEMU / ours: above 1 we are faster.\n\n`;
  const text = runs.map((results) => renderReport(results, true)).join('\n');
  await writeFile(path.join(import.meta.dirname, 'RESULTS.md'), head + text);
  const readme = path.join(ROOT, 'README.md');
  const [first, ...rest] = runs;
  const short = renderReadme(joinResults(first, rest));
  await writeFile(readme, replaceBetweenMarkers(await readFile(readme, 'utf8'), 'bench', short));
}

/** @returns the exit status. */
async function main(args: readonly string[]): Promise<number> {
  if (args.includes('--help')) {
    process.stdout.write(USAGE);
    return 0;
  }
  let options: BenchOptions;
  let runs: Results[];
  try {
    options = parseOptions(args);
    chooserOf(options);
    runs = await Promise.all(options.from.map(loadResults));
  } catch (error) {
    process.stderr.write(`bench: ${(error as Error).message}\n${USAGE}`);
    return 2;
  }
  const [saved, ...rest] = runs;
  const first = saved ?? (await measure(options));
  const results = joinResults(first, rest);
  process.stdout.write(renderReport(results, options.markdown));
  if (options.json !== undefined) await saveResults(options.json, results);
  if (options.publish) await publish([first, ...rest]);
  return faultsOf(results).length > 0 ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
