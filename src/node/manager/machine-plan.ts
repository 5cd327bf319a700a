import { formatSize } from '../../common/base/units.ts';
import type { VmProfile, VmSettings } from '../../common/config/vm-config.ts';
import { DormouseError } from '../../common/contract/errors.ts';
import type { HostInfo, MachineConfig } from '../../common/contract/machine-types.ts';
import { chooseEngine } from '../../common/vm/engine-choice.ts';

/** What is to run, without the name it has in the registry. */
export type MachineWish = Omit<VmSettings, 'name'> & Pick<VmProfile, 'psciVersion'>;

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
    engine: chooseEngine(wish.engine, host.engines).engine,
    cpus: wish.cpus,
    memoryBytes: wish.memoryBytes,
    kernel: wish.kernel,
    ...(wish.initrd !== undefined && { initrd: wish.initrd }),
    commandLine: wish.commandLine,
    psciVersion: wish.psciVersion,
    onReset,
    policy: wish.policy.calls,
    policyTimeoutMs: wish.policy.timeoutMs,
    policyDefault: wish.policy.unanswered,
    sdei: wish.sdei.enabled,
    sdeiEvents: wish.sdei.events,
  };
}
