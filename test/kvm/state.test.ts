// A guest that checks itself goes from KVM to the emulator and back, as often as one likes; and what stands in the way is
// said before anything is touched.
import { release } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { MachineConfig } from '../../binding/index.js';
import { CheckerGuest, checkTally, journey, type Stop } from '../helpers/checker-guest.ts';
import { draws } from '../helpers/mapper-guest.ts';
import { systemRegisterId, withRegister } from '../helpers/state-editor.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const SEED = 20261121;
const ROUNDS = 4;
const PORTABLE: Partial<MachineConfig> = { cpuProfile: 'portable-v1' };

/** From Linux 6.15 on KVM can present another MIDR_EL1 than the host's. */
const [major = 0, minor = 0] = release().split('.').map(Number);
const HAS_WRITABLE_MIDR = major > 6 || (major === 6 && minor >= 15);

const kvm = (changes: Partial<MachineConfig> = {}): Stop => ({ engine: 'kvm', changes: { ...PORTABLE, ...changes } });
const emulator = (changes: Partial<MachineConfig> = {}): Stop => ({
  engine: 'emulator',
  changes: { ...PORTABLE, ...changes },
});

/** What a machine offers to the state in a file, and what it would refuse. */
async function refusals(stop: Stop, file: string): Promise<readonly string[]> {
  const target = new CheckerGuest(stop);
  onTestFinished(() => target.machine.close());
  const { findings } = await target.machine.preflight(file);
  const refused = findings.filter(({ verdict }) => verdict === 'refused').map(({ reason }) => reason);
  // Restoring says the same, and leaves the machine as it was.
  if (refused.length > 0) {
    await expect(target.machine.restoreState(file)).rejects.toThrow(refused[0] ?? '');
    target.machine.start();
    await target.shows('checker ');
  }
  return refused;
}

/** The state of a guest at its first stop, which it has left. */
async function savedAt(stop: Stop): Promise<string> {
  const file = path.join(temporaryFolder(), 'saved.state');
  const guest = await CheckerGuest.started(stop);
  onTestFinished(() => guest.machine.close());
  await guest.machine.saveState(file);
  await guest.machine.close();
  return file;
}

async function hostFrequency(): Promise<number> {
  const machine = new CheckerGuest(kvm());
  onTestFinished(() => machine.machine.close());
  return (await machine.machine.preflight(await savedAt(kvm()))).offered.counterFrequencyHz;
}

test.each([1, 2, 4])('a guest with %d CPUs goes from KVM to KVM, to the emulator, and back', async (cpus) => {
  const changes = { cpus };
  const [k, e] = [kvm(changes), emulator(changes)];
  const { guest } = await journey([k, k, e, e, k, e, k, k], ROUNDS, draws(SEED + cpus));
  onTestFinished(() => guest.machine.close());
  await checkTally(guest, cpus);
});

test('a guest that began on the emulator goes to KVM, where that can present its MIDR_EL1', async () => {
  const changes = { cpus: 2, counterFrequencyHz: await hostFrequency() };
  if (HAS_WRITABLE_MIDR) {
    const { guest } = await journey([emulator(changes), kvm(changes), emulator(changes)], ROUNDS, draws(SEED));
    onTestFinished(() => guest.machine.close());
    await checkTally(guest, 2);
  } else {
    const refused = await refusals(kvm(changes), await savedAt(emulator(changes)));
    expect(refused.every((reason) => reason.startsWith('MIDR_EL1'))).toBe(true);
    expect(refused.length).toBeGreaterThan(0);
  }
});

test('another counter frequency is refused: a host cannot count at it', async () => {
  const file = await savedAt(emulator({ counterFrequencyHz: 24_000_000 }));
  const host = await hostFrequency();
  expect(await refusals(kvm(), file)).toContain(
    `CNTFRQ_EL0 is 24000000 Hz, this machine counts at ${host} Hz: the guest would measure time wrongly, and a host's counter cannot be scaled`,
  );
  expect(() => new CheckerGuest(kvm({ counterFrequencyHz: 24_000_001 }))).toThrow(
    `counterFrequencyHz is 24000001: this computer counts at ${host} Hz`,
  );
});

test('what the host has and the profile has not is refused by field, in both directions', async () => {
  const host = await savedAt(kvm({ cpuProfile: 'host' }));
  expect(await refusals(kvm(), host)).toContain('ID_AA64ISAR0_EL1.AES is 2, this machine offers 0');
  const native = await savedAt(emulator({ cpuProfile: 'dormouse-v1' }));
  const refused = await refusals(kvm({ cpuProfile: 'host' }), native);
  expect(refused).toContain('ID_AA64ISAR0_EL1.Atomic is 2, this machine offers 0');
  expect(refused).toContain('cpuProfile is dormouse-v1, this machine has host');
});

test.each([kvm(), emulator()])(
  'on $engine: a register that it does not know, a feature that it has not',
  async (stop) => {
    const source = await CheckerGuest.started(kvm());
    onTestFinished(() => source.machine.close());
    const state = await source.machine.saveState();
    const target = new CheckerGuest(stop);
    onTestFinished(() => target.machine.close());
    const unknown = withRegister(state, systemRegisterId(3, 3, 13, 0, 3), (_, value) => [
      systemRegisterId(3, 3, 15, 15, 7),
      value,
    ]);
    await expect(target.machine.restoreState(unknown)).rejects.toThrow(
      /^Saved state: S3_3_C15_C15_7 is 0x[0-9a-f]+, this machine has no such register/,
    );
    const atomics = withRegister(state, systemRegisterId(3, 0, 0, 6, 0), (id, value) => [id, value | (2n << 20n)]);
    await expect(target.machine.restoreState(atomics)).rejects.toThrow(
      'Saved state: ID_AA64ISAR0_EL1.Atomic is 2, this machine offers 0',
    );
    await target.machine.restoreState(state);
    target.machine.start();
    await target.goesOn(ROUNDS);
  },
);
