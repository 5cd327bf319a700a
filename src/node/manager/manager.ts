import { randomUUID } from 'node:crypto';
import { readFile, writeFile, rm } from 'node:fs/promises';
import { Emitter } from '../../common/base/event.ts';
import type { PolicyAnswer } from '../../common/config/firmware-config.ts';
import type { PsciVersion } from '../../common/config/psci-version.ts';
import { editSettings, setPsciVersion, undoPsciVersion } from '../../common/config/vm-changes.ts';
import {
  describeIssue,
  vmEditSchema,
  vmSpecSchema,
  VM_CONFIG_VERSION,
  type VmConfig,
  type VmEdit,
  type VmSpec,
} from '../../common/config/vm-config.ts';
import type {
  AppApi,
  ConsoleChunk,
  ConsoleSnapshot,
  PolicyRequest,
  PolicySettled,
  VmSummary,
} from '../../common/contract/app-api.ts';
import { DormouseError } from '../../common/contract/errors.ts';
import type { HostInfo, MachineStats, Preflight, SdeiInjection } from '../../common/contract/machine-types.ts';
import { IGNORE_EVENTS, type VmHostApi } from '../../common/contract/vmhost-api.ts';
import { comparePsci, type PsciChange } from '../../common/firmware/psci-change.ts';
import type { FirmwareCall } from '../../common/firmware/trace.ts';
import type { EngineTraceLine } from '../../common/vm/engine-trace.ts';
import type { MemoryChange, MemoryMap } from '../../common/vm/memory-map.ts';
import { isLive } from '../../common/vm/vm-state.ts';
import { FileNames } from '../store/file-names.ts';
import { VmStore } from '../store/vm-store.ts';
import type { VmHostStarter } from '../vmhost/starter.ts';
import { ManagedVm } from './managed-vm.ts';

/** The registry of all VMs of one data directory. Electron main, the command line and `serve` are thin faces of it. */
export class Manager implements Omit<AppApi, 'attachConsole' | 'detachConsole'> {
  readonly #names: FileNames;
  readonly #store: VmStore;
  readonly #starter: VmHostStarter;
  readonly #vms = new Map<string, ManagedVm>();
  readonly #changed = new Emitter<VmSummary>();
  readonly #removed = new Emitter<string>();
  readonly #output = new Emitter<ConsoleChunk>();
  readonly #asked = new Emitter<PolicyRequest>();
  readonly #settled = new Emitter<PolicySettled>();
  readonly onVmChanged = this.#changed.event;
  readonly onVmRemoved = this.#removed.event;
  readonly onConsole = this.#output.event;
  readonly onPolicyAsked = this.#asked.event;
  readonly onPolicySettled = this.#settled.event;
  /** What could not be read at load(), for the log. */
  readonly warnings: string[] = [];

  constructor(dataDirectory: string, starter: VmHostStarter) {
    this.#names = new FileNames(dataDirectory);
    this.#store = new VmStore(this.#names);
    this.#starter = starter;
  }

