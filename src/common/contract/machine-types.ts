import type { IdleStates, PolicyAnswer, PolicyRule, SystemCall } from '../config/firmware-config.ts';
import type { PsciVersion } from '../config/psci-version.ts';
import type { CpuProfile, ResetCause } from '../config/vm-config.ts';
import type { FirmwareCall } from '../firmware/trace.ts';
import type { Counters } from '../vm/counters.ts';

/** Engines that execute guests. `auto` is a wish, never what a machine runs on. */
export type EngineName = 'emulator' | 'kvm';

/** What the host answers to system-wide calls; the last two are for `ask`. */
export interface MachinePolicy {
  readonly policy: Readonly<Record<SystemCall, PolicyRule>>;
  readonly policyTimeoutMs: number;
  readonly policyDefault: PolicyAnswer;
}

/** What a machine is built from. The addon takes exactly this. */
export interface MachineConfig extends MachinePolicy {
  readonly engine: EngineName;
  readonly cpuProfile: CpuProfile;
  /** CNTFRQ_EL0, 1 MHz to 1 GHz; absent: the engine's own. On KVM it can only be the host's. */
  readonly counterFrequencyHz?: number;
  /** Whether the emulator translates hot code; absent: as the addon has it. */
  readonly jit?: 'on' | 'off';
  /** Whether Linux’s perf is told which guest code the translated code is; absent: no. */
  readonly perfMap?: boolean;
  readonly cpus: number;
  readonly memoryBytes: number;
  /** Absolute path of an arm64 kernel: raw Image, gzip or EFI zboot. */
  readonly kernel: string;
  readonly initrd?: string;
  readonly commandLine: string;
  readonly psciVersion: PsciVersion;
  readonly idleStates: IdleStates;
  /** What a guest's SYSTEM_RESET does: start again in place, or end the machine with outcome `reset`. */
  readonly onReset: 'reboot' | 'stop';
  readonly sdei: boolean;
  /** Vendor events besides event 0. */
  readonly sdeiEvents: readonly number[];
}

/** What a machine that has started and not ended is doing. `suspended`: the guest sleeps in SYSTEM_SUSPEND. */
export const LIVE_STATES = ['running', 'paused', 'suspended'] as const;
export type LiveState = (typeof LIVE_STATES)[number];

/** The guest made a system-wide call whose rule is `ask`, and stands still until somebody answers. */
export interface PolicyQuestion {
  readonly id: number;
  readonly call: SystemCall;
  readonly vcpu: number;
  /** Hexadecimal with 0x, x1 first. */
  readonly arguments: readonly string[];
  readonly timeoutMs: number;
}

/** What became of an injected SDEI event on one vCPU; `reason` says why it is pending or refused. */
export interface SdeiInjection {
  readonly vcpu: number;
  readonly outcome: 'delivered' | 'pending' | 'refused';
  readonly reason: string;
}

/** What a saved machine was promised, or what another one offers. */
export interface MachineFacts {
  readonly engine: string;
  readonly cpuProfile: string;
  /** Of the generic timer; 0: unknown. */
  readonly counterFrequencyHz: number;
  readonly psciVersion: PsciVersion;
  readonly sdei: boolean;
  readonly cpus: number;
  readonly memoryBytes: number;
}

/** One difference between a saved machine and the one that is to take it over. */
export interface PreflightFinding {
  /** `refused`: the guest would miss something. `adapted`: no guest can tell. */
  readonly verdict: 'refused' | 'adapted';
  /** A register, or a field of the machine's configuration. */
  readonly subject: string;
  /** Of the register; empty: all of it. */
  readonly field: string;
  /** Values as text; empty: it has no such thing. */
  readonly saved: string;
  readonly offered: string;
  /** One sentence with all of the above. */
  readonly reason: string;
}

/** What stands in the way of restoring; refusals come first, and without any it will do. */
export interface Preflight {
  readonly saved: MachineFacts;
  readonly offered: MachineFacts;
  readonly findings: readonly PreflightFinding[];
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
  /** With outcome `hibernated`: the type argument of SYSTEM_OFF2. */
  readonly offType?: number;
  /** The run's last reset. */
  readonly lastReset?: ResetCause;
  /** The run's last firmware calls. */
  readonly trace?: readonly FirmwareCall[];
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
  /** What the engine has counted for every vCPU. */
  readonly counters: readonly Counters[];
  /** Guest-monotonic nanoseconds since it was started; stands still while it is paused. */
  readonly guestTimeNs: number;
  readonly resets: number;
  readonly lastReset: ResetCause | null;
}

/** One value of a setting that an engine does not grant on this computer; of `sdei` the value is `true`. */
export interface EngineRefusal {
  readonly setting: 'cpuProfile' | 'psciVersion' | 'sdei';
  readonly value: string;
  /** One sentence with setting and value. */
  readonly reason: string;
}

export interface EngineInfo {
  readonly name: EngineName;
  readonly available: boolean;
  /** One sentence why not; empty when available. */
  readonly reason: string;
  readonly refusals: readonly EngineRefusal[];
  /** The only one that its guests can have; 0: any. */
  readonly counterFrequencyHz: number;
  /** Of one machine, as is `maxMemoryBytes`, which addresses alone limit. Both 0 when not available. */
  readonly maxCpus: number;
  readonly maxMemoryBytes: number;
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
  /** Whether the emulator can translate guest code here, and why not. */
  readonly jit: { readonly available: boolean; readonly reason: string };
}
