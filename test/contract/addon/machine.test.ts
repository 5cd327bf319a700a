import { expect, onTestFinished, test, vi } from 'vitest';
import { TinyMachine } from './tiny-machine.ts';

type Changes = Parameters<typeof TinyMachine.started>[0];

async function started(changes: Changes = {}): Promise<TinyMachine> {
  const tiny = await TinyMachine.started(changes);
  onTestFinished(() => tiny.machine.close());
  return tiny;
}

test('a guest boots, answers on its console and switches itself off', async () => {
  const tiny = await started({ commandLine: 'hello from a test' });
  expect(tiny.console).toContain('bootargs: hello from a test');
  expect(await tiny.command('echo round trip')).toContain('\nround trip');
  tiny.type('off\n');
  expect(await tiny.ended).toEqual({ kind: 'ended', outcome: 'powered-off', message: 'The guest switched itself off' });
  expect(tiny.events.filter((event) => event.kind === 'state').map((event) => event.state)).toEqual([
    'running',
    'ended',
  ]);
  expect(tiny.events.at(-1)?.kind).toBe('ended');
});

test('console events are in order and without gaps', async () => {
  const tiny = await started();
  await tiny.command('help');
  let expected = 0;
  for (const event of tiny.events) {
    if (event.kind !== 'console') continue;
    expect(event.position).toBe(expected);
    expected += event.data.length;
  }
  expect(expected).toBe(tiny.machine.stats().consoleBytes);
});

test('every vCPU of four comes up, and statistics tell', async () => {
  const tiny = await started({ cpus: 4 });
  await tiny.command('smp');
  expect(await tiny.command('cpu')).toContain('4 in the device tree, 4 online');
  const stats = tiny.machine.stats();
  expect(stats.vcpus.map((vcpu) => vcpu.power)).toEqual(['on', 'on', 'on', 'on']);
  expect(stats.exits.hypercall).toBeGreaterThanOrEqual(3);
  expect(stats.instructionsRetired).toBeGreaterThan(1000);
  const bytes = 64 * 2 ** 20;
  expect(stats.memoryMap.slots).toEqual([
    { name: 'ram', base: 0x4000_0000n, bytes, maximumBytes: bytes, readOnly: false, logDirty: false },
  ]);
  const calls = tiny.machine.firmwareTrace().filter((call) => call.functionName === 'CPU_ON');
  expect(calls.map((call) => call.result)).toEqual([0n, 0n, 0n]);
});

test.for(['0.1', '0.2', '1.0', '1.1', '1.2', '1.3'] as const)(
  'the guest sees PSCI %s when the machine has it, and turns its CPUs on',
  async (psciVersion) => {
    const tiny = await started({ psciVersion });
    expect(tiny.console).toContain(`PSCI: version ${psciVersion} by HVC`);
    expect(tiny.machine.stats().psciVersion).toBe(psciVersion);
    expect(await tiny.command('smp')).toMatch(/smp: (\d+) of \1 CPUs online/);
  },
);

test('a policy given to a running machine counts from the next call on', async () => {
  const tiny = await started({ policy: { SYSTEM_RESET: 'deny' } });
  expect(await tiny.command('reset')).toContain('reset: ');
  tiny.machine.setPolicy({ policy: { SYSTEM_RESET: 'ask' }, policyTimeoutMs: 600_000, policyDefault: 'deny' });
  const from = tiny.console.length;
  tiny.type('reset\n');
  const asked = await vi.waitFor(
    () => {
      const event = tiny.events.find((each) => each.kind === 'policy');
      if (!event) throw new Error('Nothing was asked');
      return event;
    },
    { timeout: 30_000 },
  );
  expect(asked).toMatchObject({ call: 'SYSTEM_RESET', timeoutMs: 600_000 });
  // Another policy does not touch what is open: it still waits for its answer.
  tiny.machine.setPolicy({ policy: { SYSTEM_RESET: 'deny' } });
  expect(tiny.machine.answerPolicy(asked.id, 'allow')).toBe(true);
  await tiny.shows('tiny guest', from);
  expect(tiny.machine.stats().resets).toBe(1);
});

test('a reset starts over in place, again and again', async () => {
  const tiny = await started();
  for (let count = 1; count <= 3; count++) {
    const from = tiny.console.length;
    tiny.type('reset\n');
    await tiny.shows('tiny guest', from);
    await tiny.shows('tiny> ', from + 'reset\n'.length + 10);
  }
  expect(tiny.machine.stats().resets).toBe(3);
  await vi.waitFor(() =>
    expect(tiny.events.findLast((event) => event.kind === 'reset')).toEqual({
      kind: 'reset',
      count: 3,
      lastReset: { kind: 'cold', type: 0, cookie: 0n },
    }),
  );
});

test('with onReset stop the reset is the end', async () => {
  const tiny = await started({ onReset: 'stop' });
  tiny.type('reset\n');
  expect((await tiny.ended).outcome).toBe('reset');
});

