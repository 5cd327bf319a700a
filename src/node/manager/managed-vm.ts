import { readFile, rm } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import { Emitter } from '../../common/base/event.ts';
import type { PolicyAnswer } from '../../common/config/firmware-config.ts';
import { sleptOnEngine, type VmConfig, type VmProfile, type VmSettings } from '../../common/config/vm-config.ts';
import type { ConsoleChunk, ConsoleSnapshot, VmSummary } from '../../common/contract/app-api.ts';
import { DormouseError } from '../../common/contract/errors.ts';
import type {
  LiveState,
  MachineEnd,
  MachineStats,
  Preflight,
  SdeiInjection,
} from '../../common/contract/machine-types.ts';
import { IGNORE_EVENTS } from '../../common/contract/vmhost-api.ts';
import type { FirmwareCall } from '../../common/firmware/trace.ts';
import type { EngineTraceLine } from '../../common/vm/engine-trace.ts';
import type { MemoryChange, MemoryMap } from '../../common/vm/memory-map.ts';
import { allows, canMove, isLive, type FileAction, type VmAction, type VmState } from '../../common/vm/vm-state.ts';
import { lockInstance, type Release } from '../store/instance-lock.ts';
import type { FileNames } from '../store/file-names.ts';
import type { VmStore } from '../store/vm-store.ts';
import type { VmHostStarter } from '../vmhost/starter.ts';
import { endOfRun } from './end-of-run.ts';
import { planMachine, planPolicy, type MachineWish } from './machine-plan.ts';
import { PolicyDesk } from './policy-desk.ts';
import { checkReplaceable } from './state-file.ts';
import { VmSession } from './vm-session.ts';

/** One VM of the registry: its configuration, its state, and its session while it runs. */
export class ManagedVm {
  readonly #names: FileNames;
  readonly #store: VmStore;
  readonly #changed = new Emitter<undefined>();
  readonly #output = new Emitter<ConsoleChunk>();
  readonly onChanged = this.#changed.event;
  readonly onOutput = this.#output.event;
  /** Questions of its guest that wait for an answer. */
  readonly desk = new PolicyDesk(() => ({ id: this.id, name: this.spec.name }));
  #config: VmConfig;
  #state: VmState;
  #message: string;
  #session: VmSession | undefined;
  /** The running machine is in this file and ends for that reason. */
  #savedTo: string | undefined;
  /** Settles when the running session's process is gone and all about its end, or a change of vm.json, is on disk. */
  #finished: Promise<void> = Promise.resolve();

  constructor(config: VmConfig, names: FileNames, store: VmStore) {
    this.#config = config;
    this.#names = names;
    this.#store = store;
    this.#state = config.lastEnd?.state ?? 'off';
    this.#message = config.lastEnd?.message ?? '';
  }

  get id(): string {
    return this.#config.id;
  }

  get spec(): VmSettings {
    return this.#config.spec;
  }

  get profile(): VmProfile {
    return this.#config.profile;
  }

  get state(): VmState {
    return this.#state;
  }

