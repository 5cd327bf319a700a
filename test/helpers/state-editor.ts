/** KVM's id of a system register. [Linux, Documentation/virt/kvm/api.rst, KVM_SET_ONE_REG] */
export function systemRegisterId(op0: number, op1: number, crn: number, crm: number, op2: number): bigint {
  return 0x6030_0000_0013_0000n | BigInt((op0 << 14) | (op1 << 11) | (crn << 7) | (crm << 3) | op2);
}

/**
 * Changes a register of every vCPU in what saveState() gave.
 * @param change gets the register's id and the low half of its value, and gives others
 * @throws when the state has no such register
 */
export function withRegister(
  state: Uint8Array,
  id: bigint,
  change: (id: bigint, value: bigint) => readonly [bigint, bigint],
): Uint8Array {
  const edited = Uint8Array.from(state);
  const view = new DataView(edited.buffer);
  let count = 0;
  // Before the memory, where the same bytes may be anything: id, low and high half of the value, little-endian.
  for (let at = 0; at + 24 <= Math.min(edited.length, 1 << 16); at++) {
    if (view.getBigUint64(at, true) !== id) continue;
    const [otherId, value] = change(id, view.getBigUint64(at + 8, true));
    view.setBigUint64(at, otherId, true);
    view.setBigUint64(at + 8, value, true);
    count++;
  }
  if (count === 0) throw new Error(`The state has no register 0x${id.toString(16)}`);
  return edited;
}
