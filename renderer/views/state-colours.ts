import type { VmState } from '../../src/common/vm/vm-state.ts';

export const STATE_COLOURS: Record<VmState, string> = {
  off: 'var(--state-off)',
  starting: 'var(--state-paused)',
  running: 'var(--state-running)',
  paused: 'var(--state-paused)',
  suspended: 'var(--state-hibernated)',
  stopping: 'var(--state-paused)',
  hibernated: 'var(--state-hibernated)',
  saved: 'var(--state-hibernated)',
  crashed: 'var(--state-crashed)',
};

export function isChanging(state: VmState): boolean {
  return state === 'starting' || state === 'stopping';
}
