import type { PolicyAnswer, PolicyRule, Sdei, IdleStates } from '../../src/common/config/firmware-config.ts';
import type { PolicySettled } from '../../src/common/contract/app-api.ts';
import type { ResetCause, VmEnd } from '../../src/common/config/vm-config.ts';
import type { CallOutcome } from '../../src/common/firmware/trace.ts';
import type { FileAction, VmAction, VmState } from '../../src/common/vm/vm-state.ts';

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
  cpusBad: 'The number of CPUs is missing',
  eventsBad: 'Write the vendor events as 0x40000001 0x40000002',
  events: 'Vendor events',
  eventsHint: 'SDEI events besides event 0, for example 0x40000001',
  sdeiOffer: 'Offer SDEI to the guest',
  settings: 'Settings',
  edit: 'Edit settings…',
  editOff: 'Settings can be changed while the VM is off. Its policy, on the Firmware tab, can be changed at any time.',
  save: 'Save',
  changed: (name: string) => `“${name}” was changed`,
  psciChanged: (name: string, version: string) => `“${name}” has PSCI ${version} now`,
  noSdei: 'not offered',
  firmware: 'Firmware',
  board: 'Board',
  cpuProfile: 'CPU profile',
  lastEnd: 'Last end',
  lastReset: 'Last reset',
  sdei: 'SDEI',
  calls: 'Firmware calls',
  callsTab: 'Calls',
  timeline: 'Timeline of the firmware calls',
  timelineKeys:
    'Arrow keys go from call to call and from vCPU to vCPU, + and − zoom, 0 shows everything. The wheel zooms, dragging moves.',
  legend: 'Marks',
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  zoomAll: 'Everything',
  countersTab: 'Counters',
  countersNeedGuest: 'What the engine counts is shown while the VM runs.',
  countersOf: 'Of',
  allVcpus: 'all vCPUs',
  vcpuNumber: (index: number) => `vCPU ${index}`,
  counterValue: 'Value',
  counterMeaning: 'What it is',
  memoryTab: 'Memory map',
  memoryNeedsGuest: 'The memory of a VM is shown, and can be changed, while it runs.',
  generation: (count: number) => `Generation ${count}: one more after every change`,
  slots: 'Memory slots',
  addresses: 'Guest physical addresses',
  size: 'Size',
  access: 'Access',
  readOnly: 'read-only',
  readWrite: 'read and write',
  remove: 'Remove',
  removeSlot: (name: string) => `Remove ${name}`,
  removeSlotWhat: 'What is in this memory is lost. The guest is not asked: one that still uses it crashes.',
  addMemory: 'Add memory',
  addMemoryHint:
    'For this run alone: a restart of the guest keeps it, emptied; switching the VM off forgets it. No device tells the guest.',
  slotNameHint: 'For example dimm0',
  address: 'Address',
  addressHint: 'Empty: above all memory there is',
  add: 'Add',
  changing: 'Changing the memory map…',
  idleStates: 'Idle states',
  idleStatesHint: 'How deep an idle vCPU may sleep',
  stateFile: 'File of the state',
  stateFileHint: 'Full path on the computer that runs the VM',
  saveWhat:
    'Saves the whole machine: CPUs, devices and memory. The VM ends, and goes on from the file later, here or on another engine.',
  restoreWhat:
    'The guest goes on where it was saved, instead of booting. What is in the way is said before anything is touched.',
  keepRunning: 'Let the VM go on afterwards',
  saveButton: 'Save',
  restoreButton: 'Resume',
  check: 'Check',
  working: 'Working…',
  noCalls: 'No firmware calls to show. They appear while the guest runs.',
  noMatch: 'No call matches the filter.',
  filter: 'Filter',
  filterHint: 'Function, argument or result; “vcpu 1” for one vCPU',
  shown: (shown: number, all: number) => (shown === all ? `${all} calls` : `${shown} of ${all} calls`),
  time: 'Time',
  timeUnit: 'seconds since the guest’s start',
  vcpu: 'vCPU',
  functionName: 'Function',
  arguments: 'Arguments',
  result: 'Result',
  noReturn: 'no return',
  inject: 'Inject an SDEI event',
  event: 'Event',
  target: 'To',
  everyCpu: 'every vCPU',
  injectButton: 'Inject',
  sdeiOff: 'This VM offers no SDEI to its guest.',
  sdeiNeedsGuest: 'Events can be injected while the guest runs.',
  policy: 'System-wide calls',
  policyTimeout: 'Seconds to answer',
  policyTimeoutFor: 'for calls that ask',
  policyUnanswered: 'When nobody answers',
  policyHint:
    'What Dormouse answers when the guest makes such a call. A denied call leaves the guest as it was. Changes count at once.',
  psciChange: 'Change',
  psciUndo: 'Undo the last change',
  psciTitle: 'Change the PSCI version',
  psciWillSee: 'The guest will see:',
  psciNothing: 'Choose another version to see what the guest will see change.',
  psciOff: 'The version can be changed while the VM is off.',
  mayNotResume: (version: string) =>
    `The guest is hibernated and saw PSCI ${version}: with another version it may not resume.`,
  anyway: 'Do it anyway',
  apply: 'Change',
  allow: 'Allow',
  deny: 'Deny',
  asks: (vm: string) => `“${vm}” asks`,
  asksWhat: (vcpu: number, call: string) =>
    `vCPU ${vcpu} of the guest calls ${call}. The guest stands still until you answer.`,
  countdown: (seconds: number, answer: PolicyAnswer) =>
    `${answer === 'allow' ? 'Allowed' : 'Denied'} in ${seconds} s if nobody answers`,
  tooLate: 'Too late: the question has been answered',
  settled: (vm: string, call: string, { answer, how }: PolicySettled) =>
    how === 'ended'
      ? `“${vm}” ended before ${call} was answered`
      : `${call} of “${vm}” was ${answer === 'allow' ? 'allowed' : 'denied'}${how === 'time out' ? '; nobody answered in time' : ''}`,
} as const;

