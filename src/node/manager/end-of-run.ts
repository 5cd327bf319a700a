import type { VmConfig, VmEnd } from '../../common/config/vm-config.ts';
import type { EngineName, MachineEnd } from '../../common/contract/machine-types.ts';
import type { VmState } from '../../common/vm/vm-state.ts';

/** There is something that a later start can go on from. */
function isKept(end: VmEnd | undefined): end is Extract<VmEnd, { state: 'hibernated' | 'saved' }> {
  return end?.state === 'hibernated' || end?.state === 'saved';
}

/**
 * How a run's end is kept and shown until the next start.
 * @param engine what the run was on, when it came so far
 * @param savedTo the file that holds the machine, when that is why it was stopped
 */
export function endOfRun(
  end: MachineEnd,
  before: VmState,
  config: VmConfig,
  at: string,
  engine?: EngineName,
  savedTo?: string,
): VmEnd {
  const message = end.message.slice(0, 2000);
  const common = { message, at, ...(end.lastReset && { lastReset: end.lastReset }) };
  const sleep = { ...common, ...(engine && { engine }) };
  if (end.outcome === 'hibernated')
    return { state: 'hibernated', ...sleep, offType: end.offType ?? 0, psciVersion: config.profile.psciVersion };
  if (end.outcome === 'stopped' && savedTo !== undefined)
    return { state: 'saved', ...sleep, message: `Saved to ${savedTo}`, file: savedTo };
  // A VM that could not even be built has not crashed: it is what it was, and the message says what to mend.
  if (end.outcome === 'error' && before === 'starting')
    return isKept(config.lastEnd) ? { ...config.lastEnd, message } : { state: 'off', ...common };
  const isLost = end.outcome === 'crashed' || end.outcome === 'error';
  return { state: isLost ? 'crashed' : 'off', ...common };
}
