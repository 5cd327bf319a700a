// The addon's public face: what TypeScript may ask of a machine. Everything here is plain data; guest memory is never
// handed out. index.js checks types and ranges before C++ sees a value.
//
// Every function that fails throws (or rejects with) a DormouseError. Promises settle on the JS thread; no function
// blocks it for longer than a few milliseconds. All methods of a closed machine fail with code 'InvalidState'.

export type CpuProfileName = 'native' | 'dormouse-v1' | 'portable-v1' | 'host';
export type EngineName = 'emulator' | 'kvm';
export type PsciVersion = '0.1' | '0.2' | '1.0' | '1.1' | '1.2' | '1.3';
export type IdleStates = 'none' | 'standby' | 'power-down';

export type ErrorCode =
  | 'InvalidArgument' // a value is out of its range or has the wrong type; `field` names it
  | 'InvalidState' // not allowed now, for example resume() on a machine that runs
  | 'NotFound' // a file does not exist
  | 'Unsupported' // this host, engine or build cannot do it
  | 'OutOfMemory'
  | 'HostFailure' // the operating system refused; the message carries its words
  | 'Corrupt' // a file or a saved state does not hold together
  | 'Superseded'; // another request of the same kind was served first and left this one without an object

export interface DormouseError extends Error {
  readonly code: ErrorCode;
  // Name of the offending field of MachineConfig or argument, when one is to blame.
  readonly field?: string;
}

// What the host answers to the guest's system-wide calls. A call that is denied leaves the guest exactly as it was and
// returns an error code of its PSCI version.
export interface MachinePolicy {
  // Default for each call: 'allow'.
  readonly policy?: Readonly<Partial<Record<SystemCall, PolicyRule>>>;
  // How long 'ask' waits for answerPolicy(), in milliseconds (100 to 600000). The guest stands still meanwhile.
  // Default: 10000.
  readonly policyTimeoutMs?: number;
  // The answer when nobody has answered in time. Default: 'allow'.
  readonly policyDefault?: PolicyAnswer;
}

export interface MachineConfig extends MachinePolicy {
  readonly engine: EngineName;
  // What the ID registers promise the guest, for the life of the machine. 'dormouse-v1': the emulator's own. 'host':
  // what KVM makes of this computer's processor. 'portable-v1': what both engines can keep, so that a saved machine goes
  // from one to the other. Default: 'native', the engine's own. Unsupported when the engine cannot.
  readonly cpuProfile?: CpuProfileName;
  // Whether the emulator translates hot guest code for the host or interprets everything. The guest cannot tell, and a
  // saved state does not either. 'on' is refused with Unsupported where hostInfo().jit says so. Default: 'off'.
  readonly jit?: 'on' | 'off';
  // With jit 'on': writes /tmp/perf-PID.map, for Linux's perf. Default: whether the variable DORMOUSE_PERF_MAP is 1.
  readonly perfMap?: boolean;
  // CNTFRQ_EL0, from 1000000 to 1000000000: for a guest that is to go on later on a host that counts at this frequency.
  // KVM shows the host's own counter, so there any other value is Unsupported. Default: the host's on KVM, 62500000 on the
  // emulator. A machine that is restored on the emulator goes on with the frequency that was saved.
  readonly counterFrequencyHz?: number;
  // Number of vCPUs, from 1 to what the board's redistributor regions address.
  readonly cpus: number;
  // Guest RAM in bytes: a multiple of 2 MiB, at least 16 MiB, not more than the host's physical memory.
  readonly memoryBytes: number;
  // Path of an arm64 Linux kernel: raw Image, gzip or EFI zboot.
  readonly kernel: string;
  readonly initrd?: string;
  // Kernel command line, at most 2047 bytes of UTF-8 without NUL. Default: empty.
  readonly commandLine?: string;
  // Pinned for the life of the machine. Default: '1.3'.
  readonly psciVersion?: PsciVersion;
  // How deep the device tree invites an idle vCPU to sleep through CPU_SUSPEND; 'power-down' has the standby state too.
  // 'none': idle-states are absent and an idle guest uses WFI, which is cheaper in a VM. Default: 'none'.
  readonly idleStates?: IdleStates;
  // What SYSTEM_RESET does: load the kernel again in place, or end the machine with outcome 'reset'.
  // Default: 'reboot'.
  readonly onReset?: 'reboot' | 'stop';
  // Added to the host's wall clock, in seconds (any finite integer up to 2^31 - 1 in size). Default: 0.
  readonly wallClockOffsetSeconds?: number;
  // Makes kaslr-seed and rng-seed of the device tree repeatable (an integer from 0 to 2^53 - 1); each reset derives
  // the next pair from it. Default: the host's random numbers.
  readonly seed?: number;
  // Offers SDEI to the guest. Default: true.
  readonly sdei?: boolean;
  // Vendor events besides event 0, all private: at most 16 different numbers from 0x40000000 to 0x40ffffff, the range
  // for vendors and platforms. [Arm DEN 0054, SDEI, event numbers] Those from 0x40800000 on are critical: they also
  // interrupt the handlers of the others and of event 0. Default: none.
  readonly sdeiEvents?: readonly number[];
}

