// A stock kernel under load goes from KVM to the emulator and back, as if nothing had been.
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import type { EngineName } from '../../binding/index.js';
import { debianGuest } from '../helpers/debian.ts';
import { complaintsIn } from '../helpers/kernel-log.ts';
import { LinuxMachine } from '../helpers/linux-machine.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const ACTIONS = 'console=ttyAMA0 dormouse.do=selftest,selftest,selftest,poweroff';
const SELFTESTS = 3;
/** Three legs, each of minutes on a busy host. */
const PATIENCE_MS = 900_000;

test.each([
  ['kvm', 'emulator', 'kvm'],
  ['kvm', 'kvm', 'emulator'],
] as [EngineName, EngineName, EngineName][])(
  'a Debian kernel under load boots on %s, goes on on %s, and ends on %s',
  async (first, second, third) => {
    const guest = await debianGuest('6.12-cloud');
    const file = path.join(temporaryFolder(), 'debian.state');
    const on = (engine: EngineName, isStarted: boolean) =>
      new LinuxMachine(
        guest,
        { engine, cpuProfile: 'portable-v1', memoryBytes: 256 * 2 ** 20, commandLine: ACTIONS },
        isStarted,
      );
    let linux = on(first, true);
    let text = '';
    for (const engine of [second, third]) {
      await linux.heard(/SELFTEST-OK/); // the next one has begun
      await linux.machine.pause();
      await linux.machine.saveState(file);
      const { guestTimeNs } = linux.machine.stats();
      await linux.machine.close();
      text += linux.text;
      linux = on(engine, false);
      expect((await linux.machine.preflight(file)).findings.filter(({ verdict }) => verdict === 'refused')).toEqual([]);
      await linux.machine.restoreState(file);
      expect(linux.machine.stats().guestTimeNs).toBe(guestTimeNs);
      linux.machine.start();
      console.log(`goes on on ${engine} after ${Number(guestTimeNs) / 1e9} s`);
    }
    await vi.waitUntil(() => linux.outcome !== undefined, { timeout: 240_000 });
    text += linux.text;
    expect(linux.outcome).toBe('powered-off');
    expect(text).not.toContain('SELFTEST-FAIL');
    expect(text.split('SELFTEST-OK').length - 1).toBe(SELFTESTS);
    expect(text.split('Booting Linux').length - 1).toBe(1);
    expect(complaintsIn(text)).toEqual([]);
  },
  PATIENCE_MS,
);
