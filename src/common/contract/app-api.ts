import { z } from 'zod';
import { POLICY_ANSWERS, type PolicyAnswer } from '../config/firmware-config.ts';
import { PSCI_VERSIONS, type PsciVersion } from '../config/psci-version.ts';
import {
  hostPath,
  vmEditSchema,
  vmSpecSchema,
  type ResetCause,
  type VmConfig,
  type VmEdit,
  type VmEnd,
  type VmProfile,
  type VmSettings,
  type VmSpec,
} from '../config/vm-config.ts';
import type { PsciChange } from '../firmware/psci-change.ts';
import type { FirmwareCall } from '../firmware/trace.ts';
import { traceKindsSchema, type EngineTraceLine } from '../vm/engine-trace.ts';
import { memoryChangesSchema, type MemoryChange, type MemoryMap } from '../vm/memory-map.ts';
import type { VmState } from '../vm/vm-state.ts';
import type { EngineName, HostInfo, MachineStats, PolicyQuestion, Preflight, SdeiInjection } from './machine-types.ts';

/** One VM as lists and windows show it. */
export interface VmSummary {
  readonly id: string;
  readonly spec: VmSettings;
  readonly profile: VmProfile;
  /** Changes of the PSCI version that can be undone, oldest first. */
  readonly psciChanges: VmConfig['psciChanges'];
  readonly state: VmState;
  /** One sentence about the last end or the running operation; empty when there is nothing to say. */
  readonly message: string;
  /** Engine the running machine uses; absent when it does not run. */
  readonly engine?: EngineName;
  /** One sentence: why that engine. */
  readonly engineReason?: string;
  /** How the last run ended; absent before the first end and while the VM is live. */
  readonly lastEnd?: VmEnd;
  /** The last reset of the running machine. */
  readonly lastReset?: ResetCause;
  readonly createdAt: string;
}

/** A guest waits for an answer. */
export interface PolicyRequest extends PolicyQuestion {
  readonly vmId: string;
  readonly vmName: string;
  /** How much of `timeoutMs` was left when this was sent. */
  readonly remainingMs: number;
  /** The answer when nobody gives one in time. */
  readonly unanswered: PolicyAnswer;
}

/** A question is no longer open. */
export interface PolicySettled {
  readonly vmId: string;
  readonly id: number;
  readonly answer: PolicyAnswer;
  /** `ended`: the machine ended first. */
  readonly how: 'answered' | 'time out' | 'ended';
}

/** The console's past. `end` counts all bytes since the VM was last started; a chunk event continues there. */
export interface ConsoleSnapshot {
  readonly data: Uint8Array;
  readonly end: number;
}

/** A piece of console output; `start` is the byte count before it. */
export interface ConsoleChunk {
  readonly id: string;
  readonly start: number;
  readonly data: Uint8Array;
}

/** Renderer (and command line) to manager: everything a person can do. */
export interface AppApi {
  hostInfo(): Promise<HostInfo>;
  listVms(): Promise<VmSummary[]>;
  createVm(spec: VmSpec): Promise<VmSummary>;
  startVm(id: string): Promise<void>;
  pauseVm(id: string): Promise<void>;
  resumeVm(id: string): Promise<void>;
  /** Presses the power button; the guest decides. */
  powerVm(id: string): Promise<void>;
  /** Cuts the power. */
  stopVm(id: string): Promise<void>;
  /** Wakes a suspended guest. */
  wakeVm(id: string): Promise<void>;
  /** Changes settings of a VM that is off; its policy also while it runs, where it counts at once. E_CONFIRM asks for `force`. */
  editVm(id: string, edit: VmEdit, force: boolean): Promise<VmSummary>;
  /** What the guest would see change under another PSCI version. */
  psciChange(id: string, version: PsciVersion): Promise<PsciChange>;
  setPsci(id: string, version: PsciVersion, force: boolean): Promise<VmSummary>;
  /** Takes the last setPsci() back. */
  undoPsci(id: string, force: boolean): Promise<VmSummary>;
  /** Questions that wait for an answer. */
  policyRequests(): Promise<PolicyRequest[]>;
  /** The first answer wins; false: too late. */
  answerPolicy(id: string, question: number, answer: PolicyAnswer): Promise<boolean>;
  injectSdei(id: string, event: number, cpu: number | 'all'): Promise<SdeiInjection[]>;
  /** The memory of a running VM. */
  memoryMap(id: string): Promise<MemoryMap>;
  /** Adds and removes memory in one transaction: all of it or nothing. For this run alone. */
  changeMemoryMap(id: string, changes: MemoryChange[]): Promise<MemoryMap>;
  /** The last firmware calls of this run, or of the last one, from this sequence on. */
  firmwareTrace(id: string, since: number): Promise<FirmwareCall[]>;
  /** What the engine of a running VM keeps of what it does, from now on; none: nothing. One choice for all who look. */
  traceEngine(id: string, kinds: string[]): Promise<void>;
  /** What it keeps, oldest first, from this sequence on: a bounded ring of bounded rate. */
  engineTrace(id: string, since: number): Promise<EngineTraceLine[]>;
  /**
   * Saves the whole machine into a file on the manager's host and ends it, or lets it go on. A file that is there already
   * is replaced if it is a saved state.
   */
  saveVm(id: string, file: string, keepRunning: boolean): Promise<void>;
  /** Starts the VM from a saved state instead of booting it. */
  restoreVm(id: string, file: string): Promise<void>;
  /** What restoreVm() would refuse or adapt; of a VM that runs, for its machine as it is. */
  preflightVm(id: string, file: string): Promise<Preflight>;
  /** Moves the VM to the bin; undeleteVm() brings it back. */
  deleteVm(id: string): Promise<void>;
  undeleteVm(id: string): Promise<VmSummary>;
  statsVm(id: string): Promise<MachineStats>;
  /** Text of the last crash, or undefined. */
  crashReport(id: string): Promise<string | undefined>;
  /** The scrollback; from then on console chunks of this VM arrive as events. */
  attachConsole(id: string): Promise<ConsoleSnapshot>;
  detachConsole(id: string): Promise<void>;
  writeConsole(id: string, data: Uint8Array): Promise<void>;
}