// The calls of the guest's firmware that change the whole machine.
export type SystemCall = 'SYSTEM_OFF' | 'SYSTEM_OFF2' | 'SYSTEM_RESET' | 'SYSTEM_RESET2' | 'SYSTEM_SUSPEND';
export type PolicyAnswer = 'allow' | 'deny';
export type PolicyRule = PolicyAnswer | 'ask';

// created -> running <-> paused; running <-> suspended; running, paused or suspended -> ended. An ended machine never
// runs again. 'suspended': the guest called SYSTEM_SUSPEND and sleeps until an interrupt that it enabled, or wake().
// Pausing a suspended machine gives 'paused', resuming it 'suspended' again.
export type MachineState = 'created' | 'running' | 'paused' | 'suspended' | 'ended';

export type Outcome =
  | 'powered-off' // SYSTEM_OFF
  | 'reset' // SYSTEM_RESET or SYSTEM_RESET2 with onReset 'stop'
  | 'hibernated' // SYSTEM_OFF2
  | 'stopped' // stop() or close()
  | 'crashed' // the guest is lost: in the weeds, or a kernel panic that it did not come back from
  | 'error'; // the host or the engine failed

export interface CrashReport {
  // One sentence for a person: what happened.
  readonly message: string;
  // The vCPU that the registers belong to.
  readonly vcpu: number;
  // By their Arm name, as 64-bit hexadecimal with 0x: x0..x30, sp_el0, sp_el1, pc, pstate, elr_el1, spsr_el1, esr_el1,
  // far_el1, vbar_el1, sctlr_el1, tcr_el1, ttbr0_el1, ttbr1_el1.
  readonly registers: Readonly<Record<string, string>>;
  // Guest code around PC, one instruction a line, PC marked with "=>"; empty when PC has no memory behind it.
  readonly disassembly: readonly string[];
  // The last exits of that vCPU, oldest first, for example "hypercall fid=0x84000008".
  readonly lastExits: readonly string[];
  // The end of what the guest wrote to its serial console, as raw bytes read as UTF-8.
  readonly consoleTail: string;
}

export type MachineEvent =
  // Bytes from the guest's serial console (UART0), in order, coalesced; data is a copy owned by the listener.
  // `position` counts the bytes the guest wrote before data[0]. The guest never waits for a listener: one that is more
  // than 1 MiB behind loses the oldest bytes and sees it as a jump in position.
  | { readonly kind: 'console'; readonly position: number; readonly data: Uint8Array }
  | { readonly kind: 'state'; readonly state: MachineState }
  // The guest was reset in place; `count` resets so far.
  | { readonly kind: 'reset'; readonly count: number; readonly lastReset: ResetCause }
  // The guest made a system-wide call whose rule is 'ask': the whole guest stands still until answerPolicy(id), or until
  // `timeoutMs` have passed since the call. `arguments` are those of the call, x1 first.
  | {
      readonly kind: 'policy';
      readonly id: number;
      readonly call: SystemCall;
      readonly vcpu: number;
      readonly arguments: readonly bigint[];
      readonly timeoutMs: number;
    }
  // How far saveState() to a file or restoreState() from one has come, in bytes of memory.
  | { readonly kind: 'progress'; readonly done: number; readonly total: number }
  // Always the last event, exactly once, after the console bytes that were written before it. `offType` with outcome
  // 'hibernated': the type argument of SYSTEM_OFF2. `lastReset` with outcome 'reset'.
  | {
      readonly kind: 'ended';
      readonly outcome: Outcome;
      readonly message: string;
      readonly report?: CrashReport;
      readonly offType?: number;
      readonly lastReset?: ResetCause;
    };

