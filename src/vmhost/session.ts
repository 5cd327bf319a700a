import type { Machine, MachineEvent } from '../../binding/index.js';
import { assertNever } from '../common/base/assert-never.ts';
import { DormouseError } from '../common/contract/errors.ts';
import type { HostInfo, MachineConfig, MachineStats } from '../common/contract/machine-types.ts';
import type { VmHostApi, VmHostEvents } from '../common/contract/vmhost-api.ts';
import { availableParallelism } from 'node:os';
import { crashText } from './crash-text.ts';
import { fromNativeError } from './errors.ts';
import { InputQueue } from './input-queue.ts';
import { native } from './native.ts';
import { OutputQueue } from './output-queue.ts';

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
        instructionsRetired: stats.instructionsRetired,
        exits: { ...stats.exits },
        vcpus: stats.vcpus.map((vcpu) => vcpu.power),
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

  #onEvent(event: MachineEvent): void {
    switch (event.kind) {
      case 'console':
        this.#output.push(event.data);
        return;
      case 'state':
      case 'reset':
        return;
      case 'ended': {
        this.#ended = true;
        this.#input.dispose();
        const report = event.report && { reason: event.report.message, text: crashText(event.report) };
        const end = { outcome: event.outcome, message: event.message, ...(report && { report }) };
        void this.#output.flushed().then(() => {
          this.#events().ended(end);
        });
        return;
      }
      default:
        assertNever(event);
    }
  }
}
