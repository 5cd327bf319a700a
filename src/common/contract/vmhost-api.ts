import type { PolicyAnswer } from '../config/firmware-config.ts';
import type { PsciVersion } from '../config/psci-version.ts';
import type { ResetCause } from '../config/vm-config.ts';
import type { PsciTable } from '../firmware/psci-change.ts';
import type { FirmwareCall } from '../firmware/trace.ts';
import type { EngineTraceLine } from '../vm/engine-trace.ts';
import type { MemoryChange, MemoryMap } from '../vm/memory-map.ts';
import type {
  HostInfo,
  LiveState,
  MachineConfig,
  MachineEnd,
  MachinePolicy,
  MachineStats,
  PolicyQuestion,
  Preflight,
  SdeiInjection,
} from './machine-types.ts';

/** Manager to VM host process: commands for the one machine it owns. */
export interface VmHostApi {
  hostInfo(): Promise<HostInfo>;
  /** What a PSCI version offers, from the table that also answers the guest. */
  psciTable(version: PsciVersion): Promise<PsciTable>;
  /** Builds the machine; rejects with a code and a sentence that names what is wrong. */
  create(config: MachineConfig): Promise<void>;
  start(): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** What a person does by pressing the button: the guest is asked to shut down. */
  pressPowerButton(): Promise<void>;
  /** Wakes a suspended guest. */
  wake(): Promise<void>;
  /** Answers a `policy` event; false: too late. */
  answerPolicy(id: number, answer: PolicyAnswer): Promise<boolean>;
  /** Another policy, from the guest's next system-wide call on; an open question ends as it was asked. */
  setPolicy(policy: MachinePolicy): Promise<void>;
  /** Signals an SDEI event to one vCPU or to each. */
  injectSdei(event: number, cpu: number | 'all'): Promise<SdeiInjection[]>;
  memoryMap(): Promise<MemoryMap>;
  /** Adds and removes memory in one transaction: all of it or nothing. For this run alone. */
  changeMemoryMap(changes: readonly MemoryChange[]): Promise<MemoryMap>;
  /** The last firmware calls, oldest first, from this sequence on. */
  firmwareTrace(since: number): Promise<FirmwareCall[]>;
  /** What the engine keeps of what it does from now on; none: nothing. */
  traceEngine(kinds: readonly string[]): Promise<void>;
  /** What it keeps, oldest first, from this sequence on. */
  engineTrace(since: number): Promise<EngineTraceLine[]>;
  /** The whole machine into a file, which appears when it is whole; the guest stands still meanwhile. */
  saveState(file: string): Promise<void>;
  /** Instead of booting, between create() and start(). */
  restoreState(file: string): Promise<void>;
  /** What restoreState() would refuse or adapt. */
  preflight(file: string): Promise<Preflight>;
  /** Ends the machine at once; `ended` follows. */
  stop(): Promise<void>;
  writeConsole(data: Uint8Array): Promise<void>;
  stats(): Promise<MachineStats>;
}

export const VM_HOST_METHODS = [
  'hostInfo',
  'psciTable',
  'create',
  'start',
  'pause',
  'resume',
  'pressPowerButton',
  'wake',
  'answerPolicy',
  'setPolicy',
  'injectSdei',
  'memoryMap',
  'changeMemoryMap',
  'firmwareTrace',
  'traceEngine',
  'engineTrace',
  'saveState',
  'restoreState',
  'preflight',
  'stop',
  'writeConsole',
  'stats',
] as const satisfies readonly (keyof VmHostApi)[];

/** VM host process to manager: facts. */
export interface VmHostEvents {
  console(data: Uint8Array): void;
  state(state: LiveState): void;
  /** The guest was reset in place. */
  reset(cause: ResetCause): void;
  policy(question: PolicyQuestion): void;
  /** How far saveState() or restoreState() has come, in bytes of memory. */
  progress(done: number, total: number): void;
  ended(end: MachineEnd): void;
}

export const VM_HOST_EVENTS = [
  'console',
  'state',
  'reset',
  'policy',
  'progress',
  'ended',
] as const satisfies readonly (keyof VmHostEvents)[];

/** For who needs a host process and no guest. */
export const IGNORE_EVENTS: VmHostEvents = {
  console: () => undefined,
  state: () => undefined,
  reset: () => undefined,
  policy: () => undefined,
  progress: () => undefined,
  ended: () => undefined,
};
