import { expect, onTestFinished, test, vi } from 'vitest';
import { COUNTERS } from '../../../src/common/vm/counters.ts';
import { TEST_ENGINE } from '../../helpers/engine.ts';
import { native } from '../../../src/vmhost/native.ts';
import { TinyMachine } from './tiny-machine.ts';

const PATIENCE = { timeout: 60_000 };
const hasJit = TEST_ENGINE === 'emulator' && native.hostInfo().jit.available;

async function started(jit: 'on' | 'off'): Promise<TinyMachine> {
  const tiny = await TinyMachine.started({ cpus: 2, ...(TEST_ENGINE === 'emulator' && { jit }) });
  onTestFinished(() => tiny.machine.close());
  return tiny;
}

test.for(hasJit ? (['on', 'off'] as const) : (['off'] as const))(
  'every counter of the engine is known by name, and grows, with the JIT %s',
  async (jit) => {
    const tiny = await started(jit);
    await tiny.command('smp');
    const before = tiny.machine.stats().vcpus.map((vcpu) => vcpu.details);
    for (const details of before) {
      for (const [name, value] of Object.entries(details)) {
        expect(Number.isInteger(value) && value >= 0, name).toBe(true);
        if (!name.startsWith('calls.')) expect(COUNTERS, name).toHaveProperty(name);
      }
    }
    if (TEST_ENGINE !== 'emulator') return;
    const [first] = before;
    expect(first?.['blocksDecoded']).toBeGreaterThan(10);
    expect(first?.['accessesToDevices']).toBeGreaterThan(0);
    expect('blocksTranslated' in (first ?? {})).toBe(jit === 'on');
    if (jit === 'on') expect(first?.['blocksTranslated']).toBeGreaterThan(0);
    await tiny.command('help');
    await vi.waitUntil(
      () => (tiny.machine.stats().vcpus[0]?.details['accessesSlow'] ?? 0) > (first?.['accessesSlow'] ?? 0),
      PATIENCE,
    );
    for (const [index, now] of tiny.machine.stats().vcpus.entries()) {
      for (const [name, value] of Object.entries(before[index] ?? {}))
        if (COUNTERS[name]?.kind === 'count') expect(now.details[name], name).toBeGreaterThanOrEqual(value);
    }
  },
);
