import type { VmAction, VmState } from '../../src/common/vm/vm-state.ts';

/** Every sentence a user can read. */
export const STRINGS = {
  appName: 'Dormouse',
  machines: 'Virtual machines',
  newVm: 'New VM',
  noVms: 'No virtual machines yet',
  noVmsHint: 'Create one from an arm64 Linux kernel and, if you have one, its initial RAM disk.',
  choose: 'Choose a virtual machine on the left',
  console: 'Console',
  details: 'Details',
  crash: 'Crash report',
  connecting: 'Connecting…',
  disconnected: 'Dormouse is not answering. Trying again…',
  refused: 'Dormouse refused this page. Open the address that `dormouse serve` printed; it carries the key.',
  cancel: 'Cancel',
  create: 'Create',
  createAndStart: 'Create and start',
  name: 'Name',
  kernel: 'Kernel file',
  kernelHint: 'Full path on this computer: raw Image, gzip or EFI zboot',
  initrd: 'Initial RAM disk',
  initrdHint: 'Optional',
  commandLine: 'Kernel command line',
  cpus: 'CPUs',
  memory: 'Memory',
  memoryHint: 'For example 512M or 2G',
  engine: 'Engine',
  psci: 'PSCI version',
  psciHint: 'The firmware interface the guest sees. It is kept for the life of the VM.',
  undo: 'Undo',
  dismiss: 'Dismiss',
  confirmStop: 'Cut the power? What the guest has not saved is lost.',
  cutPower: 'Cut the power',
  deleted: (name: string) => `“${name}” was deleted`,
  created: 'Created',
  kernelFact: 'Kernel',
  memoryBad: 'Write the memory as 512M or 2G',
} as const;

export const STATE_NAMES: Record<VmState, string> = {
  off: 'Off',
  starting: 'Starting',
  running: 'Running',
  paused: 'Paused',
  stopping: 'Stopping',
  hibernated: 'Hibernated',
  crashed: 'Crashed',
};

export const ACTION_NAMES: Record<VmAction, string> = {
  start: 'Start',
  pause: 'Pause',
  resume: 'Resume',
  power: 'Shut down',
  stop: 'Cut power',
  delete: 'Delete',
};

export const ENGINE_NAMES = { auto: 'Automatic', emulator: 'Emulator', kvm: 'KVM' } as const;
