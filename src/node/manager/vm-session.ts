import { createWriteStream, type WriteStream } from 'node:fs';
import { Emitter } from '../../common/base/event.ts';
import { DormouseError } from '../../common/contract/errors.ts';
import type { ResetCause } from '../../common/config/vm-config.ts';
import type { LiveState, MachineEnd, PolicyQuestion } from '../../common/contract/machine-types.ts';
import type { VmHostEvents } from '../../common/contract/vmhost-api.ts';
import type { FirmwareCall } from '../../common/firmware/trace.ts';
import { chooseEngine, type EngineChoice } from '../../common/vm/engine-choice.ts';
import type { HostExit, VmHostProcess, VmHostStarter } from '../vmhost/starter.ts';
import { planMachine, type MachineWish } from './machine-plan.ts';
import { ConsoleBuffer } from './console-buffer.ts';

/** A console log keeps this much of one run; a guest cannot fill the disk. */
const CONSOLE_LOG_LIMIT = 4 << 20;

export interface SessionLogs {
  readonly console: string;
  readonly host: string;
}

/** One run of a VM: its host process, its console and how it ended. */
export class VmSession {
  readonly console = new ConsoleBuffer();
  readonly #output = new Emitter<{ start: number; data: Uint8Array }>();
  readonly #state = new Emitter<LiveState>();
  readonly #reset = new Emitter<ResetCause>();
  readonly #asked = new Emitter<PolicyQuestion>();
  readonly #progress = new Emitter<{ done: number; total: number }>();
  readonly #ended = new Emitter<MachineEnd>();
  readonly onOutput = this.#output.event;
  readonly onState = this.#state.event;
  readonly onReset = this.#reset.event;
  readonly onAsked = this.#asked.event;
  /** Of saving and restoring, in bytes of memory. */
  readonly onProgress = this.#progress.event;
  /** Fires once, when the host process is gone. */
  readonly onEnded = this.#ended.event;
  #process: VmHostProcess | undefined;
  #end: MachineEnd | undefined;
  #log: WriteStream | undefined;
  #logged = 0;
  #engine: EngineChoice | undefined;
  #lastReset: ResetCause | undefined;

  /** What the machine runs on, and why. */
  get engine(): EngineChoice | undefined {
    return this.#engine;
  }

  get lastReset(): ResetCause | undefined {
    return this.#lastReset;
  }

  /** The machine has ended, or its process has. */
  get isOver(): boolean {
    return this.#end !== undefined;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /**
   * Starts the host process, builds the machine and lets it run. On failure nothing is left behind.
   * @param from a saved state to go on from, instead of booting
   */
  async start(starter: VmHostStarter, wish: MachineWish, logs: SessionLogs, from?: string): Promise<void> {
    this.#log = createWriteStream(logs.console, { mode: 0o600 });
    this.#log.on('error', () => undefined); // A full disk must not stop the guest; the scrollback in memory goes on.
    const host = await this.#spawn(starter, logs.host);
    this.#process = host;
    host.onExit((exit) => {
      this.#onExit(exit);
    });
    try {
      const info = await host.api.hostInfo();
      this.#engine = chooseEngine(wish, info.engines);
      await host.api.create(planMachine(wish, info, 'reboot'));
      if (from !== undefined) await host.api.restoreState(from);
      await host.api.start();
    } catch (error) {
      this.#end ??= { outcome: 'error', message: (error as Error).message };
      host.dispose();
      throw error;
    }
  }

  /** The host process's commands; refuses when it is gone. */
  get api(): VmHostProcess['api'] {
    if (!this.#process || this.#end) throw new DormouseError('E_NOT_RUNNING', 'The VM is not running');
    return this.#process.api;
  }

  /** Firmware calls from this sequence on; those of a run that is over are kept. */
  async firmwareTrace(since: number): Promise<FirmwareCall[]> {
    if (this.#end) return (this.#end.trace ?? []).filter((call) => call.sequence >= since);
    return (await this.#process?.api.firmwareTrace(since)) ?? [];
  }

  kill(): void {
    this.#process?.dispose();
  }

  async #spawn(starter: VmHostStarter, logFile: string): Promise<VmHostProcess> {
    const listener: VmHostEvents = {
      console: (data) => {
        this.#onConsole(data);
      },
      state: (state) => {
        this.#state.fire(state);
      },
      reset: (cause) => {
        this.#lastReset = cause;
        this.#reset.fire(cause);
      },
      policy: (question) => {
        this.#asked.fire(question);
      },
      progress: (done, total) => {
        this.#progress.fire({ done, total });
      },
      ended: (end) => {
        this.#onEnd(end);
      },
    };
    try {
      return await starter.start(listener, logFile);
    } catch (error) {
      this.#end = { outcome: 'error', message: (error as Error).message };
      this.#ended.fire(this.#end);
      throw error;
    }
  }

  #onConsole(data: Uint8Array): void {
    const start = this.console.push(data);
    if (this.#logged < CONSOLE_LOG_LIMIT) {
      this.#log?.write(data.subarray(0, CONSOLE_LOG_LIMIT - this.#logged));
      this.#logged += data.length;
    }
    this.#output.fire({ start, data });
  }

  #onEnd(end: MachineEnd): void {
    this.#end = end;
    // The machine is gone; its process has nothing left to do.
    this.#process?.dispose();
  }

  #onExit(exit: HostExit): void {
    this.#log?.end();
    const cause = exit.signal ? `signal ${exit.signal}` : `exit status ${exit.code ?? 'unknown'}`;
    this.#end ??= { outcome: 'crashed', message: `The VM host process died unexpectedly (${cause})` };
    this.#ended.fire(this.#end);
  }
}
