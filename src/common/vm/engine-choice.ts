import { DormouseError } from '../contract/errors.ts';
import type { EngineInfo, EngineName } from '../contract/machine-types.ts';

/** What a person can wish for; `auto` leaves it to chooseEngine(). */
export const ENGINE_WISHES = ['auto', 'emulator', 'kvm'] as const;
export type EngineWish = (typeof ENGINE_WISHES)[number];

/** Whether the emulator translates hot code; `auto`: as this version has it, which is off. KVM has no use for it. */
export const JIT_WISHES = ['auto', 'on', 'off'] as const;
export type JitWish = (typeof JIT_WISHES)[number];

export interface EngineChoice {
  readonly engine: EngineName;
  /** One sentence: why this one. */
  readonly reason: string;
}

/**
 * The one place where `auto` is resolved: KVM when it works, else the emulator, and why. An engine asked for by name is
 * never replaced.
 */
export function chooseEngine(wish: EngineWish, engines: readonly EngineInfo[]): EngineChoice {
  const find = (name: EngineName) => engines.find((engine) => engine.name === name);
  if (wish !== 'auto') {
    const engine = find(wish);
    if (engine?.available) return { engine: wish, reason: `The engine ${wish} was asked for` };
    throw new DormouseError(
      'E_UNSUPPORTED',
      `Engine ${wish} is not available: ${engine?.reason ?? 'it is not in this build'}`,
    );
  }
  const kvm = find('kvm');
  if (kvm?.available) return { engine: 'kvm', reason: 'KVM works on this computer' };
  return {
    engine: 'emulator',
    reason: `Emulated, because KVM is not available: ${kvm?.reason ?? 'it is not in this build'}`,
  };
}

/** What a VM that is off would run on, as one sentence; of a wish that cannot be granted, why not. */
export function describeChoice(wish: EngineWish, engines: readonly EngineInfo[]): string {
  try {
    return engineSentence(chooseEngine(wish, engines));
  } catch (error) {
    return (error as Error).message;
  }
}

/** "emulator: Emulated, because KVM is not available: There is no /dev/kvm" */
export function engineSentence({ engine, reason }: EngineChoice): string {
  return `${engine}: ${reason}`;
}
