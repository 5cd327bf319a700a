import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import { ZodError } from 'zod';
import { DormouseError } from '../../common/contract/errors.ts';
import { describeIssue, vmConfigSchema, VM_CONFIG_VERSION, type VmConfig } from '../../common/config/vm-config.ts';
import { upgradeVmConfig } from '../../common/config/vm-config-upgrade.ts';
import type { FileNames } from './file-names.ts';

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}

function upgraded(data: unknown, file: string): unknown {
  try {
    return upgradeVmConfig(data);
  } catch (error) {
    const issue = error instanceof ZodError ? describeIssue(error) : String(error);
    throw new DormouseError('E_CORRUPT', `${file}: ${issue}`);
  }
}

/** Reads and writes vm.json. Every write is atomic: a crash leaves the old file or the new one. */
export class VmStore {
  readonly #names: FileNames;

  constructor(names: FileNames) {
    this.#names = names;
  }

  /** All VMs whose vm.json can be read; what cannot is reported through `onDamaged` and left alone. */
  async list(onDamaged: (id: string, error: Error) => void): Promise<VmConfig[]> {
    await mkdir(this.#names.vms, { recursive: true });
    const configs: VmConfig[] = [];
    for (const id of await readdir(this.#names.vms)) {
      try {
        configs.push(await this.read(id));
      } catch (error) {
        onDamaged(id, error as Error);
      }
    }
    return configs.sort((a, b) => a.createdAt.localeCompare(b.createdAt));
  }

  async read(id: string): Promise<VmConfig> {
    const file = this.#names.config(id);
    let data: unknown;
    try {
      data = JSON.parse(await readFile(file, 'utf8'));
    } catch (error) {
      if (hasCode(error, 'ENOENT')) throw new DormouseError('E_NOT_FOUND', `There is no VM with the id ${id}`);
      throw new DormouseError('E_CORRUPT', `${file} is not readable: ${(error as Error).message}`);
    }
    const version: unknown = (data as { version?: unknown } | null)?.version;
    if (typeof version === 'number' && version > VM_CONFIG_VERSION)
      throw new DormouseError('E_UNSUPPORTED', `${file} was written by a newer Dormouse (version ${version})`);
    const checked = vmConfigSchema.safeParse(upgraded(data, file));
    if (!checked.success) throw new DormouseError('E_CORRUPT', `${file}: ${describeIssue(checked.error)}`);
    if (checked.data.id !== id) throw new DormouseError('E_CORRUPT', `${file} carries the id of another VM`);
    return checked.data;
  }

  async write(config: VmConfig): Promise<void> {
    await mkdir(this.#names.folder(config.id), { recursive: true });
    await writeFileAtomic(this.#names.config(config.id), `${JSON.stringify(config, null, 2)}\n`);
  }

  async moveToBin(id: string): Promise<void> {
    await mkdir(this.#names.bin, { recursive: true });
    await rm(this.#names.binned(id), { recursive: true, force: true });
    await rename(this.#names.folder(id), this.#names.binned(id));
  }

  async restoreFromBin(id: string): Promise<VmConfig> {
    try {
      await rename(this.#names.binned(id), this.#names.folder(id));
    } catch (error) {
      if (hasCode(error, 'ENOENT')) throw new DormouseError('E_NOT_FOUND', `No deleted VM has the id ${id}`);
      throw error;
    }
    return this.read(id);
  }
}
