// Firmware calls that KVM answers itself. Linux puts the fast calls of the Arm architecture's owner, in both conventions,
// into each SMCCC filter as its own, so user space cannot have them. [Linux, Documentation/virt/kvm/devices/vm.rst and
// arch/arm64/kvm/hypercalls.c] An id with the SVE hint is another id for the filter, and is forwarded.
import type { OtherFirmware } from './psci-cases.ts';
import { CODE, SMCCC } from './psci-model.ts';

const [FIRST, LAST] = [0x8000_0000n, 0x8000_ffffn];
const WIDE = 0x4000_0000n;
/** What ARCH_FEATURES may say of a work-around, which depends on the rig's processor. */
const WORKAROUND_STATES = [0n, 1n, -2n, CODE.notSupported];
const WORKAROUNDS: readonly bigint[] = [SMCCC.workaround1, SMCCC.workaround2, SMCCC.workaround3];

/** x1 to x3: results in SMCCC 1.1, which KVM sets to zero. */
export const RESULT_REGISTERS = 0b1110n;

/** @param id as in x0 */
export function isAnsweredByKvm(id: bigint): boolean {
  const narrow = BigInt.asUintN(32, id) & ~WIDE;
  return narrow >= FIRST && narrow <= LAST;
}

/** What KVM may answer, whatever the machine's PSCI version is; it looks past the immediate of an HVC. */
function expectOfKvm(x: readonly bigint[], bySmc: boolean, immediate: number): readonly bigint[] {
  const [id, asked] = [BigInt.asUintN(32, x[0] ?? 0n), BigInt.asUintN(32, x[1] ?? 0n)];
  if (bySmc && immediate !== 0) return [CODE.notSupported];
  if (id === SMCCC.version) return [0x1_0001n];
  if (id === SMCCC.archFeatures) return WORKAROUNDS.includes(asked) ? WORKAROUND_STATES : [CODE.notSupported];
  // KVM's entry code returns from these before anything else looks at the call.
  if (!bySmc && WORKAROUNDS.includes(id)) return [0n];
  return [CODE.notSupported];
}

/** The part of KVM where all other calls are ours. */
export const answeredByKvm: OtherFirmware = ({ x, bySmc, immediate }) =>
  isAnsweredByKvm(x[0] ?? 0n) ? { results: expectOfKvm(x, bySmc, immediate), mayChange: RESULT_REGISTERS } : undefined;