// How the guest asked for a reset. 'warm': SYSTEM_RESET2 with type 0, which keeps memory. `type` and `cookie` are the
// arguments of SYSTEM_RESET2 (a vendor's type has bit 31 set and resets like a power cycle); 0 for SYSTEM_RESET.
export interface ResetCause {
  readonly kind: 'cold' | 'warm';
  readonly type: number;
  readonly cookie: bigint;
}

export type VcpuPower = 'on' | 'off' | 'on-pending' | 'suspended';

export interface VcpuStats {
  readonly power: VcpuPower;
  readonly instructionsRetired: number; // 0 when the engine cannot count
  readonly mmioReads: number;
  readonly mmioWrites: number;
  readonly exceptionsTaken: number;
  // What this engine counts beside, by name; empty when it counts nothing. src/common/vm/counters.ts says what each is.
  // Reading never makes a vCPU wait; values may be a moment old, and of different moments.
  readonly details: Readonly<Record<string, number>>;
}

export interface ExitCounts {
  readonly hypercall: number;
  readonly idle: number;
  readonly interrupted: number;
  readonly memoryFault: number;
  readonly debug: number;
  readonly systemEvent: number;
  readonly internalError: number;
  readonly mmioRead: number;
  readonly mmioWrite: number;
}

// A stretch of guest memory. 'ram' is what the machine was built with.
export interface MemorySlot {
  readonly name: string;
  readonly base: bigint; // guest physical address
  readonly bytes: number;
  readonly maximumBytes: number; // to which it can be resized
  readonly readOnly: boolean;
  readonly logDirty: boolean;
}

export interface MemoryMap {
  readonly generation: number; // larger after every change
  readonly slots: readonly MemorySlot[]; // by base
}

// One step of changeMemoryMap(). Names: 1 to 32 of a-z, 0-9 and '-', no two alike. Bases and sizes are multiples of
// 64 KiB, from 1 GiB to 256 GiB (or the end of 'ram', if that is higher).
export type SlotChange =
  // New zeroed memory. Without `base`: above all slots, at a multiple of 128 MiB. `maximumBytes` (default: `bytes`) is how
  // far 'resize' may go. A read-only slot hands the guest's writes to the devices, where nothing answers.
  | {
      readonly kind: 'add';
      readonly name: string;
      readonly base?: bigint;
      readonly bytes: number;
      readonly maximumBytes?: number;
      readonly readOnly?: boolean;
      readonly logDirty?: boolean;
    }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'move'; readonly name: string; readonly base: bigint }
  // What is gained is zero.
  | { readonly kind: 'resize'; readonly name: string; readonly bytes: number }
  // `logDirty` begins or ends a log of written pages; of 'ram' too.
  | { readonly kind: 'flags'; readonly name: string; readonly readOnly: boolean; readonly logDirty: boolean };

export interface FirmwareCall {
  // Counts the machine's firmware calls from 0; a gap in a listing means that the ring has lost entries.
  readonly sequence: bigint;
  readonly timeNs: bigint; // guest-monotonic nanoseconds
  readonly vcpu: number;
  readonly functionName: string; // "CPU_ON", or the id in hexadecimal when unknown
  // The function's arguments, x1 first, at the width of the calling convention; x1..x3 when the function is unknown.
  readonly arguments: readonly bigint[];
  readonly argumentNames: readonly string[]; // of the same length, "target_cpu"; "x1" when the function is unknown
  readonly result: bigint | null; // null: the call did not return
  // "SUCCESS", "DENIED", "PSCI 1.3"; null when the result is a plain number or the call did not return.
  readonly resultName: string | null;
}

// What became of one injected event on one vCPU. 'pending': the vCPU takes it later, `reason` says what is in the way.
// 'refused': it will never be taken, `reason` says why. `reason` is one of: "" (delivered), "masked", "disabled",
// "not registered", "vCPU off", "running handler of same priority", "running critical handler". An event that is
// injected while it is pending stays one event.
export interface SdeiInjection {
  readonly vcpu: number;
  readonly outcome: 'delivered' | 'pending' | 'refused';
  readonly reason: string;
}

export interface EngineTraceLine {
  readonly sequence: bigint; // counts all events of the machine
  readonly timeNs: bigint; // guest-monotonic nanoseconds
  readonly vcpu: number;
  readonly text: string; // of a dump more than one line
}

