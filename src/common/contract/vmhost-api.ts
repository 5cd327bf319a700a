import type { HostInfo, MachineConfig, MachineEnd, MachineStats } from './machine-types.ts';

/** Manager to VM host process: commands for the one machine it owns. */
export interface VmHostApi {
  hostInfo(): Promise<HostInfo>;
  /** Builds the machine; rejects with a code and a sentence that names what is wrong. */
  create(config: MachineConfig): Promise<void>;
  start(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** What a person does by pressing the button: the guest is asked to shut down. */
  pressPowerButton(): Promise<void>;
  /** Ends the machine at once; `ended` follows. */
  stop(): Promise<void>;
  writeConsole(data: Uint8Array): Promise<void>;
  stats(): Promise<MachineStats>;
}

export const VM_HOST_METHODS = [
  'hostInfo',
  'create',
  'start',
  'pause',
  'resume',
  'pressPowerButton',
  'stop',
  'writeConsole',
  'stats',
] as const satisfies readonly (keyof VmHostApi)[];

/** VM host process to manager: facts. */
export interface VmHostEvents {
  console(data: Uint8Array): void;
  ended(end: MachineEnd): void;
}

export const VM_HOST_EVENTS = ['console', 'ended'] as const satisfies readonly (keyof VmHostEvents)[];
