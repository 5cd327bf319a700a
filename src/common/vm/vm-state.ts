/** What a VM is doing, or how it ended. A suspended guest sleeps and wakes on this machine; end states are kept and shown until the next start. */
export const VM_STATES = [
  'off',
  'starting',
  'running',
  'paused',
  'suspended',
  'stopping',
  'hibernated',
  'saved',
  'crashed',
] as const;
export type VmState = (typeof VM_STATES)[number];

/** Every legal move; anything else is a bug of ours. */
export const TRANSITIONS = {
  off: ['starting'],
  starting: ['running', 'paused', 'suspended', 'hibernated', 'saved', 'crashed', 'off', 'stopping'],
  running: ['paused', 'suspended', 'stopping', 'off', 'hibernated', 'crashed'],
  paused: ['running', 'suspended', 'stopping', 'off', 'hibernated', 'crashed'],
  suspended: ['running', 'paused', 'stopping', 'off', 'hibernated', 'crashed'],
  stopping: ['off', 'hibernated', 'saved', 'crashed'],
  hibernated: ['starting'],
  saved: ['starting'],
  crashed: ['starting'],
} as const satisfies Record<VmState, readonly VmState[]>;

export function canMove(from: VmState, to: VmState): boolean {
  return (TRANSITIONS[from] as readonly VmState[]).includes(to);
}

const LIVE: readonly VmState[] = ['starting', 'running', 'paused', 'suspended', 'stopping'];

/** A host process exists in these states. */
export function isLive(state: VmState): boolean {
  return LIVE.includes(state);
}

/** What a person can ask for in each state; buttons, menus and the command line read it. */
export const ACTIONS = ['start', 'pause', 'resume', 'wake', 'power', 'stop', 'delete'] as const;
export type VmAction = (typeof ACTIONS)[number];
/** These need a file as well. */
export type FileAction = 'save' | 'restore';

const ALLOWED: Record<VmState, readonly (VmAction | FileAction)[]> = {
  off: ['start', 'restore', 'delete'],
  starting: ['stop'],
  running: ['pause', 'power', 'save', 'stop'],
  paused: ['resume', 'save', 'stop'],
  suspended: ['wake', 'save', 'stop'],
  stopping: ['stop'],
  hibernated: ['start', 'restore', 'delete'],
  saved: ['restore', 'start', 'delete'],
  crashed: ['start', 'restore', 'delete'],
};

export function allows(state: VmState, action: VmAction | FileAction): boolean {
  return ALLOWED[state].includes(action);
}
