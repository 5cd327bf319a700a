import type { CpuProfile } from '../config/vm-config.ts';
import type { PsciVersion } from '../config/psci-version.ts';
import { formatSize } from '../base/units.ts';
import { DormouseError } from '../contract/errors.ts';
import type { EngineInfo, EngineName } from '../contract/machine-types.ts';

/** What a person can wish for; `auto` leaves it to chooseEngine(). */
export const ENGINE_WISHES = ['auto', 'emulator', 'kvm'] as const;
export type EngineWish = (typeof ENGINE_WISHES)[number];

/** Whether the emulator translates hot code; `auto`: on x86-64 hosts. KVM has no use for it. */
export const JIT_WISHES = ['auto', 'on', 'off'] as const;
export type JitWish = (typeof JIT_WISHES)[number];

/** What of a VM decides which engines can run it. */
export interface EngineNeeds {
  readonly engine: EngineWish;
  readonly cpuProfile: CpuProfile;
  readonly psciVersion: PsciVersion;
  readonly counterFrequencyHz?: number | undefined;
  readonly sdei: { readonly enabled: boolean };
  readonly cpus: number;
  readonly memoryBytes: number;
  /** The engine on which the guest was put to sleep that is to wake now; absent when it boots afresh. */
  readonly sleptOn?: EngineName | undefined;
}

export interface EngineChoice {
  readonly engine: EngineName;
  /** One sentence: why this one. */
  readonly reason: string;
}

/** Of KVM, for people. */
const NAMES = { emulator: 'the emulator', kvm: 'KVM' } as const satisfies Record<EngineName, string>;

/** Why an engine cannot run this VM here; undefined: it can. */
function obstacle(name: EngineName, needs: EngineNeeds, engines: readonly EngineInfo[]): string | undefined {
  const engine = engines.find((one) => one.name === name);
  if (!engine?.available) return `${NAMES[name]} is not available: ${engine?.reason ?? 'it is not in this build'}`;
  const values = { cpuProfile: needs.cpuProfile, psciVersion: needs.psciVersion, sdei: String(needs.sdei.enabled) };
  const refusal = engine.refusals.find(({ setting, value }) => values[setting] === value);
  const cannot = `${NAMES[name]} cannot run this VM here`;
  if (refusal) return `${cannot}: ${refusal.reason}`;
  const { counterFrequencyHz: hertz = 0 } = needs;
  if (hertz !== 0 && engine.counterFrequencyHz !== 0 && hertz !== engine.counterFrequencyHz)
    return `${cannot}: its counter is to count at ${hertz} Hz, and counts at ${engine.counterFrequencyHz} Hz here`;
  if (needs.cpus > engine.maxCpus) return `${cannot}: it has ${needs.cpus} CPUs, and at most ${engine.maxCpus} work`;
  if (needs.memoryBytes > engine.maxMemoryBytes)
    return `${cannot}: it has ${formatSize(needs.memoryBytes)} of memory, and addresses reach for ${formatSize(engine.maxMemoryBytes)}`;
  return undefined;
}

function unsupported(message: string): DormouseError {
  return new DormouseError('E_UNSUPPORTED', message.charAt(0).toUpperCase() + message.slice(1));
}

/** A sleeping guest has seen its processor: another one is a person's choice, unless the profile makes them the same. */
function engineOfSleeper(
  slept: EngineName,
  needs: EngineNeeds,
  engines: readonly EngineInfo[],
): EngineChoice | undefined {
  const missing = obstacle(slept, needs, engines);
  if (missing === undefined)
    return { engine: slept, reason: `The guest was put to sleep on ${NAMES[slept]} and wakes there` };
  if (needs.cpuProfile === 'portable-v1') return undefined;
  throw unsupported(
    `The guest was put to sleep on ${NAMES[slept]}, but ${missing}; to wake it on another processor all the same, choose the engine by name`,
  );
}

/**
 * The one place where `auto` is resolved: the engine that the guest sleeps on, else KVM when it can run this VM, else the
 * emulator, and why. An engine asked for by name is never replaced.
 * @throws DormouseError E_UNSUPPORTED with the reason when there is none
 */
export function chooseEngine(needs: EngineNeeds, engines: readonly EngineInfo[]): EngineChoice {
  const { engine: wish, sleptOn } = needs;
  if (wish !== 'auto') {
    const missing = obstacle(wish, needs, engines);
    if (missing !== undefined) throw unsupported(missing);
    return { engine: wish, reason: `The engine ${wish} was asked for` };
  }
  const sleeper = sleptOn && engineOfSleeper(sleptOn, needs, engines);
  if (sleeper) return sleeper;
  const noKvm = obstacle('kvm', needs, engines);
  if (noKvm === undefined) return { engine: 'kvm', reason: 'KVM works on this computer' };
  const noEmulator = obstacle('emulator', needs, engines);
  if (noEmulator !== undefined) throw unsupported(`${noKvm}; and ${noEmulator}`);
  return { engine: 'emulator', reason: `Emulated, because ${noKvm}` };
}

/** What a VM that is off would run on, as one sentence; of a wish that cannot be granted, why not. */
export function describeChoice(needs: EngineNeeds, engines: readonly EngineInfo[]): string {
  try {
    return engineSentence(chooseEngine(needs, engines));
  } catch (error) {
    return (error as Error).message;
  }
}

/** "emulator: Emulated, because KVM is not available: There is no /dev/kvm" */
export function engineSentence({ engine, reason }: EngineChoice): string {
  return `${engine}: ${reason}`;
}
