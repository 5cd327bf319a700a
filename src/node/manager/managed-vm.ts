import { readFile, rm } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import { Emitter } from '../../common/base/event.ts';
import type { CheckedVmSpec, VmConfig } from '../../common/config/vm-config.ts';
import type { ConsoleChunk, ConsoleSnapshot, VmSummary } from '../../common/contract/app-api.ts';
import { DormouseError } from '../../common/contract/errors.ts';
import type { MachineEnd, MachineStats } from '../../common/contract/machine-types.ts';
import { allows, canMove, isLive, type VmAction, type VmState } from '../../common/vm/vm-state.ts';
import { lockInstance, type Release } from '../store/instance-lock.ts';
import type { FileNames } from '../store/file-names.ts';
import type { VmStore } from '../store/vm-store.ts';
import type { VmHostStarter } from '../vmhost/starter.ts';
import { VmSession } from './vm-session.ts';

/** How a run's outcome is kept and shown until the next start. */
function endState(end: MachineEnd, before: VmState): 'off' | 'hibernated' | 'crashed' {
  if (end.outcome === 'hibernated') return 'hibernated';
  // A VM that could not even be built has not crashed: it is off, and the message says what to mend.
  if (end.outcome === 'error') return before === 'starting' ? 'off' : 'crashed';
  return end.outcome === 'crashed' ? 'crashed' : 'off';
}

/** One VM of the registry: its configuration, its state, and its session while it runs. */
export class ManagedVm {
  readonly #names: FileNames;
  readonly #store: VmStore;
  readonly #changed = new Emitter<undefined>();
  readonly #output = new Emitter<ConsoleChunk>();
  readonly onChanged = this.#changed.event;
  readonly onOutput = this.#output.event;
  #config: VmConfig;
  #state: VmState;
  #message: string;
  #session: VmSession | undefined;
  /** Settles when the running session's process is gone and everything about its end is on disk. */
  #finished: Promise<void> = Promise.resolve();

  constructor(config: VmConfig, names: FileNames, store: VmStore) {
    this.#config = config;
    this.#names = names;
    this.#store = store;
    this.#state = config.lastEnd ?? 'off';
    this.#message = config.lastEndMessage ?? '';
  }

  get id(): string {
    return this.#config.id;
  }

  get spec(): CheckedVmSpec {
    return this.#config.spec;
  }

  get state(): VmState {
    return this.#state;
  }

  summary(): VmSummary {
    const engine = isLive(this.#state) ? this.#session?.engine : undefined;
    return {
      id: this.id,
      spec: this.spec,
      state: this.#state,
      message: this.#message,
      createdAt: this.#config.createdAt,
      ...(engine !== undefined && { engine }),
    };
  }

  async start(starter: VmHostStarter): Promise<void> {
    this.#demand('start');
    this.#move('starting', '');
    await this.#finished;
    let release: Release;
    try {
      release = await lockInstance(this.#names.folder(this.id), this.spec.name);
    } catch (error) {
      this.#move('off', (error as Error).message);
      throw error;
    }
    const session = new VmSession();
    this.#session = session;
    session.onOutput(({ start, data }) => {
      this.#output.fire({ id: this.id, start, data });
    });
    let onFinished: () => void = () => undefined;
    this.#finished = new Promise((resolve) => (onFinished = resolve));
    session.onEnded((end) => {
      void this.#finish(end, release).finally(onFinished);
    });
    await rm(this.#names.crashReport(this.id), { force: true });
    await session.start(starter, this.spec, {
      console: this.#names.consoleLog(this.id),
      host: this.#names.hostLog(this.id),
    });
    if (this.#state === 'starting') this.#move('running', '');
  }

  async pause(): Promise<void> {
    await this.#live('pause').api.pause();
    if (this.#state === 'running') this.#move('paused', ''); // It may have ended meanwhile.
  }

  async resume(): Promise<void> {
    await this.#live('resume').api.resume();
    if (this.#state === 'paused') this.#move('running', '');
  }

  async pressPowerButton(): Promise<void> {
    await this.#live('power').api.pressPowerButton();
  }

  /** Cuts the power; resolves when the process is gone. */
  async stop(): Promise<void> {
    const session = this.#live('stop');
    if (this.#state !== 'stopping') this.#move('stopping', '');
    try {
      await session.api.stop();
    } catch {
      session.kill(); // It did not even answer: the process itself goes.
    }
    await this.#finished;
  }

  async dispose(): Promise<void> {
    if (isLive(this.#state) && this.#session) await this.stop();
    await this.#finished;
  }

  stats(): Promise<MachineStats> {
    return this.#running().api.stats();
  }

  async writeConsole(data: Uint8Array): Promise<void> {
    await this.#running().api.writeConsole(data);
  }

  /** The running session's scrollback, or the last run's log. */
  async consoleSnapshot(): Promise<ConsoleSnapshot> {
    if (this.#session) return { data: this.#session.console.snapshot(), end: this.#session.console.end };
    const data = await readFile(this.#names.consoleLog(this.id)).catch(() => new Uint8Array());
    return { data: new Uint8Array(data), end: data.length };
  }

  async #finish(end: MachineEnd, release: Release): Promise<void> {
    const state = endState(end, this.#state);
    if (end.report) await writeFileAtomic(this.#names.crashReport(this.id), end.report.text, { mode: 0o600 });
    this.#config = { ...this.#config, lastEnd: state, lastEndMessage: end.message.slice(0, 2000) };
    try {
      await this.#store.write(this.#config);
    } finally {
      await release().catch(() => undefined);
      this.#move(state, end.message);
    }
  }

  #running(): VmSession {
    if (!this.#session || !isLive(this.#state))
      throw new DormouseError('E_STATE', `"${this.spec.name}" is not running`);
    return this.#session;
  }

  #live(action: VmAction): VmSession {
    this.#demand(action);
    return this.#running();
  }

  #demand(action: VmAction): void {
    if (!allows(this.#state, action))
      throw new DormouseError('E_STATE', `"${this.spec.name}" is ${this.#state}: ${action} is not possible now`);
  }

  #move(to: VmState, message: string): void {
    if (this.#state === to) return;
    if (!canMove(this.#state, to)) throw new DormouseError('E_INTERNAL', `Illegal move from ${this.#state} to ${to}`);
    this.#state = to;
    this.#message = message;
    this.#changed.fire(undefined);
  }
}
