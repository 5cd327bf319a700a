import { z } from 'zod';
import { NEWEST_PSCI_VERSION, PSCI_VERSIONS } from './psci-version.ts';

export const MIB = 2 ** 20;

/** A full path on the host: a relative one would mean another file in every process. */
function hostPath(whenEmpty: string) {
  return z
    .string()
    .min(1, whenEmpty)
    .regex(/^(\/|[A-Za-z]:[\\/])/, 'Give the full path of the file');
}

/** What a person chooses when creating a VM. Sizes in bytes; paths are absolute paths on the host. */
export const vmSpecSchema = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1, 'A VM needs a name')
    .max(64, 'A name has at most 64 characters')
    // eslint-disable-next-line no-control-regex -- control characters are what this refuses
    .regex(/^[^\u0000-\u001f\u007f/\\]+$/, 'A name has no slashes and no control characters'),
  kernel: hostPath('A VM needs a kernel file'),
  initrd: hostPath('The name of the file is empty').optional(),
  commandLine: z.string().max(2047, 'A kernel command line has at most 2047 characters').default(''),
  cpus: z.int('CPUs are a whole number').min(1, 'At least 1 CPU').default(1),
  memoryBytes: z
    .int()
    .min(16 * MIB, 'At least 16 MiB of memory')
    .multipleOf(2 * MIB, 'Memory is a multiple of 2 MiB')
    .default(512 * MIB),
  engine: z.enum(['auto', 'emulator', 'kvm']).default('auto'),
  psciVersion: z.enum(PSCI_VERSIONS).default(NEWEST_PSCI_VERSION),
});
export type VmSpec = z.input<typeof vmSpecSchema>;
export type CheckedVmSpec = z.output<typeof vmSpecSchema>;

/** Version of vm.json; a reader refuses a newer one and upgrades an older one. */
export const VM_CONFIG_VERSION = 1;

/** The file vm.json in a VM's instance folder. */
export const vmConfigSchema = z.strictObject({
  version: z.literal(VM_CONFIG_VERSION),
  id: z.uuid(),
  createdAt: z.iso.datetime(),
  spec: vmSpecSchema,
  /** How the last run ended; absent before the first start. */
  lastEnd: z.enum(['off', 'hibernated', 'crashed']).optional(),
  /** One sentence for a person about the last end. */
  lastEndMessage: z.string().max(2000).optional(),
});
export type VmConfig = z.output<typeof vmConfigSchema>;

/** "memoryBytes: At least 16 MiB of memory" for the first thing wrong. */
export function describeIssue(error: z.ZodError): string {
  const issue = error.issues[0];
  if (!issue) return 'The settings are not valid';
  return issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message;
}
