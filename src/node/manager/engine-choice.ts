import { DormouseError } from '../../common/contract/errors.ts';
import type { EngineInfo, EngineName } from '../../common/contract/machine-types.ts';

export interface EngineChoice {
  readonly engine: EngineName;
  /** One sentence: why this one. */
  readonly reason: string;
}

/** `auto` takes KVM when it works, else the emulator, and says why. An engine asked for by name is never replaced. */
export function chooseEngine(wish: 'auto' | EngineName, engines: readonly EngineInfo[]): EngineChoice {
  const find = (name: EngineName) => engines.find((engine) => engine.name === name);
  if (wish !== 'auto') {
    const engine = find(wish);
    if (engine?.available) return { engine: wish, reason: `The ${wish} engine was asked for` };
    throw new DormouseError(
      'E_UNSUPPORTED',
      `Engine ${wish} is not available: ${engine?.reason ?? 'not in this build'}`,
    );
  }
  const kvm = find('kvm');
  if (kvm?.available) return { engine: 'kvm', reason: 'KVM works on this computer' };
  return {
    engine: 'emulator',
    reason: `Emulated, because KVM is not available: ${kvm?.reason ?? 'not in this build'}`,
  };
}
