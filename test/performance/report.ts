import { bestPeer, geometricMean, type Group, mips, ratioOf, type Row } from './results.ts';
import type { Evenness, Speed } from './suites/tiny.ts';
import type { FirmwareCost } from './suites/firmware.ts';
import type { Idleness } from './suites/idle.ts';
import { type Cells, renderMarkdown, renderText, show } from './table.ts';

/** Everything that one run measured. */
export interface Results {
  readonly date: string;
  readonly host: string;
  /** Load average of the host at the beginning: how quiet it was. */
  readonly load: number;
  readonly dormouse: string;
  readonly qemu: string;
  readonly rounds: number;
  readonly rows: readonly Row[];
  readonly speeds: readonly Speed[];
  readonly idleness: readonly Idleness[];
  readonly evenness: readonly Evenness[];
  readonly firmware: readonly FirmwareCost[];
}

const GROUPS: readonly Group[] = ['boot', 'integer', 'memory', 'atomic', 'float', 'vector', 'system'];

export function rowCells(rows: readonly Row[]): Cells {
  const head = ['', 'ours CPU s', 'QEMU max', 'QEMU a72', 'ratio CPU', 'ours wall s', 'QEMU wall s', 'ratio wall'];
  const body = rows.map((row) => [
    row.fault === undefined ? row.name : `${row.name} (FAULT)`,
    show(row.costs.get('dormouse')?.cpu, 2),
    show(row.costs.get('qemu max')?.cpu, 2),
    show(row.costs.get('qemu a72')?.cpu, 2),
    show(ratioOf(row, 'cpu'), 2),
    show(row.costs.get('dormouse')?.wall, 2),
    show(bestPeer(row)?.wall, 2),
    show(ratioOf(row, 'wall'), 2),
    show(row.instructions === undefined ? undefined : row.instructions / 1e6, 0),
    show(mips(row), 0),
  ]);
  return [[...head, 'M instr.', 'ours MIPS'], ...body];
}

/** One line a group: the geometric means of the ratios, and of our MIPS. What is at fault does not count. */
export function summaryCells(rows: readonly Row[]): Cells {
  const body = GROUPS.flatMap((group) => {
    const members = rows.filter((row) => row.group === group && row.fault === undefined);
    if (members.length === 0) return [];
    const mean = (of: (row: Row) => number | undefined) => geometricMean(members.flatMap((row) => of(row) ?? []));
    return [
      [
        `${group} (${members.length})`,
        show(
          mean((row) => ratioOf(row, 'cpu')),
          2,
        ),
        show(
          mean((row) => ratioOf(row, 'wall')),
          2,
        ),
        show(mean(mips), 0),
      ],
    ];
  });
  return [['ours / QEMU', 'CPU seconds', 'wall seconds', 'guest MIPS'], ...body];
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

function facts(results: Results): string {
  return (
    `${results.date}, ${results.host}, load ${results.load.toFixed(1)} at the start; Dormouse ${results.dormouse}, ` +
    `QEMU ${results.qemu}; smallest of ${results.rounds}`
  );
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
  ].filter((cells) => cells.length > 1);
  const faults = results.rows.flatMap(({ name, fault }) => (fault === undefined ? [] : [`FAULT ${name}: ${fault}\n`]));
  return [`${facts(results)}\n`, ...tables.map(render), ...faults].join('\n');
}

/** The short form for the README. */
export function renderReadme(results: Results): string {
  const speed = results.speeds.find(({ emulator }) => emulator === 'dormouse');
  const idle = results.idleness.filter(({ emulator }) => emulator === 'dormouse');
  const even = results.evenness.find(({ emulator }) => emulator === 'dormouse');
  const sentences = [
    ...(speed ? [`An integer loop runs at ${speed.mipsByCpu.toFixed(0)} million instructions per CPU second.`] : []),
    ...idle.map(
      ({ cpus, percent }) =>
        `An idle guest with ${cpus} vCPU${cpus > 1 ? 's' : ''} takes ${percent.toFixed(1)} % of a core.`,
    ),
    ...(even ? [`Of four busy vCPUs the slowest does ${evennessOf(even.rounds).toFixed(2)} of the fastest.`] : []),
  ];
  const about = 'CPU and wall seconds of ours divided by those of QEMU TCG in the same run; below 1 we are faster.';
  const where = `All figures: [test/performance/RESULTS.md](test/performance/RESULTS.md). ${facts(results)}.`;
  return [about, renderMarkdown(summaryCells(results.rows)).trimEnd(), sentences.join(' '), where].join('\n\n');
}