  summary(): VmSummary {
    const { spec, profile, psciChanges, createdAt, lastEnd } = this.#config;
    const session = isLive(this.#state) ? this.#session : undefined;
    return {
      id: this.id,
      spec,
      profile,
      psciChanges,
      state: this.#state,
      message: this.#message,
      createdAt,
      ...(session?.engine && { engine: session.engine.engine, engineReason: session.engine.reason }),
      ...(session?.lastReset && { lastReset: session.lastReset }),
      ...(lastEnd && !isLive(this.#state) && { lastEnd }),
    };
  }

  /** @param from a saved state to go on from, instead of booting */
  async start(starter: VmHostStarter, from?: string): Promise<void> {
    this.#demand(from === undefined ? 'start' : 'restore');
    this.#savedTo = undefined;
    this.#move('starting', '');
    await this.#finished;
    let release: Release;
    try {
      release = await this.#lock();
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
    session.onState((state) => {
      this.#follow(state);
    });
    session.onReset(() => {
      this.#changed.fire(undefined);
    });
    session.onProgress(({ done, total }) => {
      const what = this.#state === 'starting' ? 'Restoring' : 'Saving';
      this.#say(`${what}: ${Math.floor((100 * done) / total)} %`);
    });
    session.onAsked((question) => {
      this.desk.ask(question, this.spec.policy.unanswered);
    });
    session.onEnded((end) => {
      void this.#finish(end, release).finally(onFinished);
    });
    await rm(this.#names.crashReport(this.id), { force: true });
    const wish = this.#wish(from);
    await session.start(
      starter,
      wish,
      {
        console: this.#names.consoleLog(this.id),
        host: this.#names.hostLog(this.id),
      },
      from,
    );
    if (this.#state === 'starting') this.#move('running', '');
    // It may have been changed while the machine was being built.
    if (this.spec.policy !== wish.policy) await this.#applyPolicy();
  }

  async pause(): Promise<void> {
    await this.#live('pause').api.pause();
    if (this.#state === 'running') this.#move('paused', ''); // It may have ended meanwhile.
  }

  async resume(): Promise<void> {
    await this.#live('resume').api.resume();
    if (this.#state === 'paused') this.#move('running', '');
  }

  /** Whether the guest then runs, its machine says. */
  async wake(): Promise<void> {
    await this.#live('wake').api.wake();
  }

  async pressPowerButton(): Promise<void> {
    await this.#live('power').api.pressPowerButton();
  }

  /** Saves the whole machine, which then ends or goes on as before. The guest does not run in between. */
  async save(file: string, keepRunning: boolean): Promise<void> {
    const session = this.#live('save');
    await checkReplaceable(file);
    const mustPause = !keepRunning && this.#state !== 'paused';
    if (mustPause) await session.api.pause();
    try {
      await session.api.saveState(file);
    } catch (error) {
      if (mustPause) await session.api.resume().catch(() => undefined); // It may have ended meanwhile.
      throw error;
    } finally {
      this.#say('');
    }
    if (keepRunning) return;
    this.#savedTo = file;
    await this.stop();
  }

  /** What would stand in the way of start() from a saved state. */
  async preflight(starter: VmHostStarter, file: string): Promise<Preflight> {
    if (isLive(this.#state)) return this.#running().api.preflight(file);
    const host = await starter.start(IGNORE_EVENTS, undefined);
    try {
      await host.api.create(planMachine(this.#wish(file), await host.api.hostInfo(), 'reboot'));
      return await host.api.preflight(file);
    } finally {
      host.dispose();
    }
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

  async answerPolicy(question: number, answer: PolicyAnswer): Promise<boolean> {
    const inTime = await this.#running().api.answerPolicy(question, answer);
    if (inTime) this.desk.settle(question, answer, 'answered');
    return inTime;
  }

  injectSdei(event: number, cpu: number | 'all'): Promise<SdeiInjection[]> {
    return this.#running().api.injectSdei(event, cpu);
  }

  memoryMap(): Promise<MemoryMap> {
    return this.#running().api.memoryMap();
  }

  changeMemoryMap(changes: readonly MemoryChange[]): Promise<MemoryMap> {
    return this.#running().api.changeMemoryMap(changes);
  }

  traceEngine(kinds: readonly string[]): Promise<void> {
    return this.#running().api.traceEngine(kinds);
  }

  engineTrace(since: number): Promise<EngineTraceLine[]> {
    return this.#running().api.engineTrace(since);
  }

  firmwareTrace(since: number): Promise<FirmwareCall[]> {
    return this.#session?.firmwareTrace(since) ?? Promise.resolve([]);
  }

  /**
   * Changes vm.json. While the VM is off, from what is on disk: another Dormouse may have changed it.
   * @param whileLive the change is one of the policy alone, which the running machine takes over
   */
  async change(make: (config: VmConfig) => VmConfig, whileLive = false): Promise<void> {
    if (!isLive(this.#state)) {
      const changed = this.#finished.then(() => this.#changeStored(make));
      this.#finished = changed.catch(() => undefined);
      await changed;
    } else if (whileLive) {
      this.#config = make(this.#config);
      await this.#store.write(this.#config);
      if (this.#state !== 'starting') await this.#applyPolicy();
    } else {
      throw new DormouseError('E_STATE', `"${this.spec.name}" is ${this.#state}: stop it before changing it`);
    }
    this.#changed.fire(undefined);
  }

  /** The running machine answers the guest's next call by what vm.json says now. */
  async #applyPolicy(): Promise<void> {
    const session = this.#session;
    if (!session || !isLive(this.#state)) return;
    try {
      await session.api.setPolicy(planPolicy(this.spec.policy));
    } catch (error) {
      if (session.isOver) return; // It ended meanwhile; the next start takes the policy along.
      throw error;
    }
  }

  async #changeStored(make: (config: VmConfig) => VmConfig): Promise<void> {
    const release = await this.#lock();
    try {
      const config = make(this.#config);
      await this.#store.write(config);
      this.#config = config;
    } finally {
      await release().catch(() => undefined);
    }
  }

  /** Takes the instance folder; what another Dormouse has changed in it counts from now on. */
  async #lock(): Promise<Release> {
    const release = await lockInstance(this.#names.folder(this.id), this.spec.name);
    try {
      this.#config = await this.#store.read(this.id);
      return release;
    } catch (error) {
      await release().catch(() => undefined);
      throw error;
    }
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
    this.desk.clear();
    const engine = this.#session?.engine?.engine;
    const last = endOfRun(end, this.#state, this.#config, new Date().toISOString(), engine, this.#savedTo);
    if (end.report) await writeFileAtomic(this.#names.crashReport(this.id), end.report.text, { mode: 0o600 });
    this.#config = { ...this.#config, lastEnd: last };
    try {
      await this.#store.write(this.#config);
    } finally {
      await release().catch(() => undefined);
      this.#move(last.state, last.message);
    }
  }

  /** The guest, or another caller, has changed what the machine is doing. */
  #follow(state: LiveState): void {
    if (isLive(this.#state) && this.#state !== 'stopping') this.#move(state, '');
  }

  /** Another sentence about the same state. */
  #say(message: string): void {
    if (!isLive(this.#state) || this.#message === message) return;
    this.#message = message;
    this.#changed.fire(undefined);
  }

  /** @param from a saved state to go on from; only of the last one it is known which engine it is of */
  #wish(from?: string): MachineWish {
    const { psciVersion, cpuProfile, counterFrequencyHz } = this.profile;
    const { lastEnd } = this.#config;
    const wakes = lastEnd?.state === 'saved' ? lastEnd.file === from : from === undefined;
    const promised = { psciVersion, cpuProfile, counterFrequencyHz };
    return { ...this.spec, ...promised, ...(wakes && { sleptOn: sleptOnEngine(lastEnd) }) };
  }

  #running(): VmSession {
    const { name } = this.spec;
    if (!isLive(this.#state))
      throw new DormouseError('E_NOT_RUNNING', `"${name}" is not running: it is ${this.#state}`);
    if (!this.#session) throw new DormouseError('E_STATE', `"${name}" is ${this.#state}, and not running yet`);
    return this.#session;
  }

  #live(action: VmAction | FileAction): VmSession {
    this.#demand(action);
    return this.#running();
  }

  #demand(action: VmAction | FileAction): void {
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
