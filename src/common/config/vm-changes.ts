import { DormouseError } from '../contract/errors.ts';
import type { PsciVersion } from './psci-version.ts';
import type { VmConfig, VmEdit, VmSettings } from './vm-config.ts';

/** Settings that a guest finds again when it resumes from hibernation; policy, name and engine are not among them. */
const SEEN_BY_GUEST = ['kernel', 'initrd', 'cpus', 'memoryBytes', 'sdei'] as const satisfies readonly (keyof VmEdit)[];

function isHibernated(config: VmConfig): boolean {
  return config.lastEnd?.state === 'hibernated';
}

function refuseUnless(force: boolean, warning: string): void {
  if (!force) throw new DormouseError('E_CONFIRM', warning);
}

function mayNotResume(config: VmConfig, what: string): string {
  return `"${config.spec.name}" is hibernated and expects the machine it left: with another ${what} its guest may not resume`;
}

/** `base` with what `edit` gives; an undefined value gives nothing. */
function merged<T extends object>(base: T, edit: { readonly [Key in keyof T]?: T[Key] | undefined } = {}): T {
  return { ...base, ...Object.fromEntries(Object.entries(edit).filter(([, value]) => value !== undefined)) };
}

function edited(spec: VmSettings, { policy, sdei, ...plain }: VmEdit): VmSettings {
  return {
    ...merged(spec, plain),
    policy: merged(spec.policy, { ...policy, calls: merged(spec.policy.calls, policy?.calls) }),
    sdei: merged(spec.sdei, sdei),
  };
}

/** Changes settings. Throws E_CONFIRM without `force` when a hibernated guest would miss what it left. */
export function editSettings(config: VmConfig, edit: VmEdit, force: boolean): VmConfig {
  const seen = SEEN_BY_GUEST.filter((field) => edit[field] !== undefined);
  if (isHibernated(config) && seen.length > 0) refuseUnless(force, mayNotResume(config, seen.join(', ')));
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
