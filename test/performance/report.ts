import type { JitMode } from './emulators.ts';
import { bestPeer, mips, ratioOf, type Row } from './results.ts';
import type { Evenness, Speed } from './suites/tiny.ts';
import type { FirmwareCost } from './suites/firmware.ts';
import type { Footprint } from './suites/footprint.ts';
import type { Idleness } from './suites/idle.ts';
import type { Latency } from './suites/latency.ts';
import type { Translation } from './suites/translation.ts';
import { type Cells, renderMarkdown, renderText, show } from './table.ts';
import { classOf, judge, TRANSLATION_TARGET_NS } from './targets.ts';

/** Everything that one run measured. */
export interface Results {
  readonly date: string;
  readonly host: string;
  /** Load average of the host at the beginning: how quiet it was. */
  readonly load: number;
  readonly dormouse: string;
  readonly jit: JitMode;
  /** Versions of the peers' packages. */
  readonly qemu: readonly string[];
  readonly rounds: number;
  readonly rows: readonly Row[];
  readonly speeds: readonly Speed[];
  readonly idleness: readonly Idleness[];
  readonly evenness: readonly Evenness[];
  readonly firmware: readonly FirmwareCost[];
  readonly footprints: readonly Footprint[];
  readonly latencies: readonly Latency[];
  readonly translations: readonly Translation[];
  /** Suites that failed as a whole. */
  readonly faults: readonly string[];
}

/** One line a row: ours, every emulator beside it, and the ratio to the best of them. */
export function rowCells(rows: readonly Row[]): Cells {
  const peers = [...new Set(rows.flatMap(({ costs }) => [...costs.keys()]))].filter((name) => name !== 'dormouse');
  const head = ['CPU seconds', 'class', 'ours', ...peers, 'QEMU / ours', 'wall: ours', 'QEMU', 'QEMU / ours'];
  const body = rows.map((row) => [
    row.fault === undefined ? row.name : `${row.name} (FAULT)`,
    classOf(row.group),
    show(row.costs.get('dormouse')?.cpu, 3),
    ...peers.map((peer) => show(row.costs.get(peer)?.cpu, 3)),
    show(ratioOf(row, 'cpu'), 2),
    show(row.costs.get('dormouse')?.wall, 3),
    show(bestPeer(row)?.wall, 3),
    show(ratioOf(row, 'wall'), 2),
    show(row.instructions === undefined ? undefined : row.instructions / 1e6, 0),
    show(mips(row), 0),
  ]);
  return [[...head, 'M instr.', 'ours MIPS'], ...body];
}

/** One line a class: geometric mean and lowest of the ratios in CPU seconds, beside what is to be reached. */
export function summaryCells(rows: readonly Row[]): Cells {
  const body = judge(rows).map(({ target, count, mean, least, isReached }) => [
    `${target.name} (${count})`,
    show(mean, 2),
    show(target.mean, 1),
    `${show(least.ratio, 2)} (${least.name})`,
    show(target.least, 1),
    isReached === undefined ? '' : isReached ? 'reached' : 'missed',
  ]);
  return [['QEMU / ours, CPU seconds', 'geometric mean', 'target', 'lowest', 'target', ''], ...body];
}

export function speedCells(speeds: readonly Speed[]): Cells {
  const body = speeds.map((speed) => [speed.emulator, show(speed.mipsByCpu, 0), show(speed.mipsByGuest, 0)]);
  return [['integer loop', 'MIPS per CPU s', "MIPS by the guest's clock"], ...body];
}

export function idleCells(idleness: readonly Idleness[]): Cells {
  const body = idleness.map(({ emulator, cpus, percent, exitsPerSecond, instructionsPerSecond }) => {
    const exits = Object.entries(exitsPerSecond ?? {}).filter(([, count]) => count >= 0.05);
    return [
      `${emulator}, ${cpus} vCPU${cpus > 1 ? 's' : ''}`,
      show(percent, 2),
      show(instructionsPerSecond, 0),
      exits.map(([kind, count]) => `${kind} ${count.toFixed(1)}`).join(', ') || '-',
    ];
  });
  return [['idle guest', '% of a core', 'instructions/s', 'exits/s'], ...body];
}

/** 1 when all did the same. */
export function evennessOf(rounds: readonly number[]): number {
  return Math.min(...rounds) / Math.max(...rounds);
}

export function evennessCells(evenness: readonly Evenness[]): Cells {
  const body = evenness.map(({ emulator, rounds }) => [emulator, rounds.join(' '), show(evennessOf(rounds), 2)]);
  return [['busy vCPUs', 'rounds of each', 'least / most'], ...body];
}

export function firmwareCells(firmware: readonly FirmwareCost[]): Cells {
  const head = [
    'firmware',
    'PSCI_VERSION ns',
    'instructions',
    'SDEI signal to handler ns',
    'instructions with handler',
  ];
  const body = firmware.map((cost) => [
    cost.emulator,
    show(cost.psciNs, 0),
    show(cost.psciInstructions, 0),
    show(cost.signalNs, 0),
    show(cost.signalInstructions, 0),
  ]);
  return [head, ...body];
}