  /** Reads the data directory; a damaged VM is left alone and named in `warnings`. */
  async load(): Promise<void> {
    for (const config of await this.#store.list((id, error) => this.warnings.push(`${id}: ${error.message}`)))
      this.#adopt(new ManagedVm(config, this.#names, this.#store));
  }

  hostInfo(): Promise<HostInfo> {
    return this.#askAddon((api) => api.hostInfo());
  }

  listVms(): Promise<VmSummary[]> {
    return Promise.resolve([...this.#vms.values()].map((vm) => vm.summary()));
  }

  async createVm(spec: VmSpec): Promise<VmSummary> {
    const checked = vmSpecSchema.safeParse(spec);
    if (!checked.success) throw new DormouseError('E_INVALID', describeIssue(checked.error));
    const { psciVersion, cpuProfile, counterFrequencyHz, ...settings } = checked.data;
    this.#checkName(settings.name);
    const config: VmConfig = {
      version: VM_CONFIG_VERSION,
      id: randomUUID(),
      createdAt: new Date().toISOString(),
      spec: settings,
      profile: {
        psciVersion,
        board: 'virt-1',
        cpuProfile,
        ...(counterFrequencyHz !== undefined && { counterFrequencyHz }),
      },
      psciChanges: [],
    };
    await this.#store.write(config);
    const vm = this.#adopt(new ManagedVm(config, this.#names, this.#store));
    this.#changed.fire(vm.summary());
    return vm.summary();
  }

  async startVm(id: string): Promise<void> {
    await this.#vm(id).start(this.#starter);
  }

  async pauseVm(id: string): Promise<void> {
    await this.#vm(id).pause();
  }

  async resumeVm(id: string): Promise<void> {
    await this.#vm(id).resume();
  }

  async powerVm(id: string): Promise<void> {
    await this.#vm(id).pressPowerButton();
  }

  async stopVm(id: string): Promise<void> {
    await this.#vm(id).stop();
  }

  async wakeVm(id: string): Promise<void> {
    await this.#vm(id).wake();
  }

  async editVm(id: string, edit: VmEdit, force: boolean): Promise<VmSummary> {
    const checked = vmEditSchema.safeParse(edit);
    if (!checked.success) throw new DormouseError('E_INVALID', describeIssue(checked.error));
    if (edit.name !== undefined) this.#checkName(edit.name, id);
    const isPolicyAlone = Object.keys(edit).every((field) => field === 'policy');
    return this.#change(id, (config) => editSettings(config, checked.data, force), isPolicyAlone);
  }

  async psciChange(id: string, version: PsciVersion): Promise<PsciChange> {
    const { psciVersion } = this.#vm(id).profile;
    return this.#askAddon(async (api) => comparePsci(await api.psciTable(psciVersion), await api.psciTable(version)));
  }

  async setPsci(id: string, version: PsciVersion, force: boolean): Promise<VmSummary> {
    return this.#change(id, (config) => setPsciVersion(config, version, force, new Date().toISOString()));
  }

  async undoPsci(id: string, force: boolean): Promise<VmSummary> {
    return this.#change(id, (config) => undoPsciVersion(config, force));
  }

  policyRequests(): Promise<PolicyRequest[]> {
    return Promise.resolve([...this.#vms.values()].flatMap((vm) => vm.desk.list()));
  }

  async answerPolicy(id: string, question: number, answer: PolicyAnswer): Promise<boolean> {
    return this.#vm(id).answerPolicy(question, answer);
  }

  async injectSdei(id: string, event: number, cpu: number | 'all'): Promise<SdeiInjection[]> {
    return this.#vm(id).injectSdei(event, cpu);
  }

  async memoryMap(id: string): Promise<MemoryMap> {
    return this.#vm(id).memoryMap();
  }

  async changeMemoryMap(id: string, changes: readonly MemoryChange[]): Promise<MemoryMap> {
    return this.#vm(id).changeMemoryMap(changes);
  }

  async traceEngine(id: string, kinds: readonly string[]): Promise<void> {
    await this.#vm(id).traceEngine(kinds);
  }

  async engineTrace(id: string, since: number): Promise<EngineTraceLine[]> {
    return this.#vm(id).engineTrace(since);
  }

  async firmwareTrace(id: string, since: number): Promise<FirmwareCall[]> {
    return this.#vm(id).firmwareTrace(since);
  }

  async saveVm(id: string, file: string, keepRunning: boolean): Promise<void> {
    await this.#vm(id).save(file, keepRunning);
  }

  async restoreVm(id: string, file: string): Promise<void> {
    await this.#vm(id).start(this.#starter, file);
  }

  async preflightVm(id: string, file: string): Promise<Preflight> {
    return this.#vm(id).preflight(this.#starter, file);
  }

  async deleteVm(id: string): Promise<void> {
    const vm = this.#vm(id);
    if (isLive(vm.state)) throw new DormouseError('E_STATE', `Stop "${vm.spec.name}" before deleting it`);
    await this.#store.moveToBin(id);
    this.#vms.delete(id);
    this.#removed.fire(id);
  }

  async undeleteVm(id: string): Promise<VmSummary> {
    const vm = this.#adopt(new ManagedVm(await this.#store.restoreFromBin(id), this.#names, this.#store));
    this.#changed.fire(vm.summary());
    return vm.summary();
  }

  async statsVm(id: string): Promise<MachineStats> {
    return this.#vm(id).stats();
  }

  async crashReport(id: string): Promise<string | undefined> {
    this.#vm(id);
    return readFile(this.#names.crashReport(id), 'utf8').catch(() => undefined);
  }

  async writeConsole(id: string, data: Uint8Array): Promise<void> {
    await this.#vm(id).writeConsole(data);
  }

  consoleSnapshot(id: string): Promise<ConsoleSnapshot> {
    return this.#vm(id).consoleSnapshot();
  }

  /** Cuts the power of every running VM and waits until their processes are gone. */
  async dispose(): Promise<void> {
    await Promise.all([...this.#vms.values()].map((vm) => vm.dispose()));
  }

  async publishServer(address: unknown): Promise<void> {
    await writeFile(this.#names.server, `${JSON.stringify(address)}\n`, { mode: 0o600 });
  }

  async withdrawServer(): Promise<void> {
    await rm(this.#names.server, { force: true });
  }

  #adopt(vm: ManagedVm): ManagedVm {
    this.#vms.set(vm.id, vm);
    vm.onChanged(() => {
      this.#changed.fire(vm.summary());
    });
    vm.onOutput((chunk) => {
      this.#output.fire(chunk);
    });
    vm.desk.onAsked((request) => {
      this.#asked.fire(request);
    });
    vm.desk.onSettled((settled) => {
      this.#settled.fire(settled);
    });
    return vm;
  }

  async #change(id: string, make: (config: VmConfig) => VmConfig, whileLive = false): Promise<VmSummary> {
    const vm = this.#vm(id);
    await vm.change(make, whileLive);
    return vm.summary();
  }

  /** @param own the VM that may have the name already */
  #checkName(name: string, own?: string): void {
    if ([...this.#vms.values()].some((vm) => vm.spec.name === name && vm.id !== own))
      throw new DormouseError('E_INVALID', `name: There is a VM with the name "${name}" already`);
  }

  /** The addon lives in VM host processes alone; one that has no guest answers what needs none. */
  async #askAddon<T>(ask: (api: VmHostApi) => Promise<T>): Promise<T> {
    const host = await this.#starter.start(IGNORE_EVENTS, undefined);
    try {
      return await ask(host.api);
    } finally {
      host.dispose();
    }
  }

  #vm(id: string): ManagedVm {
    const vm = this.#vms.get(id);
    if (!vm) throw new DormouseError('E_NOT_FOUND', `There is no VM with the id ${id}`);
    return vm;
  }
}
