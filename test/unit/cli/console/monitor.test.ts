import { expect, test } from 'vitest';
import { Monitor } from '../../../../src/cli/console/monitor.ts';
import { FakeVmHost } from '../../../helpers/fake-vmhost.ts';
import { IGNORE_EVENTS } from '../../../../src/common/contract/vmhost-api.ts';

async function typed(line: string) {
  const host = new FakeVmHost(IGNORE_EVENTS);
  host.trace = [{ sequence: 0, timeNs: 5e8, vcpu: 0, functionName: 'PSCI_VERSION', arguments: [], result: 'PSCI 1.3' }];
  let text = '';
  const monitor = new Monitor(
    host.api,
    (more) => (text += more),
    () => undefined,
  );
  monitor.toggle();
  await monitor.type(new TextEncoder().encode(`${line}\r`));
  return { text, calls: host.calls };
}

test('trace shows the last firmware calls', async () => {
  expect((await typed('trace')).text).toContain('vCPU 0  PSCI_VERSION() = PSCI 1.3');
});

test.each([
  ['sdei inject 0', 'inject 0 all'],
  ['sdei inject 0x40000001 2', 'inject 1073741825 2'],
  ['wake', 'wake'],
])('%s reaches the machine', async (line, call) => {
  expect((await typed(line)).calls).toEqual([call]);
});

test.each([
  ['sdei inject 5', 'vendor event'],
  ['sdei', 'unknown command "sdei "'],
  ['sing', 'unknown command "sing"'],
])('%s is refused in words', async (line, reason) => {
  const { text, calls } = await typed(line);
  expect(text).toContain(reason);
  expect(calls).toEqual([]);
});

test('what is typed behind the line that leaves the monitor is for the guest', async () => {
  const host = new FakeVmHost(IGNORE_EVENTS);
  const ignore = () => undefined;
  const monitor = new Monitor(host.api, ignore, ignore);
  monitor.toggle();
  const rest = await monitor.type(new TextEncoder().encode('wake\r\rls\r'));
  expect({ calls: host.calls, open: monitor.open, rest: new TextDecoder().decode(rest) }).toEqual({
    calls: ['wake'],
    open: false,
    rest: 'ls\r',
  });
});
