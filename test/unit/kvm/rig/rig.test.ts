import { expect, test } from 'vitest';
import { byCpu, suitesFor } from '../../../kvm/rig/jobs.ts';
import { parseOptions } from '../../../kvm/rig/options.ts';
import { Report } from '../../../kvm/rig/report.ts';
import { type Line, parseLine, rigComplaints } from '../../../kvm/rig/results.ts';

test('all kernels are the default, one for a program or a shell', () => {
  expect(parseOptions([])?.kernels).toEqual(['6.12', '7.2', '6.1']);
  expect(parseOptions(['--kernel', '7.2', '--kernel', '6.1'])?.kernels).toEqual(['7.2', '6.1']);
  expect(parseOptions(['--program', 'test_kvm', '--', '--test-case=x'])).toMatchObject({
    kernels: ['6.12'],
    programs: ['test_kvm'],
    arguments: ['--test-case=x'],
  });
  expect(parseOptions(['--help'])).toBeUndefined();
});

test.each([
  [['--kernel', '5.10'], '--kernel "5.10": expected one of 6.1, 6.12, 7.2'],
  [['--minutes', '0'], '--minutes "0" is not a number above 0'],
  [['psci'], '"psci": only programs'],
])('%j is refused', (args, message) => {
  expect(() => parseOptions(args)).toThrow(message);
});

function taken(lines: readonly Line[]) {
  const printed: string[] = [];
  const report = new Report('6.12', (text) => printed.push(text), false, false);
  lines.forEach((line) => {
    report.take(line);
  });
  return { counts: report.counts, printed: printed.join('\n') };
}

const HOST: Line = { kind: 'host', kernel: '6.12', kvm: true, node: 'v24', info: { engines: [] } };

test('a suite that needs another processor has a boot of its own, unless one is forced on all', () => {
  const suites = suitesFor('7.2', true);
  const groups = byCpu(suites, undefined);
  expect([...groups.keys()]).toEqual(['neoverse-n1', 'cortex-a72']);
  expect([...groups.values()].flat()).toHaveLength(suites.length);
  expect(groups.get('cortex-a72')?.map(({ job }) => job.name)).toEqual(['state', 'debian']);
  expect([...byCpu(suites, 'max').keys()]).toEqual(['max']);
});

test('tests are counted, and a failure is shown with its message', () => {
  const common = { kind: 'test', job: 'psci', seconds: 1 } as const;
  const { counts, printed } = taken([
    HOST,
    { ...common, name: 'good', status: 'passed', message: '' },
    { ...common, name: 'bad', status: 'failed', message: 'one is not two' },
  ]);
  expect(counts).toEqual({ passed: 1, failed: 1, skipped: 0 });
  expect(printed).toMatch(/FAIL {2}6\.12 {2}psci: bad\n {6}one is not two/);
});

test('a rig without KVM, a suite of which nothing runs and a complaint of the kernel are failures', () => {
  const { counts } = taken([
    { ...HOST, kvm: false },
    { kind: 'suite', job: 'psci', name: 'psci', tests: 0, chosen: 0 },
    { kind: 'suite', job: 'sdei', name: 'sdei', tests: 6, chosen: 0 },
    { kind: 'kernel', job: 'psci', lines: ['[    1.0] WARNING: CPU: 0 PID: 1 at arch/arm64/kvm/arm.c:1'] },
  ]);
  expect(counts).toEqual({ passed: 0, failed: 4, skipped: 0 });
});

test("a program counts by doctest's summary, and fails as a whole without one", () => {
  const summary = '[doctest] test cases:  7 |  5 passed | 2 failed | 1 skipped\n';
  const program = { kind: 'program', job: 'test_kvm' } as const;
  expect(taken([{ ...program, fate: 'ended with status 1', output: summary }]).counts).toEqual({
    passed: 5,
    failed: 2,
    skipped: 1,
  });
  expect(taken([{ ...program, fate: 'ended by SIGSEGV', output: 'x' }]).counts).toEqual({
    passed: 0,
    failed: 1,
    skipped: 0,
  });
});

test("KVM's own complaints count, what it says at each boot does not", () => {
  expect(
    rigComplaints([
      '[    0.5] kvm [1]: GICv3: no GICV resource entry',
      '[    0.5] kvm [1]: VHE mode initialized successfully',
      '[    9.1] kvm [120]: Unsupported guest access at: ffff800080010000',
      '[    9.2] Call trace:',
    ]),
  ).toEqual(['[    9.2] Call trace:', '[    9.1] kvm [120]: Unsupported guest access at: ffff800080010000']);
});

test('a line of the rig that is no message is none', () => {
  expect(parseLine('{"kind":"end"}')).toEqual({ kind: 'end' });
  expect(['', 'x', '{}', '{"kind":"test"}', '{"kind":"reboot"}'].map(parseLine)).toEqual(Array(5).fill(undefined));
});
