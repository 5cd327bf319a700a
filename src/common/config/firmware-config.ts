import { z } from 'zod';

/** The calls of the guest's firmware that change the whole machine. [Arm DEN 0022] */
export const SYSTEM_CALLS = ['SYSTEM_OFF', 'SYSTEM_OFF2', 'SYSTEM_RESET', 'SYSTEM_RESET2', 'SYSTEM_SUSPEND'] as const;
export type SystemCall = (typeof SYSTEM_CALLS)[number];

export const POLICY_ANSWERS = ['allow', 'deny'] as const;
export type PolicyAnswer = (typeof POLICY_ANSWERS)[number];

/** `ask`: the guest stands still until somebody answers, or until the time is over. */
export const POLICY_RULES = [...POLICY_ANSWERS, 'ask'] as const;
export type PolicyRule = (typeof POLICY_RULES)[number];

const rule = z.enum(POLICY_RULES);
const unanswered = z.enum(POLICY_ANSWERS);
const timeoutMs = z
  .int('The time for an answer is a whole number of milliseconds')
  .min(100, 'At least 100 ms for an answer')
  .max(600_000, 'At most 10 minutes for an answer');

/** What the host answers to the guest's system-wide calls. The guest cannot see it, only its effect. */
export const policySchema = z.strictObject({
  calls: z
    .strictObject({
      SYSTEM_OFF: rule.default('allow'),
      SYSTEM_OFF2: rule.default('allow'),
      SYSTEM_RESET: rule.default('allow'),
      SYSTEM_RESET2: rule.default('allow'),
      SYSTEM_SUSPEND: rule.default('allow'),
    } satisfies Record<SystemCall, z.ZodType>)
    .prefault({}),
  /** The answer when nobody has answered in time. */
  unanswered: unanswered.default('allow'),
  timeoutMs: timeoutMs.default(10_000),
});
export type Policy = z.output<typeof policySchema>;

export const policyEditSchema = z
  .strictObject({ calls: z.partialRecord(z.enum(SYSTEM_CALLS), rule), unanswered, timeoutMs })
  .partial();

/** How deep the device tree invites an idle vCPU to sleep through CPU_SUSPEND; each has the states before it too. */
export const IDLE_STATES = ['none', 'standby', 'power-down'] as const;
export type IdleStates = (typeof IDLE_STATES)[number];

/** Vendor and platform events. [Arm DEN 0054, event numbers] */
export const SDEI_VENDOR_EVENTS = { first: 0x4000_0000, last: 0x40ff_ffff, most: 16 } as const;

export function isVendorEvent(event: number): boolean {
  return Number.isInteger(event) && event >= SDEI_VENDOR_EVENTS.first && event <= SDEI_VENDOR_EVENTS.last;
}

const events = z
  .array(z.int().refine(isVendorEvent, 'A vendor event has a number from 0x40000000 to 0x40ffffff'))
  .max(SDEI_VENDOR_EVENTS.most, `At most ${SDEI_VENDOR_EVENTS.most} vendor events`)
  .refine((list) => new Set(list).size === list.length, 'An event is named twice');

/** Whether the guest is offered SDEI, and which private events there are besides event 0. */
export const sdeiSchema = z.strictObject({ enabled: z.boolean().default(true), events: events.default([]) });
export type Sdei = z.output<typeof sdeiSchema>;

export const sdeiEditSchema = z.strictObject({ enabled: z.boolean(), events }).partial();
