import type { PsciVersion } from '../config/psci-version.ts';

/** Engines that execute guests. `auto` is a wish, never what a machine runs on. */
export type EngineName = 'emulator' | 'kvm';

/** What a machine is built from. The addon takes exactly this. */
export interface MachineConfig {
  readonly engine: EngineName;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Absolute path of an arm64 kernel: raw Image, gzip or EFI zboot. */
  readonly kernel: string;
  readonly initrd?: string;
  readonly commandLine: string;
  readonly psciVersion: PsciVersion;
  /** What a guest's SYSTEM_RESET does: start again in place, or end the machine with outcome `reset`. */
  readonly onReset: 'reboot' | 'stop';
}

export const OUTCOMES = ['powered-off', 'reset', 'hibernated', 'crashed', 'error', 'stopped'] as const;
/** How a machine ended. `stopped`: the host did it; `error`: the host failed. */
export type Outcome = (typeof OUTCOMES)[number];

/** Text for people about a guest that crashed or went into the weeds. */
export interface CrashReport {
  readonly reason: string;
  /** Registers, syndrome, disassembly and last exits, ready to print. */
  readonly text: string;
}

export interface MachineEnd {
  readonly outcome: Outcome;
  readonly message: string;
  readonly report?: CrashReport;
}

export interface MachineStats {
  readonly engine: EngineName;
  readonly psciVersion: PsciVersion;
  /** 0 when the engine cannot count. */
  readonly instructionsRetired: number;
  /** Exits by kind, for example `hypercall`, `idle`, `mmioRead`. */
  readonly exits: Readonly<Record<string, number>>;
  /** PSCI power state of every vCPU. */
  readonly vcpus: readonly string[];
  readonly resets: number;
}

export interface EngineInfo {
  readonly name: EngineName;
  readonly available: boolean;
  /** One sentence: why, or why not. */
  readonly reason: string;
}

export interface HostInfo {
  readonly version: string;
  readonly platform: string;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** vCPUs that one machine can have: what the interrupt controller's redistributors address. */
  readonly maxCpus: number;
  readonly pageSize: number;
  readonly engines: readonly EngineInfo[];
}