test('a paused guest stands still: time, instructions, console', async () => {
  const tiny = await started();
  await tiny.machine.pause();
  const before = tiny.machine.stats();
  expect(before.state).toBe('paused');
  tiny.type('echo later\n');
  await new Promise((resolve) => setTimeout(resolve, 100));
  const after = tiny.machine.stats();
  expect(after.guestTimeNs).toBe(before.guestTimeNs);
  expect(after.instructionsRetired).toBe(before.instructionsRetired);
  expect(after.consoleBytes).toBe(before.consoleBytes);
  await expect(tiny.machine.pause()).rejects.toMatchObject({ code: 'InvalidState' });
  await tiny.machine.resume();
  await tiny.shows('\nlater');
});

test('stop ends a running and a paused machine', async () => {
  const running = await started();
  await running.machine.stop();
  expect((await running.ended).outcome).toBe('stopped');
  const paused = await started();
  await paused.machine.pause();
  await paused.machine.stop();
  await paused.machine.stop();
  expect((await paused.ended).outcome).toBe('stopped');
});

test('a saved machine goes on in another one where it stood', async () => {
  const source = await started({ cpus: 2 });
  await source.command('smp');
  await source.command('fill 4711');
  await source.machine.pause();
  const time = source.machine.stats().guestTimeNs;
  const blob = await source.machine.saveState();
  expect(blob.length).toBeLessThan(16 * 2 ** 20); // 8 MiB are filled, the rest of 64 is zero

  const target = new TinyMachine({ cpus: 2 });
  onTestFinished(() => target.machine.close());
  await target.machine.restoreState(blob);
  expect(target.machine.stats().guestTimeNs).toBe(time);
  target.machine.start();
  const checked = await target.command('check');
  expect(checked).toMatch(/ok|good|match|same/i);
  expect(await target.command('cpu')).toContain('2 in the device tree, 2 online');
  expect(target.machine.stats().vcpus.map((vcpu) => vcpu.power)).toEqual(['on', 'on']);

  // The source can be taken back to the same moment.
  await source.machine.restoreState(blob);
  await source.machine.resume();
  expect(await source.command('echo still here')).toContain('\nstill here');
});

test('a damaged or foreign state is refused and the machine can still start', async () => {
  const source = await started();
  const blob = await source.machine.saveState();
  const target = new TinyMachine();
  onTestFinished(() => target.machine.close());
  await expect(target.machine.restoreState(blob.subarray(0, blob.length - 1))).rejects.toMatchObject({
    code: 'Corrupt',
  });
  await expect(target.machine.restoreState(new Uint8Array(100))).rejects.toMatchObject({ code: 'Corrupt' });
  const other = new TinyMachine({ cpus: 2 });
  onTestFinished(() => other.machine.close());
  await expect(other.machine.restoreState(blob)).rejects.toThrow('cpus is 1, this machine has 2');
  target.machine.start();
  await target.ready();
});

test('a guest in the weeds is reported with registers and code', async () => {
  const tiny = await started();
  tiny.type('wild 0x20000000\n');
  const { outcome, message, report } = await tiny.ended;
  expect(outcome).toBe('crashed');
  expect(message).toMatch(/^vCPU 0 (read from|wrote to) guest physical address 0x20000000 /);
  expect(report?.vcpu).toBe(0);
  expect(report?.registers['pc']).toMatch(/^0x0000000040[0-9a-f]{6}$/);
  expect(report?.disassembly.filter((line) => line.startsWith('=>'))).toHaveLength(1);
  expect(report?.lastExits.at(-1)).toBe('memory fault gpa=0x20000000');
  expect(report?.consoleTail).toContain('wild 0x20000000');
});

test('a jump into nothing is reported as a fetch', async () => {
  const tiny = await started();
  tiny.type('jump\n');
  const { outcome, message, report } = await tiny.ended;
  expect(outcome).toBe('crashed');
  expect(message).toContain('fetched an instruction from guest physical address 0x3000000000');
  expect(report?.disassembly).toEqual([]);
});

test('an idle guest costs nearly nothing', async () => {
  const tiny = await started();
  tiny.type('idle\n');
  await new Promise((resolve) => setTimeout(resolve, 200));
  const before = process.cpuUsage();
  const start = performance.now();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const { user, system } = process.cpuUsage(before);
  // A vCPU that spins would make it 1; what idle really costs is in test/performance.
  expect((user + system) / 1000 / (performance.now() - start)).toBeLessThan(0.25);
});

test('a guest that prints a lot does not block the JS thread', async () => {
  const tiny = await started();
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, 1);
  for (let round = 0; round < 20; round++) {
    tiny.type(`${'help\n'.repeat(20)}echo end of ${round}\n`); // the guest's own input ring holds 256 bytes
    await tiny.shows(`\nend of ${round}`);
  }
  clearInterval(timer);
  expect(longest).toBeLessThan(2000); // blocked for good or for all of the output, whatever else the host does
  // Gathered: far fewer events than bytes.
  expect(tiny.events.length).toBeLessThan(tiny.console.length / 20);
});
