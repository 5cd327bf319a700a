// Where the PSCI of Linux' KVM differs from ours: on hosts before 6.4 it serves the guest, and nobody can change that.
// [Linux 6.1, arch/arm64/kvm/psci.c, hypercalls.c, handle_exit.c]
import { answeredByKvm, RESULT_REGISTERS } from '../helpers/kvm-calls.ts';
import type { Call, OtherFirmware } from '../helpers/psci-cases.ts';
import { CODE } from '../helpers/psci-model.ts';

interface Difference {
  readonly reason: string;
  readonly isMeant: (call: Call) => boolean;
  /** What KVM gives; 'not made': the script would not go on, or not as for us. */
  readonly gives: readonly bigint[] | 'not made';
}

const id = ({ x }: Call) => BigInt.asUintN(32, x[0] ?? 0n);
const argument = ({ x, expected }: Call, index: number) => BigInt.asUintN(expected.is32Bit ? 32 : 64, x[index] ?? 0n);
const expects = ({ expected }: Call, ...results: bigint[]) => results.some((one) => expected.results.includes(one));
/** CPU_DEFAULT_SUSPEND to PSCI_STAT_COUNT, MEM_PROTECT and MEM_PROTECT_CHECK_RANGE; by their 32-bit ids. */
const ABSENT = [0x0bn, 0x0cn, 0x0dn, 0x0en, 0x0fn, 0x10n, 0x11n, 0x13n, 0x14n].map((number) => 0x8400_0000n + number);
const isAbsent = (asked: bigint) => ABSENT.includes(BigInt.asUintN(32, asked) & 0xbfff_ffffn);

/** First word of the UID of KVM as a hypervisor. */
const KVM_UID = 0xb66f_b428n;

/** The first that is meant counts. */
export const DIFFERENCES: readonly Difference[] = [
  {
    reason: 'CPU_FREEZE is absent, and CPU_OFF by SMC refused: the CPU would stay on',
    isMeant: ({ name, bySmc }) => name === 'CPU_FREEZE' || (name === 'CPU_OFF' && bySmc),
    gives: 'not made',
  },
  { reason: 'each SMC is refused, whatever it asks for', isMeant: ({ bySmc }) => bySmc, gives: [CODE.notSupported] },
  {
    reason: 'the immediate of an HVC is not looked at: the call would be served, CPU_OFF among them',
    isMeant: ({ immediate }) => immediate !== 0,
    gives: 'not made',
  },
  {
    reason: 'a system-wide call ends or resets the machine: there is no policy to refuse it',
    isMeant: (call) => /^SYSTEM_(OFF|RESET)/.test(call.name) && expects(call, CODE.internalFailure),
    gives: 'not made',
  },
  {
    reason: 'the entry address is not checked: a CPU that is off would start there',
    isMeant: (call) => call.name === 'CPU_ON' && argument(call, 1) === 2n,
    gives: 'not made',
  },
  {
    reason: 'in 0.2 the 32-bit id is as good as the 64-bit one',
    isMeant: (call) =>
      call.version === '0.2' && call.expected.is32Bit && ['CPU_ON', 'AFFINITY_INFO'].includes(call.name),
    gives: 'not made',
  },
  {
    reason: 'the entry address is not checked: a CPU that is on is on already',
    isMeant: (call) =>
      call.name === 'CPU_ON' &&
      call.version !== '0.1' &&
      argument(call, 1) <= 1n &&
      expects(call, CODE.invalidAddress, CODE.invalidParameters),
    gives: [CODE.alreadyOn],
  },
  {
    reason: 'the power state is not looked at: the CPU waits for an interrupt and keeps its context',
    isMeant: ({ name, version }) => name === 'CPU_SUSPEND' && version !== '0.1',
    gives: [CODE.success],
  },
  { reason: '0.1 has no CPU_SUSPEND', isMeant: ({ name }) => name === 'CPU_SUSPEND', gives: [CODE.notSupported] },
  {
    reason: 'all 64 bits of lowest_affinity_level count',
    isMeant: (call) => call.name === 'AFFINITY_INFO' && argument(call, 2) > 3n,
    gives: [CODE.invalidParameters],
  },
  {
    reason: 'neither the extended format of power states nor OS-initiated mode',
    isMeant: (call) => call.name === 'PSCI_FEATURES' && expects(call, 3n),
    gives: [CODE.success],
  },
  {
    reason: 'functions that are absent are no features',
    isMeant: ({ name, x }) => name === 'PSCI_FEATURES' && isAbsent(x[1] ?? 0n),
    gives: [CODE.notSupported],
  },
  {
    reason: 'optional functions that are absent',
    isMeant: (call) => isAbsent(id(call)),
    gives: [CODE.notSupported],
  },
  {
    reason: 'the SVE hint makes it another function',
    isMeant: (call) => (id(call) & 0xffff_0000n) === 0x8401_0000n,
    gives: [CODE.notSupported],
  },
  { reason: 'TRNG_VERSION: KVM has it, 1.0', isMeant: (call) => id(call) === 0x8400_0050n, gives: [0x1_0000n] },
  {
    reason: 'the UID of KVM, first word',
    isMeant: (call) => id(call) === 0x8600_ff01n,
    gives: [KVM_UID, BigInt.asIntN(32, KVM_UID)],
  },
];

/** The firmware in a kernel that keeps the guest's calls to itself. x1 to x3 are results, and 0. */
export const kernelPsci: OtherFirmware = (call) => {
  const difference = DIFFERENCES.find(({ isMeant }) => isMeant(call));
  if (difference?.gives === 'not made') return 'not made';
  if (difference) return { results: difference.gives, mayChange: RESULT_REGISTERS };
  return answeredByKvm(call) ?? { results: call.expected.results, mayChange: RESULT_REGISTERS };
};
