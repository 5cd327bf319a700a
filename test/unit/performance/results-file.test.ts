import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Results } from '../../performance/report.ts';
import { joinResults, loadResults, saveResults } from '../../performance/results-file.ts';

const results: Results = {
  date: '2026-01-02 03:04',
  host: 'a computer',
  load: 0.5,
  dormouse: 'abc',
  jit: 'auto',
  qemu: ['11.1'],
  rounds: 5,
  rows: [{ name: 'alu', group: 'integer', costs: new Map([['dormouse', { cpu: 1, wall: 2 }]]), instructions: 10 }],
  speeds: [],
  idleness: [{ emulator: 'dormouse', cpus: 1, percent: 0.5 }],
  evenness: [],
  firmware: [{ emulator: 'dormouse', psciNs: 100 }],
  footprints: [],
  latencies: [],
  translations: [{ what: 'boot', ns: 160, instructions: 5000, blocks: 900 }],
  faults: [],
};

describe('files of results', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'dormouse-results-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('give back what was saved', async () => {
    const file = path.join(folder, 'good.json');
    await saveResults(file, results);
    expect(await loadResults(file)).toEqual(results);
  });

  it('of before translation was measured are read', async () => {
    const file = path.join(folder, 'old.json');
    const { translations, ...old } = results;
    await writeFile(file, JSON.stringify({ ...old, rows: [] }));
    expect(translations).toHaveLength(1);
    expect(await loadResults(file)).toMatchObject({ translations: [] });
  });

  it('are refused with the name of the file and of the field', async () => {
    const file = path.join(folder, 'bad.json');
    await writeFile(file, JSON.stringify({ ...results, rows: [{ name: 'alu', group: 'other', costs: {} }] }));
    await expect(loadResults(file)).rejects.toThrow(/bad\.json[\s\S]*rows\[0\]\.group/);
    await writeFile(file, '{');
    await expect(loadResults(file)).rejects.toThrow(/bad\.json/);
  });

  it('join the rows and the faults of several runs', () => {
    const joined = joinResults(results, [{ ...results, date: 'later', dormouse: 'def', faults: ['idle'] }]);
    expect(joined.rows).toHaveLength(2);
    expect(joined).toMatchObject({ date: '2026-01-02 03:04', dormouse: 'abc and def', faults: ['idle'] });
  });
});
