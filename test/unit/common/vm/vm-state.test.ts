import { expect, test } from 'vitest';
import { ACTIONS, allows, canMove, isLive, TRANSITIONS, VM_STATES } from '../../../../src/common/vm/vm-state.ts';

test('every state can be reached from off', () => {
  const reached = new Set<string>(['off']);
  for (let size = 0; size !== reached.size;) {
    size = reached.size;
    for (const state of VM_STATES) if (reached.has(state)) for (const next of TRANSITIONS[state]) reached.add(next);
  }
  expect([...reached].sort()).toEqual([...VM_STATES].sort());
});

test('every state lets the user do something, and every live state can be stopped', () => {
  for (const state of VM_STATES) {
    expect(ACTIONS.some((action) => allows(state, action))).toBe(true);
    expect(allows(state, 'stop')).toBe(isLive(state));
    expect(allows(state, 'start')).toBe(canMove(state, 'starting'));
  }
});
