import { describe, expect, it } from 'vitest';
import { parseOptions } from '../../performance/options.ts';
import { parseTimes, timeCommand } from '../../performance/measure.ts';

describe('timeCommand', () => {
  it('keeps status, both outputs and the times apart', async () => {
    const run = await timeCommand(['sh', '-c', 'echo out; echo err >&2; exit 3']);
    expect(run).toMatchObject({ status: 3, stdout: 'out\n', stderr: 'err\n' });
    expect(run.wall).toBeGreaterThanOrEqual(0);
  });

  it('counts the CPU seconds of a grandchild', async () => {
    const busy = 'const end = process.cpuUsage().user + 2e5; while (process.cpuUsage().user < end);';
    const run = await timeCommand(['sh', '-c', '"$0" -e "$1"; true', process.execPath, busy]);
    expect(run.status).toBe(0);
    expect(run.cpu).toBeGreaterThanOrEqual(0.2);
  }, 60_000);

  it('tells apart what was spent when a text came out', async () => {
    const work = (seconds: number) =>
      `{ const e = process.cpuUsage().user + ${seconds}e6; while (process.cpuUsage().user < e); }`;
    const program = `${work(0.2)} console.log('half'); setTimeout(() => ${work(0.3)}, 500)`;
    const run = await timeCommand([process.execPath, '-e', program], 60, 'half');
    expect(run.reached?.cpu).toBeGreaterThanOrEqual(0.15);
    expect(run.cpu - (run.reached?.cpu ?? 0)).toBeGreaterThanOrEqual(0.2);
    expect((await timeCommand(['echo', 'something'], 60, 'else')).reached).toBeUndefined();
  }, 60_000);

  it('ends a command that takes too long, and says which', async () => {
    await expect(timeCommand(['sleep', '60'], 0.2)).rejects.toThrow(/sleep 60 did not end within 0.2 s/);
  });
});

describe('parseTimes', () => {
  it('adds user and system time', () => {
    expect(parseTimes('1.5 0.25 0.5\n')).toEqual({ cpu: 0.75, wall: 1.5 });
  });

  it('refuses what is not three numbers', () => {
    expect(parseTimes('1.5 0.25')).toBeUndefined();
    expect(parseTimes('real user sys')).toBeUndefined();
  });
});

describe('options of the benchmarks', () => {
  it('measure five rounds of everything unless told otherwise', () => {
    expect(parseOptions([])).toMatchObject({
      rounds: 5,
      jit: 'auto',
      peers: 'all',
      only: [],
      quick: false,
      markdown: false,
    });
    expect(parseOptions(['--quick'])).toMatchObject({ rounds: 1 });
  });

  it('collect names, and --interpreter is one of them', () => {
    expect(parseOptions(['--only', 'boots', '--interpreter']).only).toEqual(['boots', 'interpreter']);
  });

  it('leave out the suite of a kernel that is named', () => {
    expect(parseOptions(['--only', 'kernels', '--kernel', 'alu']).only).toEqual(['alu']);
  });

  it('name what they cannot understand', () => {
    expect(() => parseOptions(['--rounds', '0'])).toThrow(/--rounds/);
    expect(() => parseOptions(['--fast'])).toThrow(/--fast/);
    expect(() => parseOptions(['--jit', 'maybe'])).toThrow('--jit maybe: there are auto, on, off');
    expect(() => parseOptions(['--peers', '0'])).toThrow(/all, newest, none/);
  });
});