export interface MachineStats {
  readonly state: MachineState;
  readonly engine: EngineName;
  readonly psciVersion: PsciVersion;
  readonly resets: number;
  readonly lastReset: ResetCause | null; // null: never reset
  readonly guestTimeNs: bigint; // guest-monotonic nanoseconds; stands still while paused
  readonly instructionsRetired: number; // sum over the vCPUs
  readonly exits: ExitCounts;
  readonly vcpus: readonly VcpuStats[];
  readonly memoryMap: MemoryMap;
  readonly consoleBytes: number; // written by the guest so far
  readonly lastParkingNs: number; // host nanoseconds from the last kick of all vCPUs until none ran; 0: none did
}

// What a saved machine was promised, or what another one offers.
export interface MachineFacts {
  readonly engine: string; // that executes it
  readonly cpuProfile: string;
  readonly counterFrequencyHz: number; // of the generic timer; 0: unknown
  readonly psciVersion: PsciVersion;
  readonly sdei: boolean;
  readonly cpus: number;
  readonly memoryBytes: number;
}

// One difference between a saved machine and the one that is to take it over.
export interface PreflightFinding {
  // 'refused': the guest would miss something. 'adapted': no guest can tell, `reason` says why.
  readonly verdict: 'refused' | 'adapted';
  readonly subject: string; // a register by its Arm or KVM name, or a field of MachineConfig: "ID_AA64ISAR0_EL1", "cpus"
  readonly field: string; // of the register, "Atomic"; empty: all of it
  readonly saved: string; // as text; empty: it has no such thing
  readonly offered: string;
  readonly reason: string; // one sentence with all of the above
}

export interface Preflight {
  readonly saved: MachineFacts;
  readonly offered: MachineFacts;
  readonly findings: readonly PreflightFinding[]; // refusals first; no refusal: restoreState() will do
}

export interface Machine {
  // Throws InvalidState unless the machine is 'created'.
  start(): void;
  // Stops every vCPU at an instruction boundary and the guest's clock. Rejects with InvalidState when it does not run.
  pause(): Promise<void>;
  // Rejects with InvalidState when it is not paused.
  resume(): Promise<void>;
  // Pulls the plug: the guest is not asked. Resolves after 'ended' (outcome 'stopped' unless it had ended by itself).
  stop(): Promise<void>;
  // Presses and releases the power key (PL061 line 3); Linux answers with an orderly power-off. InvalidState unless it runs.
  pressPowerButton(): void;
  // Wakes a guest that sleeps in SYSTEM_SUSPEND, as if an enabled interrupt had come. InvalidState unless suspended.
  wake(): Promise<void>;
  // Answers a 'policy' event. false: too late, or no such question.
  answerPolicy(id: number, answer: PolicyAnswer): boolean;
  // Another policy in place of the machine's, whole: what is not given has its default. It counts from the guest's next
  // system-wide call on; a question that is open ends as it was asked.
  setPolicy(policy: MachinePolicy): void;
  // Signals a software-delegated event (0 or one of sdeiEvents) to one vCPU or to each; one entry per vCPU, in order.
  // InvalidArgument for an event that was not declared, a vCPU that does not exist; Unsupported without SDEI;
  // InvalidState unless the machine runs or is suspended.
  injectSdei(event: number, cpu: number | 'all'): Promise<readonly SdeiInjection[]>;
  // Queues bytes for the guest's serial console; returns how many were taken (the queue is bounded, 64 KiB).
  consoleWrite(data: Uint8Array): number;
  stats(): MachineStats;
  // The last firmware calls, oldest first (a bounded ring); with `since` only those with a sequence of at least that.
  firmwareTrace(since?: bigint): readonly FirmwareCall[];
  // From now on the engine keeps the last things of these kinds that its vCPUs do; none: it stops. The emulator has 'blocks'
  // (guest code decoded, translated, dropped), 'exits' (ways out of translated code, exceptions, interrupts), 'tlb' (misses,
  // faults, maintenance) and 'dump=ADDRESS' (at most 16: the stages of a block when it is translated; its virtual address
  // in hexadecimal). InvalidArgument for other kinds, Unsupported on an engine that has none.
  traceEngine(kinds: readonly string[]): void;
  // What it keeps, oldest first: a bounded ring, of at most 2000 events of each kind in a second. A gap in `sequence`: some were lost.
  engineTrace(since?: bigint): readonly EngineTraceLine[];
  memoryMap(): MemoryMap;
  // All changes (1 to 1024) in one transaction while the guest stands still, or none; resolves to the new map. The result
  // is judged as a whole, so slots may trade places. InvalidArgument and NotFound name the slot to blame; 'ram' stays as it
  // is. For this run alone: resets keep the slots (with their memory cleared as that of 'ram' is), saveState() has them.
  changeMemoryMap(changes: readonly SlotChange[]): Promise<MemoryMap>;
  // Which 4 KiB pages of a slot with logDirty were written, by the guest or for it, since the log was last taken or began:
  // bit n % 8 of byte n / 8 is page n. May name a page too many, never too few. Clears the log. Unsupported on an engine
  // that keeps none.
  takeDirtyLog(slot: string): Promise<Uint8Array>;
  // The whole machine as bytes: vCPUs, firmware, devices, RAM (zero pages cost nothing). The guest stands still
  // meanwhile and then goes on as before. Allowed when created, running or paused.
  saveState(): Promise<Uint8Array>;
  // The same into a file, which appears when it is whole and on the disk; what was there before stays until then. For
  // its owner alone, zero pages are holes. 'progress' events tell how far it is.
  saveState(path: string): Promise<void>;
  // Replaces the whole state of a 'created' or 'paused' machine by what saveState() gave. Rejects with Unsupported when
  // preflight() refuses, and nothing has changed then; with Corrupt when the bytes do not hold together: a created machine
  // stays usable, a paused one ends as 'error' if its state was half read.
  restoreState(blob: Uint8Array): Promise<void>;
  restoreState(path: string): Promise<void>;
  // What restoreState(path) would refuse or adapt, with nothing touched. Not on an ended machine.
  preflight(path: string): Promise<Preflight>;
  // Stops if needed and frees threads and memory. Idempotent; also done when the environment ends, or when a machine
  // that does not run is collected. A machine that runs or is paused is never collected and keeps the process alive.
  close(): Promise<void>;
}

