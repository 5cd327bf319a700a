import { randomUUID } from 'node:crypto';
import { readFile, writeFile, rm } from 'node:fs/promises';
import { Emitter } from '../../common/base/event.ts';
import { describeIssue, vmSpecSchema, VM_CONFIG_VERSION, type VmSpec } from '../../common/config/vm-config.ts';
import type { AppApi, ConsoleChunk, ConsoleSnapshot, VmSummary } from '../../common/contract/app-api.ts';
import { DormouseError } from '../../common/contract/errors.ts';
import type { HostInfo, MachineStats } from '../../common/contract/machine-types.ts';
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
  readonly onVmChanged = this.#changed.event;
  readonly onVmRemoved = this.#removed.event;
  readonly onConsole = this.#output.event;
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

  async hostInfo(): Promise<HostInfo> {
    const host = await this.#starter.start({ console: () => undefined, ended: () => undefined }, undefined);
    try {
      return await host.api.hostInfo();
    } finally {
      host.dispose();
    }
  }

  listVms(): Promise<VmSummary[]> {
    return Promise.resolve([...this.#vms.values()].map((vm) => vm.summary()));
  }

  async createVm(spec: VmSpec): Promise<VmSummary> {
    const checked = vmSpecSchema.safeParse(spec);
    if (!checked.success) throw new DormouseError('E_INVALID', describeIssue(checked.error));
    if ([...this.#vms.values()].some((vm) => vm.spec.name === checked.data.name))
      throw new DormouseError('E_INVALID', `name: There is a VM with the name "${checked.data.name}" already`);
    const config = {
      version: VM_CONFIG_VERSION,
      id: randomUUID(),
      createdAt: new Date().toISOString(),
      spec: checked.data,
    } as const;
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
    return vm;
  }

  #vm(id: string): ManagedVm {
    const vm = this.#vms.get(id);
    if (!vm) throw new DormouseError('E_NOT_FOUND', `There is no VM with the id ${id}`);
    return vm;
  }
}
