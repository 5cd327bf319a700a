import { Emitter, type Event } from '../../src/common/base/event.ts';
import type { PolicyAnswer } from '../../src/common/config/firmware-config.ts';
import type { PsciVersion } from '../../src/common/config/psci-version.ts';
import { inverseEdit } from '../../src/common/config/vm-changes.ts';
import { sleptOnEngine, type VmEdit } from '../../src/common/config/vm-config.ts';
import type { AppApi, AppEvents, ConsoleChunk, VmSummary } from '../../src/common/contract/app-api.ts';
import type { HostInfo } from '../../src/common/contract/machine-types.ts';
import { describeChoice, engineSentence } from '../../src/common/vm/engine-choice.ts';
import type { VmAction } from '../../src/common/vm/vm-state.ts';
import { Refused, type Client, type CreateClient } from '../api/client.ts';
import { STRINGS } from '../strings/en.ts';
import { Questions, type Question } from './questions.svelte.ts';
import { Toasts } from './toasts.svelte.ts';

const RECONNECT_MS = 1000;

export type Connection = 'connecting' | 'connected' | 'lost' | 'refused';

/** Everything the page knows: the connection, the VMs, which one is shown. */
export class AppState {
  connection = $state<Connection>('connecting');
  vms = $state<VmSummary[]>([]);
  selectedId = $state<string | undefined>();
  readonly selected = $derived(this.vms.find((vm) => vm.id === this.selectedId));
  /** What this computer offers; undefined until it has answered. */
  host = $state.raw<HostInfo | undefined>();
  readonly toasts = new Toasts();
  readonly questions = new Questions((text) => {
    this.toasts.show({ text, kind: 'info' });
  });
  /** Counts connections, so that consoles know when to attach anew. */
  epoch = $state(0);

  readonly #createClient: CreateClient;
  readonly #consoles = new Emitter<ConsoleChunk>();
  #client: Client | undefined;

  constructor(createClient: CreateClient) {
    this.#createClient = createClient;
  }

  get api(): AppApi {
    if (!this.#client) throw new Error(STRINGS.disconnected);
    return this.#client.api;
  }

  async connect(): Promise<void> {
    const events: AppEvents = {
      vmChanged: (vm) => {
        this.#put(vm);
      },
      vmRemoved: (id) => {
        this.vms = this.vms.filter((vm) => vm.id !== id);
      },
      console: (chunk) => {
        this.#consoles.fire(chunk);
      },
      policyAsked: (request) => {
        this.questions.ask(request);
      },
      policySettled: (settled) => {
        this.questions.settle(settled);
      },
    };
    try {
      const client = await this.#createClient(events);
      client.onClose(() => {
        this.connection = 'lost';
        this.#retry();
      });
      this.#client = client;
      this.vms = await client.api.listVms();
      this.questions.replace(await client.api.policyRequests());
      this.selectedId ??= this.vms[0]?.id;
      this.connection = 'connected';
      this.epoch++;
      void this.attempt(async () => (this.host = await client.api.hostInfo()));
    } catch (error) {
      this.connection = error instanceof Refused ? 'refused' : 'lost';
      if (this.connection === 'lost') this.#retry();
    }
  }

  /** What the VM runs on, or would, and why; undefined while the computer has not answered. */
  engineOf(vm: VmSummary): string | undefined {
    if (vm.engine !== undefined && vm.engineReason !== undefined)
      return engineSentence({ engine: vm.engine, reason: vm.engineReason });
    const needs = { ...vm.spec, ...vm.profile, sleptOn: sleptOnEngine(vm.lastEnd) };
    return this.host && describeChoice(needs, this.host.engines);
  }

  get onConsole(): Event<ConsoleChunk> {
    return this.#consoles.event;
  }

  /** Runs a call and shows what went wrong, if anything did. */
  async attempt(call: () => Promise<unknown>): Promise<boolean> {
    try {
      await call();
      return true;
    } catch (error) {
      this.toasts.show({ text: (error as Error).message, kind: 'error' });
      return false;
    }
  }

  async answer(question: Question, answer: PolicyAnswer): Promise<void> {
    await this.attempt(async () => {
      const inTime = await this.api.answerPolicy(question.vmId, question.id, answer);
      if (!inTime) this.toasts.show({ text: STRINGS.tooLate, kind: 'info' });
    });
    this.questions.hide(question);
  }

  /** Changes settings; they can be taken back. Resolves to a sentence when they were refused. */
  async edit(vm: VmSummary, edit: VmEdit, force: boolean): Promise<string | undefined> {
    const inverse = inverseEdit(vm.spec, edit);
    try {
      const changed = await this.api.editVm(vm.id, edit, force);
      this.#offerUndo(STRINGS.changed(changed.spec.name), () => this.api.editVm(vm.id, inverse, true));
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Resolves to whether it was changed. */
  setPsci(vm: VmSummary, version: PsciVersion, force: boolean): Promise<boolean> {
    return this.attempt(async () => {
      await this.api.setPsci(vm.id, version, force);
      this.#offerUndo(STRINGS.psciChanged(vm.spec.name, version), () => this.api.undoPsci(vm.id, true));
    });
  }

  async act(vm: VmSummary, action: VmAction): Promise<void> {
    const calls: Record<VmAction, () => Promise<unknown>> = {
      start: () => this.api.startVm(vm.id),
      pause: () => this.api.pauseVm(vm.id),
      resume: () => this.api.resumeVm(vm.id),
      wake: () => this.api.wakeVm(vm.id),
      power: () => this.api.powerVm(vm.id),
      stop: () => this.api.stopVm(vm.id),
      delete: () => this.#delete(vm),
    };
    await this.attempt(calls[action]);
  }

  async #delete(vm: VmSummary): Promise<void> {
    await this.api.deleteVm(vm.id);
    this.#offerUndo(STRINGS.deleted(vm.spec.name), () => this.api.undeleteVm(vm.id));
  }

  #offerUndo(text: string, undo: () => Promise<unknown>): void {
    this.toasts.show({ text, kind: 'info', action: { label: STRINGS.undo, run: () => void this.attempt(undo) } });
  }

  #put(vm: VmSummary): void {
    const index = this.vms.findIndex((each) => each.id === vm.id);
    if (index === -1) this.vms.push(vm);
    else this.vms[index] = vm;
    this.selectedId ??= vm.id;
  }

  #retry(): void {
    setTimeout(() => void this.connect(), RECONNECT_MS);
  }
}