// Reads and checks the kernel and initrd, reserves memory and builds the board. `onEvent` is called on this JS thread;
// an exception it throws is reported as an uncaught exception. Throws DormouseError.
export function createMachine(config: MachineConfig, onEvent: (event: MachineEvent) => void): Machine;

export interface PsciFunctionInfo {
  readonly name: string; // "CPU_ON"
  readonly id32: number | null; // of the 32-bit calling convention; version 0.1 has one id for both, given here
  readonly id64: number | null;
  readonly presence: 'mandatory' | 'optional';
  readonly arguments: readonly string[]; // names, x1 first
  readonly served: boolean; // false: it answers NOT_SUPPORTED, as the version permits
  readonly reason: string; // why it is not served; empty when it is
  readonly errors: readonly string[]; // that this version may return, "DENIED"
}

// What a PSCI version defines, in the order of the ids, from the table that also answers the guest.
export function psciTable(version: PsciVersion): { readonly functions: readonly PsciFunctionInfo[] };

// One value of a field of MachineConfig that an engine does not grant on this host.
export interface EngineRefusal {
  readonly setting: 'cpuProfile' | 'psciVersion' | 'sdei';
  readonly value: string; // "1.3"; of sdei: "true"
  readonly reason: string; // one sentence that names both
}

export interface EngineInfo {
  readonly name: EngineName;
  readonly available: boolean;
  readonly reason: string; // empty when available, else one sentence that says why not
  readonly refusals: readonly EngineRefusal[];
  readonly counterFrequencyHz: number; // the only one that its guests can have; 0: any
  readonly maxCpus: number; // of one machine; 0 when not available
  readonly maxMemoryBytes: number; // that a machine has addresses for; the host may have less
}

export interface HostInfo {
  readonly engines: readonly EngineInfo[];
  readonly pageSize: number; // bytes
  readonly memoryBytes: number;
  readonly maxCpus: number; // vCPUs per machine
  // Whether MachineConfig.jit may be 'on'; the reason why not is one sentence, empty when it may.
  readonly jit: { readonly available: boolean; readonly reason: string };
  readonly version: string; // of the addon, "0.1.0"
  readonly platform: string; // "linux-x64"
}

export function hostInfo(): HostInfo;
