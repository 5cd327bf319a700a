import type { VmConfig, VmEnd } from '../../common/config/vm-config.ts';
import type { MachineEnd } from '../../common/contract/machine-types.ts';
import type { VmState } from '../../common/vm/vm-state.ts';

/** How a run's end is kept and shown until the next start. */
export function endOfRun(end: MachineEnd, before: VmState, config: VmConfig, at: string): VmEnd {
  const message = end.message.slice(0, 2000);
  const common = { message, at, ...(end.lastReset && { lastReset: end.lastReset }) };
  if (end.outcome === 'hibernated')
    return { state: 'hibernated', ...common, offType: end.offType ?? 0, psciVersion: config.profile.psciVersion };
  // A VM that could not even be built has not crashed: it is what it was, and the message says what to mend.
  if (end.outcome === 'error' && before === 'starting')
    return config.lastEnd?.state === 'hibernated' ? { ...config.lastEnd, message } : { state: 'off', ...common };
  const isLost = end.outcome === 'crashed' || end.outcome === 'error';
  return { state: isLost ? 'crashed' : 'off', ...common };
}
