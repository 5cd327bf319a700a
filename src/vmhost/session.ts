import type { Machine, MachineEvent } from '../../binding/index.js';
import { assertNever } from '../common/base/assert-never.ts';
import { DormouseError } from '../common/contract/errors.ts';
import type { PolicyAnswer } from '../common/config/firmware-config.ts';
import type { PsciVersion } from '../common/config/psci-version.ts';
import type { ResetCause } from '../common/config/vm-config.ts';
import {
  LIVE_STATES,
  type HostInfo,
  type MachineConfig,
  type MachineEnd,
  type MachinePolicy,
  type MachineStats,
  type Preflight,
  type SdeiInjection,
} from '../common/contract/machine-types.ts';
import type { VmHostApi, VmHostEvents } from '../common/contract/vmhost-api.ts';
import type { PsciTable } from '../common/firmware/psci-change.ts';
import type { FirmwareCall } from '../common/firmware/trace.ts';
import type { EngineTraceLine } from '../common/vm/engine-trace.ts';
import type { MemoryChange, MemoryMap } from '../common/vm/memory-map.ts';
import { availableParallelism } from 'node:os';
import { crashText } from './crash-text.ts';
import { fromNativeError } from './errors.ts';
import { InputQueue } from './input-queue.ts';
import { native } from './native.ts';
import { OutputQueue } from './output-queue.ts';
import { plainCall, plainCounters, plainLine, plainMap, plainQuestion, plainReset, slotChange } from './plain.ts';

/** Errors of the addon become errors with our codes, whether thrown or rejected. */
async function guarded<T>(call: () => T | Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw error instanceof DormouseError ? error : fromNativeError(error);
  }
}

/** The one machine of this process. */
export class Session implements VmHostApi {
  readonly #events: () => VmHostEvents;
  #machine: Machine | undefined;
  readonly #input = new InputQueue((data) => this.#machine?.consoleWrite(data) ?? data.length);
  readonly #output: OutputQueue;
  #ended = false;
  #lastReset: ResetCause | undefined;

  /** @param flushed resolves when the manager's end has taken what was sent. */
  constructor(events: () => VmHostEvents, flushed: () => Promise<void>) {
    this.#events = events;
    this.#output = new OutputQueue((data) => {
      events().console(data);
      return flushed();
    });
  }

  hostInfo(): Promise<HostInfo> {
    return guarded(() => ({ ...native.hostInfo(), cpus: availableParallelism() }));
  }

  psciTable(version: PsciVersion): Promise<PsciTable> {
    return guarded(() => ({ version, functions: native.psciTable(version).functions }));
  }

  create(config: MachineConfig): Promise<void> {
    return guarded(() => {
      if (this.#machine) throw new DormouseError('E_STATE', 'This process has its machine already');
      this.#machine = native.createMachine(config, (event) => {
        this.#onEvent(event);
      });
    });
  }

  start(): Promise<void> {
    return guarded(() => {
      this.#live().start();
    });
  }

  pause(): Promise<void> {
    return guarded(() => this.#live().pause());
  }

  resume(): Promise<void> {
    return guarded(() => this.#live().resume());
  }

  pressPowerButton(): Promise<void> {
    return guarded(() => {
      this.#live().pressPowerButton();
    });
  }

  wake(): Promise<void> {
    return guarded(() => this.#live().wake());
  }

  answerPolicy(id: number, answer: PolicyAnswer): Promise<boolean> {
    return guarded(() => this.#live().answerPolicy(id, answer));
  }

  setPolicy(policy: MachinePolicy): Promise<void> {
    return guarded(() => {
      this.#live().setPolicy(policy);
    });
  }

  injectSdei(event: number, cpu: number | 'all'): Promise<SdeiInjection[]> {
    return guarded(async () => [...(await this.#live().injectSdei(event, cpu))]);
  }

  memoryMap(): Promise<MemoryMap> {
    return guarded(() => plainMap(this.#live().memoryMap()));
  }

  changeMemoryMap(changes: readonly MemoryChange[]): Promise<MemoryMap> {
    return guarded(async () => plainMap(await this.#live().changeMemoryMap(changes.map(slotChange))));
  }

  firmwareTrace(since: number): Promise<FirmwareCall[]> {
    return guarded(() => this.#live().firmwareTrace(BigInt(since)).map(plainCall));
  }

  traceEngine(kinds: readonly string[]): Promise<void> {
    return guarded(() => {
      this.#live().traceEngine(kinds);
    });
  }

  engineTrace(since: number): Promise<EngineTraceLine[]> {
    return guarded(() => this.#live().engineTrace(BigInt(since)).map(plainLine));
  }

  saveState(file: string): Promise<void> {
    return guarded(() => this.#live().saveState(file));
  }

  restoreState(file: string): Promise<void> {
    return guarded(() => this.#live().restoreState(file));
  }

  preflight(file: string): Promise<Preflight> {
    return guarded(() => this.#live().preflight(file));
  }

  stop(): Promise<void> {
    return guarded(() => this.#live().stop());
  }

  writeConsole(data: Uint8Array): Promise<void> {
    return guarded(() => {
      this.#live();
      if (!this.#ended) this.#input.push(data);
    });
  }

  stats(): Promise<MachineStats> {
    return guarded(() => {
      const stats = this.#live().stats();
      return {
        engine: stats.engine,
        psciVersion: stats.psciVersion,
        resets: stats.resets,
        lastReset: stats.lastReset && plainReset(stats.lastReset),
        instructionsRetired: stats.instructionsRetired,
        exits: { ...stats.exits },
        guestTimeNs: Number(stats.guestTimeNs),
        vcpus: stats.vcpus.map((vcpu) => vcpu.power),
        counters: stats.vcpus.map(plainCounters),
      };
    });
  }

  async close(): Promise<void> {
    this.#input.dispose();
    await this.#machine?.close();
  }

  #live(): Machine {
    if (!this.#machine) throw new DormouseError('E_STATE', 'The machine has not been created yet');
    return this.#machine;
  }

  /** The end comes after the console bytes that were written before it. */
  async #endWhenFlushed(end: MachineEnd): Promise<void> {
    await this.#output.flushed();
    this.#events().ended(end);
  }

  #onEvent(event: MachineEvent): void {
    switch (event.kind) {
      case 'console':
        this.#output.push(event.data);
        return;
      case 'state': {
        const state = LIVE_STATES.find((each) => each === event.state);
        if (state) this.#events().state(state);
        return;
      }
      case 'reset':
        this.#lastReset = plainReset(event.lastReset);
        this.#events().reset(this.#lastReset);
        return;
      case 'policy':
        this.#events().policy(plainQuestion(event));
        return;
      case 'progress':
        this.#events().progress(event.done, event.total);
        return;
      case 'ended':
        this.#ended = true;
        this.#input.dispose();
        void this.#endWhenFlushed(this.#endOf(event));
        return;
      default:
        assertNever(event);
    }
  }

  #endOf(event: Extract<MachineEvent, { kind: 'ended' }>): MachineEnd {
    const trace = (this.#machine?.firmwareTrace() ?? []).map(plainCall);
    const lastReset = event.lastReset ? plainReset(event.lastReset) : this.#lastReset;
    return {
      outcome: event.outcome,
      message: event.message,
      ...(event.report && { report: { reason: event.report.message, text: crashText(event.report, trace) } }),
      ...(event.offType !== undefined && { offType: event.offType }),
      ...(lastReset && { lastReset }),
      trace,
    };
  }
}
