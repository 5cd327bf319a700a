import { describe, expect, it } from 'vitest';
import { parseDoctest } from '../../tools/steps/doctest.mjs';
import { execute, runSteps, verdict } from '../../tools/steps/runner.mjs';
import { readReport } from '../../tools/steps/vitest.mjs';

const OPTIONS = { fix: false, fast: false };

async function run(outcome: () => ReturnType<typeof verdict>) {
  const lines: string[] = [];
  const total = await runSteps([{ name: 'step', run: outcome }], OPTIONS, (line) => lines.push(line));
  return { ...total, lines };
}

describe('runSteps', () => {
  it('counts a check without findings as one passed', async () => {
    expect(await run(() => verdict([]))).toMatchObject({
      counts: { passed: 1, failed: 0, skipped: 0 },
      failedSteps: [],
    });
  });

  it('fails on a finding and prints it', async () => {
    const result = await run(() => verdict(['a.ts:1  wrong']));
    expect(result).toMatchObject({ counts: { passed: 0, failed: 1 }, failedSteps: ['step'] });
    expect(result.lines.join('\n')).toContain('a.ts:1  wrong');
  });

  it('fails when the checker itself breaks', async () => {
    const result = await run(() => {
      throw new Error('broken checker');
    });
    expect(result).toMatchObject({ counts: { failed: 1 }, failedSteps: ['step'] });
  });

  it('fails on a finding that came without a count', async () => {
    const result = await run(() => ({ counts: { passed: 3, failed: 0, skipped: 0 }, findings: ['died afterwards'] }));
    expect(result.counts).toEqual({ passed: 3, failed: 1, skipped: 0 });
  });
});

describe('execute', () => {
  it('gives the status and both streams', async () => {
    const script = 'console.log("out"); console.error("err"); process.exit(3)';
    const { status, output } = await execute(process.execPath, ['-e', script]);
    expect(status).toBe(3);
    expect(output).toContain('out');
    expect(output).toContain('err');
  });

  it('ends a command that takes too long', async () => {
    const { status } = await execute(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { minutes: 0.005 });
    expect(status).toBe(124);
  });

  it('reports a command that does not exist', async () => {
    expect((await execute('no-such-command-here', [])).status).not.toBe(0);
  });
});

describe('parseDoctest', () => {
  it('reads the summary', () => {
    const output =
      '[doctest] test cases: 12 | 11 passed | 1 failed | 3 skipped\n[doctest] assertions: 90 | 89 passed | 1 failed |';
    expect(parseDoctest(output)).toEqual({ passed: 11, failed: 1, skipped: 3 });
  });

  it('does not invent one for a program that died', () => {
    expect(parseDoctest('Segmentation fault')).toBeUndefined();
  });
});

describe('readReport', () => {
  const file = (status: string, assertionResults: { status: string; fullName: string }[], message?: string) => ({
    testResults: [
      { name: '/tree/test/a.test.ts', status, assertionResults, ...(message === undefined ? {} : { message }) },
    ],
  });

  it('counts, and names what was skipped', () => {
    const tests = ['passed', 'failed', 'skipped'].map((status) => ({ status, fullName: `is ${status}` }));
    const outcome = readReport(file('failed', tests), 1, '', '/tree');
    expect(outcome.counts).toEqual({ passed: 1, failed: 1, skipped: 1 });
    expect(outcome.notRun).toEqual(['test/a.test.ts "is skipped" is skipped']);
  });

  it('fails a file that cannot be loaded', () => {
    const outcome = readReport(file('failed', [], 'SyntaxError'), 1, '', '/tree');
    expect(outcome.counts.failed).toBe(1);
    expect(outcome.findings[0]).toContain('SyntaxError');
  });

  it('fails when vitest fails with all tests green', () => {
    const outcome = readReport(
      file('passed', [{ status: 'passed', fullName: 'x' }]),
      1,
      'Unhandled rejection',
      '/tree',
    );
    expect(outcome.counts.failed).toBe(1);
  });
});