export const STATE_NAMES: Record<VmState, string> = {
  off: 'Off',
  starting: 'Starting',
  running: 'Running',
  paused: 'Paused',
  suspended: 'Suspended',
  stopping: 'Stopping',
  hibernated: 'Hibernated',
  saved: 'Saved',
  crashed: 'Crashed',
};

export const ACTION_NAMES: Record<VmAction, string> = {
  start: 'Start',
  pause: 'Pause',
  resume: 'Resume',
  wake: 'Wake',
  power: 'Shut down',
  stop: 'Cut power',
  delete: 'Delete',
};

export const FILE_ACTION_NAMES: Record<FileAction, string> = {
  save: 'Save state…',
  restore: 'Resume from state…',
};

export const ENGINE_NAMES = { auto: 'Automatic', emulator: 'Emulator', kvm: 'KVM' } as const;

export const IDLE_NAMES: Record<IdleStates, string> = {
  none: 'None',
  standby: 'Standby',
  'power-down': 'Standby and power-down',
};

export const OUTCOME_NAMES: Record<CallOutcome, string> = {
  ok: 'done',
  failed: 'refused or failed',
  open: 'has not returned',
};

export const RULE_NAMES: Record<PolicyRule, string> = { allow: 'Allow', deny: 'Deny', ask: 'Ask' };

/** What each system-wide call does, for people who do not know PSCI by heart. */
export const CALL_NAMES = {
  SYSTEM_OFF: 'power off',
  SYSTEM_OFF2: 'hibernate',
  SYSTEM_RESET: 'restart',
  SYSTEM_RESET2: 'restart, warm or by vendor type',
  SYSTEM_SUSPEND: 'sleep',
} as const;

/** "event 0, 0x40000001" */
export function sdeiText({ enabled, events }: Sdei): string {
  if (!enabled) return STRINGS.noSdei;
  return ['event 0', ...events.map((event) => `0x${event.toString(16)}`)].join(', ');
}

/** "warm, type 0x0, cookie 0x0" */
export function resetText({ kind, type, cookie }: ResetCause): string {
  return `${kind}, type 0x${type.toString(16)}, cookie ${cookie}`;
}

export function endText(end: VmEnd): string {
  const detail = end.state === 'hibernated' ? ` (type ${end.offType}, PSCI ${end.psciVersion})` : '';
  const when = end.at === undefined ? '' : `, ${new Date(end.at).toLocaleString()}`;
  return `${STATE_NAMES[end.state]}${detail}${when}`;
}
