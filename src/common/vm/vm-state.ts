/** What a VM is doing, or how it ended. End states are kept and shown until the next start. */
export const VM_STATES = ['off', 'starting', 'running', 'paused', 'stopping', 'hibernated', 'crashed'] as const;
export type VmState = (typeof VM_STATES)[number];

/** Every legal move; anything else is a bug of ours. */
export const TRANSITIONS = {
  off: ['starting'],
  starting: ['running', 'crashed', 'off', 'stopping'],
  running: ['paused', 'stopping', 'off', 'hibernated', 'crashed'],
  paused: ['running', 'stopping', 'off', 'crashed'],
  stopping: ['off', 'hibernated', 'crashed'],
  hibernated: ['starting'],
  crashed: ['starting'],
} as const satisfies Record<VmState, readonly VmState[]>;

export function canMove(from: VmState, to: VmState): boolean {
  return (TRANSITIONS[from] as readonly VmState[]).includes(to);
}

/** A host process exists in these states. */
export function isLive(state: VmState): boolean {
  return state === 'starting' || state === 'running' || state === 'paused' || state === 'stopping';
}

/** What a person can ask for in each state; buttons, menus and the command line read it. */
export const ACTIONS = ['start', 'pause', 'resume', 'power', 'stop', 'delete'] as const;
export type VmAction = (typeof ACTIONS)[number];

const ALLOWED: Record<VmState, readonly VmAction[]> = {
  off: ['start', 'delete'],
  starting: ['stop'],
  running: ['pause', 'power', 'stop'],
  paused: ['resume', 'stop'],
  stopping: ['stop'],
  hibernated: ['start', 'delete'],
  crashed: ['start', 'delete'],
};

export function allows(state: VmState, action: VmAction): boolean {
  return ALLOWED[state].includes(action);
}
