import { parseSize, writeSize } from '../../../src/common/base/units.ts';
import type { IdleStates } from '../../../src/common/config/firmware-config.ts';
import { NEWEST_PSCI_VERSION, type PsciVersion } from '../../../src/common/config/psci-version.ts';
import {
  DEFAULT_MEMORY_BYTES,
  type VmEdit,
  type VmSettings,
  type VmSpec,
} from '../../../src/common/config/vm-config.ts';
import type { EngineWish } from '../../../src/common/vm/engine-choice.ts';
import { STRINGS } from '../../strings/en.ts';

/** What the fields of both dialogs hold: text, as typed. */
export interface SettingsForm {
  name: string;
  kernel: string;
  initrd: string;
  commandLine: string;
  /** null while the field is empty. */
  cpus: number | null;
  memory: string;
  engine: EngineWish;
  idleStates: IdleStates;
  sdei: boolean;
  /** Vendor events, with blanks or commas between them. */
  events: string;
}

export interface CreateForm extends SettingsForm {
  psciVersion: PsciVersion;
}

export function emptyForm(): CreateForm {
  return {
    name: '',
    kernel: '',
    initrd: '',
    commandLine: 'console=ttyAMA0',
    cpus: 1,
    memory: writeSize(DEFAULT_MEMORY_BYTES),
    engine: 'auto',
    idleStates: 'none',
    sdei: true,
    events: '',
    psciVersion: NEWEST_PSCI_VERSION,
  };
}

export function formOf(spec: VmSettings): SettingsForm {
  const { name, kernel, initrd = '', commandLine, cpus, engine, idleStates, sdei } = spec;
  const events = sdei.events.map((event) => `0x${event.toString(16)}`).join(' ');
  return {
    ...{ name, kernel, initrd, commandLine, cpus, engine, idleStates, events },
    memory: writeSize(spec.memoryBytes),
    sdei: sdei.enabled,
  };
}

/** What the fields decide about the engine; of a figure that cannot be read, none is what it is. */
export function needsOf(form: SettingsForm) {
  const { engine, sdei } = form;
  return { engine, sdei: { enabled: sdei }, cpus: form.cpus ?? 0, memoryBytes: parseSize(form.memory) ?? 0 };
}

/** The fields as values, or a sentence about the first that cannot be read; every other check is the manager's. */
function read(form: SettingsForm) {
  const memoryBytes = parseSize(form.memory);
  if (memoryBytes === undefined) return STRINGS.memoryBad;
  if (form.cpus === null) return STRINGS.cpusBad;
  const words = form.events.split(/[\s,]+/).filter((word) => word !== '');
  const events = words.map(Number);
  if (!events.every(Number.isInteger)) return STRINGS.eventsBad;
  return {
    name: form.name.trim(),
    kernel: form.kernel.trim(),
    initrd: form.initrd.trim(),
    commandLine: form.commandLine,
    cpus: form.cpus,
    memoryBytes,
    engine: form.engine,
    idleStates: form.idleStates,
    sdei: { enabled: form.sdei, events },
  };
}

/** The settings of a new VM, or what is wrong. */
export function toSpec(form: CreateForm): VmSpec | string {
  const values = read(form);
  if (typeof values === 'string') return values;
  const { initrd, ...rest } = values;
  return { ...rest, ...(initrd !== '' && { initrd }), psciVersion: form.psciVersion };
}

/** What the form changes of `spec`, undefined when nothing, or what is wrong. */
export function toEdit(form: SettingsForm, spec: VmSettings): VmEdit | undefined | string {
  const values = read(form);
  if (typeof values === 'string') return values;
  const { initrd, ...rest } = values;
  const all: VmEdit = { ...rest, initrd: initrd === '' ? null : initrd };
  const fields = Object.keys(all) as (keyof typeof all)[];
  const now: Partial<Record<keyof VmEdit, unknown>> = { ...spec, initrd: spec.initrd ?? null };
  const changed = fields.filter((field) => JSON.stringify(all[field]) !== JSON.stringify(now[field]));
  return changed.length === 0 ? undefined : Object.fromEntries(changed.map((field) => [field, all[field]]));
}
