import * as z from 'zod';
import { complaintsIn } from '../../helpers/kernel-log.ts';

/** What the rig's first program says, one object a line (../guest/main.mjs). The rig is a machine of its own: not trusted. */
export const Line = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('host'),
    kernel: z.string(),
    kvm: z.boolean(),
    node: z.string(),
    info: z.object({
      engines: z.array(z.object({ name: z.string(), available: z.boolean(), reason: z.string() })),
    }),
  }),
  z.object({ kind: z.literal('kernel'), job: z.string(), lines: z.array(z.string()) }),
  z.object({ kind: z.literal('suite'), job: z.string(), name: z.string(), tests: z.number(), chosen: z.number() }),
  z.object({ kind: z.literal('start'), job: z.string(), name: z.string() }),
  z.object({
    kind: z.literal('test'),
    job: z.string(),
    name: z.string(),
    status: z.enum(['passed', 'failed']),
    seconds: z.number(),
    message: z.string(),
  }),
  z.object({ kind: z.literal('output'), job: z.string(), text: z.string() }),
  z.object({ kind: z.literal('program'), job: z.string(), fate: z.string(), output: z.string() }),
  z.object({ kind: z.literal('end') }),
]);
export type Line = z.infer<typeof Line>;

/** What KVM itself says when it had to do something that it should not. */
const KVM_COMPLAINTS = [/\bkvm.*(fail|error|unexpected|unsupported|unhandled|invalid)/i, /\bBad mode\b/];
/** What every boot of the rig under QEMU says, without a fault of ours. */
const HARMLESS = [/kvm \[1\]: GICv3: no GICV resource entry/];

/** Lines of a kernel's log that a healthy rig does not have. */
export function rigComplaints(lines: readonly string[]): string[] {
  const own = lines.filter((line) => KVM_COMPLAINTS.some((pattern) => pattern.test(line)));
  const all = new Set([...complaintsIn(lines.join('\n')), ...own]);
  return [...all].filter((line) => !HARMLESS.some((pattern) => pattern.test(line)));
}

/** @returns undefined for a line that is no message, or a damaged one. */
export function parseLine(text: string): Line | undefined {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = Line.safeParse(json);
  return parsed.success ? parsed.data : undefined;
}