const id = z.uuid();
const force = z.boolean();
const count = z.int().min(0);
const file = hostPath('The name of the file is empty');
/** At most 64 KiB a call: enough for any paste, small enough for any queue. */
const consoleInput = z.instanceof(Uint8Array).refine((data) => data.length <= 65536, 'At most 64 KiB at a time');

/** Arguments of every method: the allow-list and the validator in one. */
export const APP_ARGUMENTS = {
  hostInfo: z.tuple([]),
  listVms: z.tuple([]),
  createVm: z.tuple([vmSpecSchema]),
  startVm: z.tuple([id]),
  pauseVm: z.tuple([id]),
  resumeVm: z.tuple([id]),
  powerVm: z.tuple([id]),
  stopVm: z.tuple([id]),
  wakeVm: z.tuple([id]),
  editVm: z.tuple([id, vmEditSchema, force]),
  psciChange: z.tuple([id, z.enum(PSCI_VERSIONS)]),
  setPsci: z.tuple([id, z.enum(PSCI_VERSIONS), force]),
  undoPsci: z.tuple([id, force]),
  policyRequests: z.tuple([]),
  answerPolicy: z.tuple([id, count, z.enum(POLICY_ANSWERS)]),
  injectSdei: z.tuple([id, count.max(0xffff_ffff), z.union([count, z.literal('all')])]),
  memoryMap: z.tuple([id]),
  changeMemoryMap: z.tuple([id, memoryChangesSchema]),
  firmwareTrace: z.tuple([id, count]),
  traceEngine: z.tuple([id, traceKindsSchema]),
  engineTrace: z.tuple([id, count]),
  saveVm: z.tuple([id, file, z.boolean()]),
  restoreVm: z.tuple([id, file]),
  preflightVm: z.tuple([id, file]),
  deleteVm: z.tuple([id]),
  undeleteVm: z.tuple([id]),
  statsVm: z.tuple([id]),
  crashReport: z.tuple([id]),
  attachConsole: z.tuple([id]),
  detachConsole: z.tuple([id]),
  writeConsole: z.tuple([id, consoleInput]),
} as const satisfies Record<keyof AppApi, z.ZodType>;

export const APP_METHODS = Object.keys(APP_ARGUMENTS) as (keyof AppApi)[];

/** Manager to renderer: facts. */
export interface AppEvents {
  vmChanged(vm: VmSummary): void;
  vmRemoved(id: string): void;
  console(chunk: ConsoleChunk): void;
  policyAsked(request: PolicyRequest): void;
  policySettled(settled: PolicySettled): void;
}

/** For a caller that only asks. */
export const IGNORE_APP_EVENTS: AppEvents = {
  vmChanged: () => undefined,
  vmRemoved: () => undefined,
  console: () => undefined,
  policyAsked: () => undefined,
  policySettled: () => undefined,
};

export const APP_EVENTS = [
  'vmChanged',
  'vmRemoved',
  'console',
  'policyAsked',
  'policySettled',
] as const satisfies readonly (keyof AppEvents)[];
