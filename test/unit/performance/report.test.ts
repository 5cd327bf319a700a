import { describe, expect, it } from 'vitest';
import { replaceBetweenMarkers } from '../../performance/publish.ts';
import type { Footprint } from '../../performance/suites/footprint.ts';
import { evennessOf, faultsOf, renderReadme, renderReport, type Results } from '../../performance/report.ts';
import { renderMarkdown, renderText, show } from '../../performance/table.ts';

const costs = new Map([
  ['dormouse', { cpu: 1, wall: 2 }],
  ['qemu 11.1 max', { cpu: 4, wall: 4 }],
  ['qemu 7.2 a72', { cpu: 3, wall: 5 }],
]);
const results: Results = {
  date: '2026-01-02 03:04',
  host: 'a computer',
  load: 0.5,
  dormouse: 'abc',
  jit: 'auto',
  qemu: ['11.1', '7.2'],
  rounds: 3,
  rows: [
    { name: 'alu', group: 'integer', costs, instructions: 100_000_000 },
    {
      name: 'bytes',
      group: 'integer',
      costs: new Map([...costs, ['qemu 7.2 a72', { cpu: 400, wall: 4 }]]),
      fault: 'checksums differ',
    },
  ],
  speeds: [],
  idleness: [{ emulator: 'dormouse', cpus: 1, percent: 0.25 }],
  evenness: [{ emulator: 'dormouse', rounds: [8, 10] }],
  firmware: [
    { emulator: 'dormouse', psciNs: 101.4, psciInstructions: 1, signalNs: 300, signalInstructions: 40 },
    { emulator: 'qemu 11.1 max', psciNs: 400 },
  ],
  footprints: [{ emulator: 'dormouse', cpus: 1, guest: 60, beside: 99.6, proportional: 80, allProcesses: 120 }],
  latencies: [{ what: 'timer', emulator: 'dormouse', least: 500, p50: 1500, p99: 2000, p999: 2500, most: 90_000 }],
  translations: [{ what: 'boot', ns: 160.4, instructions: 5000, blocks: 900 }],
  faults: ['idle: the guest ended'],
};

describe('report of the benchmarks', () => {
  it('shows each peer, the ratio to the best and MIPS of each row, and names a fault in the row and at the end', () => {
    const text = renderReport(results, false);
    expect(text).toMatch(/^alu +integer +1\.000 +4\.000 +3\.000 +3\.00 +2\.000 +4\.000 +2\.00 +100 +100$/m);
    expect(text).toMatch(/^bytes \(FAULT\)/m);
    expect(text).toMatch(/^FAULT bytes: checksums differ$/m);
  });

  it('sums up a class in one line beside its target, without what is at fault', () => {
    expect(renderReadme(results)).toContain('| integer (1) | 3.00 | 2.2 | 3.00 (alu) | 1.0 | reached |');
  });

  it('lists the ratio of each row in the README, and a dash for what is at fault', () => {
    expect(renderReadme(results)).toContain('- *integer*: alu 3.00, bytes -\n');
  });

  it('says what a VM holds beside the RAM of the guest', () => {
    const [ours] = results.footprints;
    const peer = (emulator: string, beside: number) => ({ ...(ours as Footprint), emulator, beside });
    const footprints = [...results.footprints, peer('qemu 11.1 max', 120), peer('qemu 7.2 max', 130)];
    expect(renderReadme({ ...results, footprints })).toContain('holds 100 MiB, in QEMU 120 to 130.');
  });

  it('counts a suite that failed as a fault', () => {
    expect(faultsOf(results)).toEqual(['bytes: checksums differ', 'idle: the guest ended']);
    expect(renderReport(results, false)).toMatch(/^FAULT idle: the guest ended$/m);
  });

  it('shows what a firmware call costs, and dashes for what a peer does not have', () => {
    const text = renderReport(results, false);
    expect(text).toMatch(/^dormouse +101 +1 +300 +40$/m);
    expect(text).toMatch(/^qemu 11\.1 max +400 +- +- +-$/m);
  });

  it('shows what translating costs beside what it may', () => {
    expect(renderReport(results, false)).toMatch(/^boot +160 +150 +5000 +900$/m);
  });

  it('shows memory beside that of the guest, and latencies in microseconds', () => {
    const text = renderReport(results, false);
    expect(text).toMatch(/^dormouse, 1 vCPU +60 +100 +80 +120$/m);
    expect(text).toMatch(/^timer, dormouse +0\.5 +1\.5 +2\.0 +2\.5 +90\.0$/m);
  });

  it('leaves out tables of suites that were not run', () => {
    expect(renderReport(results, false)).not.toContain('integer loop');
  });

  it('measures evenness as least by most', () => {
    expect(evennessOf([8, 10])).toBe(0.8);
  });
});

describe('tables', () => {
  const cells = [
    ['name', 'seconds'],
    ['a long name', '1.00'],
  ];

  it('are aligned as text: names to the left, figures to the right', () => {
    expect(renderText(cells)).toBe('name         seconds\n-----------  -------\na long name     1.00\n');
  });

  it('are Markdown with figures to the right', () => {
    expect(renderMarkdown(cells)).toBe('| name | seconds |\n| --- | --: |\n| a long name | 1.00 |\n');
  });

  it('show a dash where there is no figure', () => {
    expect(show(undefined, 2)).toBe('-');
    expect(show(Number.NaN, 2)).toBe('-');
    expect(show(1.005, 1)).toBe('1.0');
  });
});

describe('replaceBetweenMarkers', () => {
  it('replaces what is between the markers and nothing else', () => {
    const text = 'a\n<!-- bench:begin -->\nold\n<!-- bench:end -->\nz\n';
    expect(replaceBetweenMarkers(text, 'bench', 'new\n')).toBe('a\n<!-- bench:begin -->\nnew\n<!-- bench:end -->\nz\n');
  });

  it('adds the markers at the end of a text that has none', () => {
    expect(replaceBetweenMarkers('a\n', 'bench', 'new')).toBe('a\n\n<!-- bench:begin -->\nnew\n<!-- bench:end -->\n');
  });
});
