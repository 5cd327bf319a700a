import { DormouseError } from '../contract/errors.ts';
import type { PsciVersion } from './psci-version.ts';
import type { VmConfig, VmEdit, VmSettings } from './vm-config.ts';

/** Settings that a guest finds again when it resumes from hibernation; policy, name and engine are not among them. */
const SEEN_BY_GUEST = {
  kernel: 'kernel',
  initrd: 'initial RAM disk',
  cpus: 'number of CPUs',
  memoryBytes: 'size of memory',
  idleStates: 'choice of idle states',
  sdei: 'SDEI setting',
} as const satisfies Partial<Record<keyof VmSettings, string>>;

/** What a warning needs to know of a VM. */
type Ended = Pick<VmConfig, 'spec' | 'lastEnd'>;

function refuseUnless(force: boolean, warning: string): void {
  if (!force) throw new DormouseError('E_CONFIRM', warning);
}

function mayNotResume(config: Ended, what: string): string {
  return `"${config.spec.name}" is hibernated and expects the machine it left: with another ${what} its guest may not resume`;
}

/** `base` with what `edit` gives; an undefined value gives nothing. */
function merged<T extends object>(base: T, edit: { readonly [Key in keyof T]?: T[Key] | undefined } = {}): T {
  return { ...base, ...Object.fromEntries(Object.entries(edit).filter(([, value]) => value !== undefined)) };
}

function edited(spec: VmSettings, { policy, sdei, initrd, ...plain }: VmEdit): VmSettings {
  const { initrd: before, ...rest } = spec;
  const after = initrd === undefined ? before : (initrd ?? undefined);
  return {
    ...merged(rest, plain),
    ...(after !== undefined && { initrd: after }),
    policy: merged(spec.policy, { ...policy, calls: merged(spec.policy.calls, policy?.calls) }),
    sdei: merged(spec.sdei, sdei),
  };
}

/** Why a change needs a second thought: the guest is hibernated and would miss what it left. */
export function editWarning(vm: Ended, edit: VmEdit): string | undefined {
  if (vm.lastEnd?.state !== 'hibernated') return undefined;
  const after = edited(vm.spec, edit);
  const fields = Object.keys(SEEN_BY_GUEST) as (keyof typeof SEEN_BY_GUEST)[];
  const seen = fields.filter((field) => JSON.stringify(after[field]) !== JSON.stringify(vm.spec[field]));
  return seen.length === 0 ? undefined : mayNotResume(vm, seen.map((field) => SEEN_BY_GUEST[field]).join(', '));
}

/** The change that takes `edit` back from a VM that had these settings before. */
export function inverseEdit(before: VmSettings, edit: VmEdit): VmEdit {
  const initrd = 'initrd' in edit ? { initrd: before.initrd ?? null } : {};
  const fields = Object.keys(edit) as (keyof VmEdit)[];
  return { ...Object.fromEntries(fields.map((field) => [field, before[field]])), ...initrd };
}

/** Changes settings. Throws E_CONFIRM without `force` when a hibernated guest would miss what it left. */
export function editSettings(config: VmConfig, edit: VmEdit, force: boolean): VmConfig {
  const warning = editWarning(config, edit);
  if (warning !== undefined) refuseUnless(force, warning);
  return { ...config, spec: edited(config.spec, edit) };
}

function checkVersion(config: VmConfig, to: PsciVersion, force: boolean): void {
  const expected = config.lastEnd?.state === 'hibernated' ? config.lastEnd.psciVersion : undefined;
  if (expected !== undefined && expected !== to)
    refuseUnless(force, `${mayNotResume(config, 'PSCI version')} (it saw ${expected})`);
}

/** Pins another PSCI version and remembers the change. Throws E_CONFIRM as editSettings(). */
export function setPsciVersion(config: VmConfig, to: PsciVersion, force: boolean, at: string): VmConfig {
  const from = config.profile.psciVersion;
  if (from === to) return config;
  checkVersion(config, to, force);
  return {
    ...config,
    profile: { ...config.profile, psciVersion: to },
    psciChanges: [...config.psciChanges, { at, from, to }],
  };
}

/** Takes the last change of the PSCI version back. Throws E_STATE when there is none, E_CONFIRM as editSettings(). */
export function undoPsciVersion(config: VmConfig, force: boolean): VmConfig {
  const last = config.psciChanges.at(-1);
  if (!last) throw new DormouseError('E_STATE', `The PSCI version of "${config.spec.name}" has never been changed`);
  checkVersion(config, last.from, force);
  return {
    ...config,
    profile: { ...config.profile, psciVersion: last.from },
    psciChanges: config.psciChanges.slice(0, -1),
  };
}
