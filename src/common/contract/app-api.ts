import { z } from 'zod';
import { vmSpecSchema, type CheckedVmSpec, type VmSpec } from '../config/vm-config.ts';
import type { VmState } from '../vm/vm-state.ts';
import type { HostInfo, MachineStats } from './machine-types.ts';

/** One VM as lists and windows show it. */
export interface VmSummary {
  readonly id: string;
  readonly spec: CheckedVmSpec;
  readonly state: VmState;
  /** One sentence about the last end or the running operation; empty when there is nothing to say. */
  readonly message: string;
  /** Engine the running machine uses; absent when it does not run. */
  readonly engine?: string;
  readonly createdAt: string;
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
}

export const APP_EVENTS = ['vmChanged', 'vmRemoved', 'console'] as const satisfies readonly (keyof AppEvents)[];
