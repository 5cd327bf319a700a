import { z } from 'zod';
import { IDLE_STATES, policyEditSchema, policySchema, sdeiEditSchema, sdeiSchema } from './firmware-config.ts';
import { ENGINE_WISHES, JIT_WISHES } from '../vm/engine-choice.ts';
import { NEWEST_PSCI_VERSION, PSCI_VERSIONS } from './psci-version.ts';

export const MIB = 2 ** 20;
/** Linux gives programs no huge pages in less than 512 MiB of usable memory. */
export const DEFAULT_MEMORY_BYTES = 1024 * MIB;

/** What the ID registers promise a guest; `portable-v1` is the one that both engines can keep. */
export const CPU_PROFILES = ['native', 'dormouse-v1', 'portable-v1', 'host'] as const;
export type CpuProfile = (typeof CPU_PROFILES)[number];

/** A full path on the host: a relative one would mean another file in every process. */
export function hostPath(whenEmpty: string) {
  return z
    .string()
    .min(1, whenEmpty)
    .regex(/^(\/|[A-Za-z]:[\\/])/, 'Give the full path of the file');
}

/** What each setting may be. Sizes in bytes; paths are absolute paths on the host. */
const FIELDS = {
  name: z
    .string()
    .trim()
    .min(1, 'A VM needs a name')
    .max(64, 'A name has at most 64 characters')
    // eslint-disable-next-line no-control-regex -- control characters are what this refuses
    .regex(/^[^\u0000-\u001f\u007f/\\]+$/, 'A name has no slashes and no control characters'),
  kernel: hostPath('A VM needs a kernel file'),
  initrd: hostPath('The name of the file is empty'),
  commandLine: z.string().max(2047, 'A kernel command line has at most 2047 characters'),
  cpus: z.int('CPUs are a whole number').min(1, 'At least 1 CPU'),
  memoryBytes: z
    .int()
    .min(16 * MIB, 'At least 16 MiB of memory')
    .multipleOf(2 * MIB, 'Memory is a multiple of 2 MiB'),
  engine: z.enum(ENGINE_WISHES),
  idleStates: z.enum(IDLE_STATES),
  jit: z.enum(JIT_WISHES),
};

/** What a person can change later, while the VM is off. */
export const vmSettingsSchema = z.strictObject({
  ...FIELDS,
  initrd: FIELDS.initrd.optional(),
  commandLine: FIELDS.commandLine.default(''),
  cpus: FIELDS.cpus.default(1),
  memoryBytes: FIELDS.memoryBytes.default(DEFAULT_MEMORY_BYTES),
  engine: FIELDS.engine.default('auto'),
  idleStates: FIELDS.idleStates.default('none'),
  jit: FIELDS.jit.default('auto'),
  policy: policySchema.prefault({}),
  sdei: sdeiSchema.prefault({}),
});
export type VmSettings = z.output<typeof vmSettingsSchema>;

const psciVersion = z.enum(PSCI_VERSIONS);

/** In Hz: CNTFRQ_EL0 of the generic timer. */
const counterFrequencyHz = z
  .int('A counter frequency is a whole number of Hz')
  .min(1_000_000, 'A counter frequency is at least 1000000 Hz')
  .max(1_000_000_000, 'A counter frequency is at most 1000000000 Hz');

/** What a person chooses when creating a VM: the settings, and what is then pinned in its profile. */
export const vmSpecSchema = vmSettingsSchema.extend({
  psciVersion: psciVersion.default(NEWEST_PSCI_VERSION),
  cpuProfile: z.enum(CPU_PROFILES).default('native'),
  counterFrequencyHz: counterFrequencyHz.optional(),
});
export type VmSpec = z.input<typeof vmSpecSchema>;

/** Some settings with new values; null takes what is optional away. */
export const vmEditSchema = z
  .strictObject({ ...FIELDS, initrd: FIELDS.initrd.nullable(), policy: policyEditSchema, sdei: sdeiEditSchema })
  .partial()
  .refine((edit) => Object.keys(edit).length > 0, 'Nothing is to be changed');
export type VmEdit = z.output<typeof vmEditSchema>;

/** What the VM promises its guest for life. No upgrade of Dormouse changes it. */
export const vmProfileSchema = z.strictObject({
  psciVersion,
  board: z.literal('virt-1'),
  /** `native`: of each engine its own. The others are the same wherever the VM runs, or it does not run. */
  cpuProfile: z.enum(CPU_PROFILES),
  /** Absent: the engine's own, which is the host's on KVM. */
  counterFrequencyHz: counterFrequencyHz.optional(),
});
export type VmProfile = z.output<typeof vmProfileSchema>;

/** How the guest asked for a reset; type and cookie are the arguments of SYSTEM_RESET2, 0 for SYSTEM_RESET. */
export const resetCauseSchema = z.strictObject({
  kind: z.enum(['cold', 'warm']),
  type: z.int().min(0),
  /** Hexadecimal with 0x: 64 bits are more than a JSON number holds. */
  cookie: z.string().regex(/^0x[0-9a-f]{1,16}$/),
});
export type ResetCause = z.output<typeof resetCauseSchema>;

const endFields = {
  /** One sentence for a person. */
  message: z.string().max(2000),
  /** Unknown for ends that version 1 of the file recorded. */
  at: z.iso.datetime().optional(),
  /** The last reset of that run, if there was one. */
  lastReset: resetCauseSchema.optional(),
};

/** Whose processor the guest has seen and expects again; unknown for ends recorded before this was kept. */
const sleptOn = z.enum(['emulator', 'kvm']).optional();

/** How the last run ended. */
export const vmEndSchema = z.discriminatedUnion('state', [
  z.strictObject({ state: z.literal('off'), ...endFields }),
  z.strictObject({
    state: z.literal('hibernated'),
    ...endFields,
    /** The type argument of SYSTEM_OFF2. */
    offType: z.int().min(0),
    /** What the guest will look for when it resumes. */
    psciVersion,
    engine: sleptOn,
  }),
  /** Off, with its whole machine in a file from which it can go on. */
  z.strictObject({ state: z.literal('saved'), ...endFields, file: z.string().min(1), engine: sleptOn }),
  z.strictObject({ state: z.literal('crashed'), ...endFields }),
]);
export type VmEnd = z.output<typeof vmEndSchema>;

/** The engine that the guest was put to sleep on, when the next start wakes it. */
export function sleptOnEngine(end: VmEnd | undefined): z.output<typeof sleptOn> {
  return end?.state === 'hibernated' || end?.state === 'saved' ? end.engine : undefined;
}

/** Version of vm.json; a reader refuses a newer one and upgrades an older one (vm-config-upgrade.ts). */
export const VM_CONFIG_VERSION = 2;

/** The file vm.json in a VM's instance folder. */
export const vmConfigSchema = z.strictObject({
  version: z.literal(VM_CONFIG_VERSION),
  id: z.uuid(),
  createdAt: z.iso.datetime(),
  spec: vmSettingsSchema,
  profile: vmProfileSchema,
  /** Changes of the PSCI version, oldest first; undo takes the last one back. */
  psciChanges: z.array(z.strictObject({ at: z.iso.datetime(), from: psciVersion, to: psciVersion })),
  /** Absent before the first start. */
  lastEnd: vmEndSchema.optional(),
});
export type VmConfig = z.output<typeof vmConfigSchema>;

/** "memoryBytes: At least 16 MiB of memory" for the first thing wrong. */
export function describeIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return 'The settings are not valid';
  return issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message;
}
