import type { Outcome } from '../common/contract/machine-types.ts';

/** Exit statuses of `dormouse run`; documented in --help and the README. */
export const EXIT = {
  poweredOff: 0,
  hostError: 1,
  usage: 2,
  reset: 3,
  hibernated: 4,
  crashed: 5,
  timeout: 124,
  /** The user ended the guest from the keyboard (Ctrl-A x), as a shell counts an interrupt. */
  quit: 130,
} as const;

const BY_OUTCOME: Record<Outcome, number> = {
  'powered-off': EXIT.poweredOff,
  reset: EXIT.reset,
  hibernated: EXIT.hibernated,
  crashed: EXIT.crashed,
  error: EXIT.hostError,
  stopped: EXIT.quit,
};

export function exitStatus(outcome: Outcome): number {
  return BY_OUTCOME[outcome];
}