export function footprintCells(footprints: readonly Footprint[]): Cells {
  const head = ['MiB after boot', "guest's RAM", 'RSS beside it', 'Pss beside it', 'Pss of all processes'];
  const body = footprints.map(({ emulator, cpus, guest, beside, proportional, allProcesses }) => [
    `${emulator}, ${cpus} vCPU${cpus > 1 ? 's' : ''}`,
    ...[guest, beside, proportional, allProcesses].map((mib) => show(mib, 0)),
  ]);
  return [head, ...body];
}

export function latencyCells(latencies: readonly Latency[]): Cells {
  const body = latencies.map(({ what, emulator, least, p50, p99, p999, most }) => [
    `${what}, ${emulator}`,
    ...[least, p50, p99, p999, most].map((nanoseconds) => show(nanoseconds / 1000, 1)),
  ]);
  return [['microseconds late', 'least', '50 %', '99 %', '99.9 %', 'most'], ...body];
}

export function translationCells(translations: readonly Translation[]): Cells {
  const body = translations.map(({ what, ns, instructions, blocks }) => [
    what,
    show(ns, 0),
    show(TRANSLATION_TARGET_NS, 0),
    show(instructions, 0),
    show(blocks, 0),
  ]);
  return [['translation', 'CPU ns/instruction', 'target', 'instructions', 'blocks'], ...body];
}

function facts(results: Results): string {
  return (
    `${results.date}, ${results.host}, load ${results.load.toFixed(1)} at the start; Dormouse ${results.dormouse}, ` +
    `JIT ${results.jit}, QEMU ${results.qemu.join(' and ') || 'none'}; medians of ${results.rounds}`
  );
}

/** What went wrong, in one sentence each. */
export function faultsOf({ rows, faults }: Results): string[] {
  return [...rows.flatMap(({ name, fault }) => (fault === undefined ? [] : [`${name}: ${fault}`])), ...faults];
}

/** All tables, and the faults at the end. */
export function renderReport(results: Results, isMarkdown: boolean): string {
  const render = isMarkdown ? renderMarkdown : renderText;
  const tables = [
    summaryCells(results.rows),
    rowCells(results.rows),
    speedCells(results.speeds),
    idleCells(results.idleness),
    evennessCells(results.evenness),
    firmwareCells(results.firmware),
    footprintCells(results.footprints),
    latencyCells(results.latencies),
    translationCells(results.translations),
  ].filter((cells) => cells.length > 1);
  const faults = faultsOf(results).map((fault) => `FAULT ${fault}\n`);
  return [`${facts(results)}\n`, ...tables.map(render), ...faults].join('\n');
}

/** The short form for the README: the classes, each ratio in one line, and what else was measured. */
export function renderReadme(results: Results): string {
  const idle = results.idleness.filter(({ emulator }) => emulator === 'dormouse');
  const even = results.evenness.find(({ emulator }) => emulator === 'dormouse');
  const sentences = [
    ...footprintSentence(results.footprints),
    ...idle.map(
      ({ cpus, percent }) =>
        `An idle guest with ${cpus} vCPU${cpus > 1 ? 's' : ''} takes ${percent.toFixed(1)} % of a core.`,
    ),
    ...(even ? [`Of four busy vCPUs the slowest does ${evennessOf(even.rounds).toFixed(2)} of the fastest.`] : []),
  ];
  const about = 'Host CPU seconds of the fastest QEMU (TCG) divided by ours, in the same run: above 1 we are faster.';
  const where = `All figures: [test/performance/RESULTS.md](test/performance/RESULTS.md). ${facts(results)}.`;
  return [
    about,
    renderMarkdown(summaryCells(results.rows)).trimEnd(),
    ratioList(results.rows),
    sentences.join(' '),
    where,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function footprintSentence(footprints: readonly Footprint[]): string[] {
  const ofOne = footprints.filter(({ cpus }) => cpus === 1);
  const ours = ofOne.find(({ emulator }) => emulator === 'dormouse');
  const peers = ofOne.filter(({ emulator }) => emulator !== 'dormouse').map(({ beside }) => beside);
  if (ours === undefined || peers.length === 0) return [];
  const [least, most] = [Math.min(...peers), Math.max(...peers)].map((mib) => mib.toFixed(0));
  return [`Beside the guest's RAM a booted VM holds ${ours.beside.toFixed(0)} MiB, in QEMU ${least} to ${most}.`];
}

/** One line a class: name and ratio of each row. */
function ratioList(rows: readonly Row[]): string {
  const classes = new Map<string, string[]>();
  for (const row of rows) {
    const ratio = row.fault === undefined ? ratioOf(row, 'cpu') : undefined;
    const name = classOf(row.group);
    classes.set(name, [...(classes.get(name) ?? []), `${row.name} ${show(ratio, 2)}`]);
  }
  return [...classes].map(([name, entries]) => `- *${name}*: ${entries.join(', ')}`).join('\n');
}
