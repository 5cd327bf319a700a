import { formatSize } from '../../common/base/units.ts';
import type { Policy } from '../../common/config/firmware-config.ts';
import type { VmProfile, VmSettings } from '../../common/config/vm-config.ts';
import { DormouseError } from '../../common/contract/errors.ts';
import type { HostInfo, MachineConfig, MachinePolicy } from '../../common/contract/machine-types.ts';
import { chooseEngine, type EngineNeeds } from '../../common/vm/engine-choice.ts';

/** What is to run, without the name it has in the registry. */
export type MachineWish = Omit<VmSettings, 'name'> &
  Pick<VmProfile, 'psciVersion' | 'cpuProfile' | 'counterFrequencyHz'> &
  Pick<EngineNeeds, 'sleptOn'>;

/** A VM's policy as a machine takes it. */
export function planPolicy(policy: Policy): MachinePolicy {
  return { policy: policy.calls, policyTimeoutMs: policy.timeoutMs, policyDefault: policy.unanswered };
}

/** Turns a wish into what this host's addon is asked to build, or says why this host cannot. */
export function planMachine(wish: MachineWish, host: HostInfo, onReset: MachineConfig['onReset']): MachineConfig {
  if (wish.memoryBytes > host.memoryBytes) {
    const [asked, present] = [formatSize(wish.memoryBytes), formatSize(host.memoryBytes)];
    throw new DormouseError('E_MEMORY', `${asked} of memory is more than the ${present} that this computer has`);
  }
  if (wish.cpus > host.maxCpus)
    throw new DormouseError(
      'E_INVALID',
      `${wish.cpus} CPUs are more than the ${host.maxCpus} that the board has room for`,
    );
  return {
    engine: chooseEngine(wish, host.engines).engine,
    cpuProfile: wish.cpuProfile,
    ...(wish.counterFrequencyHz !== undefined && { counterFrequencyHz: wish.counterFrequencyHz }),
    ...(wish.jit !== 'auto' && { jit: wish.jit }),
    cpus: wish.cpus,
    memoryBytes: wish.memoryBytes,
    kernel: wish.kernel,
    ...(wish.initrd !== undefined && { initrd: wish.initrd }),
    commandLine: wish.commandLine,
    psciVersion: wish.psciVersion,
    idleStates: wish.idleStates,
    onReset,
    ...planPolicy(wish.policy),
    sdei: wish.sdei.enabled,
    sdeiEvents: wish.sdei.events,
  };
}
