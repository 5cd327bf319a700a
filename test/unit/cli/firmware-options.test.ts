import { Command } from 'commander';
import { expect, test } from 'vitest';
import { addFirmwareOptions, firmwareEdit, parseTarget } from '../../../src/cli/firmware-options.ts';

function parsed(...args: readonly string[]) {
  const command = addFirmwareOptions(new Command())
    .exitOverride()
    .configureOutput({ writeErr: () => undefined });
  return firmwareEdit(command.parse(args, { from: 'user' }).opts());
}

test('what is not given is not changed', () => {
  expect(parsed()).toEqual({});
});

test('rules, time, default and events become one edit', () => {
  expect(
    parsed(
      ...['--policy', 'SYSTEM_RESET=ask', '--policy', 'system_off=deny', '--policy-timeout', '2.5'],
      ...['--policy-default', 'deny', '--sdei-event', '0x40000001', '--sdei-event', '1073741826'],
    ),
  ).toEqual({
    policy: { calls: { SYSTEM_RESET: 'ask', SYSTEM_OFF: 'deny' }, timeoutMs: 2500, unanswered: 'deny' },
    sdei: { events: [0x40000001, 0x40000002] },
  });
});

test.each([
  ['--sdei', true],
  ['--no-sdei', false],
])('%s says whether there is SDEI', (option, enabled) => {
  expect(parsed(option)).toEqual({ sdei: { enabled } });
});

test('--idle-states is a change of its own', () => {
  expect(parsed('--idle-states', 'power-down')).toEqual({ idleStates: 'power-down' });
});

test.each([
  [['--idle-states', 'deep'], 'Allowed choices are none, standby, power-down'],
  [['--policy', 'CPU_ON=deny'], 'The calls are SYSTEM_OFF'],
  [['--policy', 'SYSTEM_OFF'], 'SYSTEM_RESET=allow'],
  [['--policy', 'SYSTEM_OFF=maybe'], 'SYSTEM_RESET=allow'],
  [['--policy-timeout', '0'], '0.1 to 600'],
  [['--policy-default', 'ask'], 'Allowed choices are allow, deny'],
  [['--sdei-event', '0'], 'always there'],
  [['--sdei-event', '5'], '0x40000000'],
  [['--sdei-event', '0x40000001', '--sdei-event', '0x40000001'], 'twice'],
])('%j is refused', (args, reason) => {
  expect(() => parsed(...args)).toThrow(reason);
});

test('a target is a vCPU or all', () => {
  expect([parseTarget('all'), parseTarget('3')]).toEqual(['all', 3]);
  expect(() => parseTarget('')).toThrow('number of a vCPU');
  expect(() => parseTarget('-1')).toThrow('number of a vCPU');
});
