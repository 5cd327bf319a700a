import { parseSize } from '../../../src/common/base/units.ts';
import { NEWEST_PSCI_VERSION, type PsciVersion } from '../../../src/common/config/psci-version.ts';
import type { EngineWish } from '../../../src/common/vm/engine-choice.ts';
import type { VmSpec } from '../../../src/common/config/vm-config.ts';

/** What the dialog's fields hold: text, as typed. */
export interface CreateForm {
  name: string;
  kernel: string;
  initrd: string;
  commandLine: string;
  cpus: number;
  memory: string;
  engine: EngineWish;
  psciVersion: PsciVersion;
}

export function emptyForm(): CreateForm {
  return {
    name: '',
    kernel: '',
    initrd: '',
    commandLine: 'console=ttyAMA0',
    cpus: 1,
    memory: '512M',
    engine: 'auto',
    psciVersion: NEWEST_PSCI_VERSION,
  };
}

/** The settings to send, or undefined when the memory is no size; every other check is the manager's. */
export function toSpec(form: CreateForm): VmSpec | undefined {
  const memoryBytes = parseSize(form.memory);
  if (memoryBytes === undefined) return undefined;
  return {
    name: form.name,
    kernel: form.kernel.trim(),
    ...(form.initrd.trim() !== '' && { initrd: form.initrd.trim() }),
    commandLine: form.commandLine,
    cpus: form.cpus,
    memoryBytes,
    engine: form.engine,
    psciVersion: form.psciVersion,
  };
}
