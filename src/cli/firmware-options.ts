import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  IDLE_STATES,
  isVendorEvent,
  POLICY_ANSWERS,
  POLICY_RULES,
  SDEI_VENDOR_EVENTS,
  SYSTEM_CALLS,
  type IdleStates,
  type PolicyAnswer,
  type PolicyRule,
  type SystemCall,
} from '../common/config/firmware-config.ts';
import type { VmEdit } from '../common/config/vm-config.ts';

type Rules = Readonly<Partial<Record<SystemCall, PolicyRule>>>;

/** What `run`, `create` and `set` know about the firmware. */
export interface FirmwareOptions {
  readonly policy?: Rules;
  /** Seconds. */
  readonly policyTimeout?: number;
  readonly policyDefault?: PolicyAnswer;
  readonly idleStates?: IdleStates;
  readonly sdei?: boolean;
  readonly sdeiEvent?: readonly number[];
}

export function parseCall(text: string): SystemCall {
  const call = SYSTEM_CALLS.find((each) => each === text.toUpperCase());
  if (!call) throw new InvalidArgumentError(`The calls are ${SYSTEM_CALLS.join(', ')}.`);
  return call;
}

/** "SYSTEM_RESET=ask", added to the rules that came before it. */
export function parseRule(text: string, before: Rules = {}): Rules {
  const [call = '', word] = text.split('=');
  const rule = POLICY_RULES.find((each) => each === word);
  if (!rule) throw new InvalidArgumentError('Write it as SYSTEM_RESET=allow, =deny or =ask.');
  return { ...before, [parseCall(call)]: rule };
}

export function parsePolicyTimeout(text: string): number {
  const seconds = Number(text);
  if (!(seconds >= 0.1 && seconds <= 600)) throw new InvalidArgumentError('It must be seconds from 0.1 to 600.');
  return seconds;
}

/** An SDEI event: 0 or a vendor event, decimal or hexadecimal. */
export function parseEvent(text: string): number {
  const event = Number(text);
  if (text.trim() === '' || !(event === 0 || isVendorEvent(event)))
    throw new InvalidArgumentError('It must be 0 or a vendor event from 0x40000000 to 0x40ffffff.');
  return event;
}

export function parseVendorEvents(text: string, before: readonly number[] = []): readonly number[] {
  if (text === 'none') return [];
  const event = parseEvent(text);
  if (event === 0) throw new InvalidArgumentError('Event 0 is always there.');
  if (before.includes(event)) throw new InvalidArgumentError('The event is named twice.');
  if (before.length === SDEI_VENDOR_EVENTS.most)
    throw new InvalidArgumentError(`At most ${SDEI_VENDOR_EVENTS.most} vendor events.`);
  return [...before, event];
}

export function parseTarget(text: string): number | 'all' {
  if (text === 'all') return text;
  const cpu = Number(text);
  if (text === '' || !Number.isInteger(cpu) || cpu < 0)
    throw new InvalidArgumentError('It must be "all" or the number of a vCPU.');
  return cpu;
}

export function addFirmwareOptions(command: Command): Command {
  return command
    .option('--policy <call=rule>', 'allow, deny or ask about a system-wide call; may be repeated', parseRule)
    .option('--policy-timeout <seconds>', 'how long "ask" waits for an answer', parsePolicyTimeout)
    .addOption(
      new Option('--policy-default <answer>', 'the answer when nobody gives one in time').choices(POLICY_ANSWERS),
    )
    .addOption(
      new Option('--idle-states <depth>', 'how deep an idle vCPU may sleep by CPU_SUSPEND').choices(IDLE_STATES),
    )
    .option('--sdei', 'offer SDEI to the guest')
    .option('--no-sdei', 'offer no SDEI')
    .option(
      '--sdei-event <number>',
      'a vendor event besides event 0; may be repeated; "none" forgets those before',
      parseVendorEvents,
    );
}

/** What the options say, as a change of settings: what was not given stays. */
export function firmwareEdit(options: FirmwareOptions): Pick<VmEdit, 'policy' | 'sdei' | 'idleStates'> {
  const { policy: calls, policyTimeout, policyDefault, idleStates, sdei, sdeiEvent } = options;
  const policy = {
    ...(calls && { calls }),
    ...(policyTimeout !== undefined && { timeoutMs: Math.round(policyTimeout * 1000) }),
    ...(policyDefault && { unanswered: policyDefault }),
  };
  const events = { ...(sdei !== undefined && { enabled: sdei }), ...(sdeiEvent && { events: [...sdeiEvent] }) };
  return {
    ...(Object.keys(policy).length > 0 && { policy }),
    ...(Object.keys(events).length > 0 && { sdei: events }),
    ...(idleStates && { idleStates }),
  };
}
