// What an SDEI 1.1 dispatcher answers, written from Arm DEN 0054 C and from the choices that docs/sdei.md makes where the
// document leaves one; without a look at binding/firmware/sdei, which it is compared with through a guest.

export const SDEI_CODE = {
  success: 0n,
  notSupported: -1n,
  invalidParameters: -2n,
  denied: -3n,
  pending: -5n,
  outOfResource: -10n,
} as const;

/** By function number, from 0x20; these are all. [Arm DEN 0054 C, 5.1] */
export const SDEI_FUNCTIONS = [
  'VERSION',
  'EVENT_REGISTER',
  'EVENT_ENABLE',
  'EVENT_DISABLE',
  'EVENT_CONTEXT',
  'EVENT_COMPLETE',
  'EVENT_COMPLETE_AND_RESUME',
  'EVENT_UNREGISTER',
  'EVENT_STATUS',
  'EVENT_GET_INFO',
  'EVENT_ROUTING_SET',
  'PE_MASK',
  'PE_UNMASK',
  'INTERRUPT_BIND',
  'INTERRUPT_RELEASE',
  'EVENT_SIGNAL',
  'FEATURES',
  'PRIVATE_RESET',
  'SHARED_RESET',
] as const;
export type SdeiFunction = (typeof SDEI_FUNCTIONS)[number];

export const sdeiId = (name: SdeiFunction): bigint => 0xc400_0020n + BigInt(SDEI_FUNCTIONS.indexOf(name));

const VENDOR_DORM = 0x444f_524dn;

interface Handler {
  registered: boolean;
  enabled: boolean;
  running: boolean;
  pending: boolean;
  argument: bigint;
}

/** x0 to x17 of the interrupted code; undefined is what only the guest knows. */
export type Interrupted = readonly (bigint | undefined)[];

interface Frame {
  readonly event: bigint;
  readonly interrupted: Interrupted;
}

interface Pe {
  /** False: PSCI turned it off. */
  on: boolean;
  masked: boolean;
  readonly handlers: Map<bigint, Handler>;
  /** Handlers that run, the innermost last. */
  readonly frames: Frame[];
}

export interface SdeiAnswer {
  readonly name: string;
  /** The result that x0 shall have; 'left': the call does not return; 'unknown': a value only the guest knows. */
  readonly result: bigint | 'left' | 'unknown';
}

export interface Injected {
  readonly outcome: 'delivered' | 'pending' | 'refused';
  readonly reason: string;
}

const isCritical = (event: bigint) => event >= 0x4080_0000n && event <= 0x40ff_ffffn;
const blank = (): Handler => ({ registered: false, enabled: false, running: false, pending: false, argument: 0n });

/** The dispatcher of one machine whose PEs have their number as affinity. All events are private. */
export class SdeiModel {
  readonly events: readonly bigint[];
  readonly #pes: Pe[];
  readonly #names = new WeakMap<Interrupted, number>();
  #nextName = 0;

  constructor(vendorEvents: readonly bigint[], cpus: number) {
    this.events = [0n, ...vendorEvents];
    this.#pes = Array.from({ length: cpus }, () => this.#startedPe());
  }

  #startedPe(on = true): Pe {
    return { on, masked: true, handlers: new Map(this.events.map((event) => [event, blank()])), frames: [] };
  }

  #pe(cpu: number): Pe {
    const pe = this.#pes[cpu];
    if (!pe) throw new Error(`no PE ${cpu}`);
    return pe;
  }

  /** CPU_ON starts a PE without registrations and masked; nothing is kept of what was before. */
  turnOn(cpu: number): void {
    this.#pes[cpu] = this.#startedPe();
  }

  turnOff(cpu: number): void {
    this.#pes[cpu] = this.#startedPe(false);
  }

  /** Resuming at an entry after a power-down keeps registrations and triggers. [6.5] */
  resume(cpu: number): void {
    this.#pe(cpu).masked = true;
  }

  /** Everything that can be told apart from outside. */
  snapshot(): string {
    return this.#pes
      .map(({ on, masked, handlers, frames }) => {
        const flags = Array.from(
          handlers.values(),
          ({ registered, enabled, running, pending, argument }) =>
            `${registered} ${enabled} ${running} ${pending} ${argument}`,
        );
        return [
          on,
          masked,
          ...flags,
          ...frames.map(({ event, interrupted }) => `${event} ${this.#nameOf(interrupted)}`),
        ];
      })
      .join();
  }

  #nameOf(interrupted: Interrupted): number {
    const name = this.#names.get(interrupted) ?? this.#nextName++;
    this.#names.set(interrupted, name);
    return name;
  }

  depth(cpu: number): number {
    return this.#pe(cpu).frames.length;
  }

  status(cpu: number, event: bigint): { registered: boolean; enabled: boolean; running: boolean } {
    const handler = this.#pe(cpu).handlers.get(event);
    if (!handler) throw new Error(`no event ${event}`);
    return handler;
  }

  innermost(cpu: number): { readonly event: bigint; readonly interrupted: Interrupted } | undefined {
    return this.#pe(cpu).frames.at(-1);
  }

  /** A trigger is a latch: a second one while it is set is lost. [6.2] */
  trigger(cpu: number, event: bigint): void {
    const pe = this.#pe(cpu);
    const handler = pe.handlers.get(event);
    if (pe.on && handler) handler.pending = true;
  }

  /** May the event interrupt the PE? Critical before normal, and never one of the same class. [4.3.2] */
  #eligible(pe: Pe, event: bigint): boolean {
    const handler = pe.handlers.get(event);
    const isHeldBack = isCritical(event) ? pe.frames.some((frame) => isCritical(frame.event)) : pe.frames.length > 0;
    return pe.on && !pe.masked && !isHeldBack && handler !== undefined && handler.registered && handler.enabled;
  }

  /** Enters the handler that the PE has to take now, before its next instruction. Undefined: none. */
  dispatch(cpu: number, interrupted: () => Interrupted): { event: bigint; argument: bigint } | undefined {
    const pe = this.#pe(cpu);
    if (!pe.on || pe.masked) return undefined;
    const ready = this.events.filter((event) => pe.handlers.get(event)?.pending && this.#eligible(pe, event));
    const event = ready.find(isCritical) ?? ready[0];
    const handler = event === undefined ? undefined : pe.handlers.get(event);
    if (event === undefined || !handler) return undefined;
    handler.pending = false;
    handler.running = true;
    pe.frames.push({ event, interrupted: interrupted() });
    return { event, argument: handler.argument };
  }

  /** The host's injection, without the entry of the handler that may follow. */
  inject(cpu: number, event: bigint): Injected {
    const pe = this.#pe(cpu);
    const handler = pe.handlers.get(event);
    if (!handler) throw new Error(`no event ${event}`);
    if (!pe.on) return { outcome: 'refused', reason: 'vCPU off' };
    this.trigger(cpu, event);
    if (this.#eligible(pe, event)) return { outcome: 'delivered', reason: '' };
    const sameClass = pe.frames.some((frame) => isCritical(frame.event) === isCritical(event));
    const reason = !handler.registered
      ? 'not registered'
      : !handler.enabled
        ? 'disabled'
        : pe.masked
          ? 'masked'
          : sameClass
            ? 'running handler of same priority'
            : 'running critical handler';
    return { outcome: 'pending', reason };
  }

  /** One call; `x` is x0 to x5. Its effect is there afterwards, but for the handlers that dispatch() may enter. */
  call(cpu: number, x: readonly bigint[], immediate = 0): SdeiAnswer {
    const id = BigInt.asUintN(32, x[0] ?? 0n) & 0xfffe_ffffn; // less the SVE hint of the calling convention
    const name = id >= 0xc400_0020n ? SDEI_FUNCTIONS[Number(id - 0xc400_0020n)] : undefined;
    if (!name || immediate !== 0) return { name: 'no function', result: SDEI_CODE.notSupported };
    return { name, result: this.#serve(this.#pe(cpu), name, x) };
  }

  #serve(pe: Pe, name: SdeiFunction, x: readonly bigint[]): bigint | 'left' | 'unknown' {
    const argument = (index: number) => BigInt.asUintN(64, x[index] ?? 0n);
    const handler = pe.handlers.get(argument(1));
    const innermost = pe.frames.at(-1);
    const { success, invalidParameters, denied, pending, outOfResource } = SDEI_CODE;
    switch (name) {
      case 'VERSION':
        return (1n << 48n) | (1n << 32n) | VENDOR_DORM;
      case 'EVENT_REGISTER':
        // An A64 handler that is not at a multiple of 4 is known to be bad; bit 0 of the flags and the affinity are
        // for shared events. [5.1.2]
        if (!handler || argument(2) % 4n !== 0n || argument(4) > 3n) return invalidParameters;
        if (handler.registered || handler.running) return denied;
        Object.assign(handler, { registered: true, enabled: false, argument: argument(3) });
        return success;
      case 'EVENT_ENABLE':
      case 'EVENT_DISABLE':
        if (!handler) return invalidParameters;
        if (!handler.registered) return denied;
        handler.enabled = name === 'EVENT_ENABLE';
        return success;
      case 'EVENT_CONTEXT':
        if (argument(1) > 17n) return invalidParameters;
        return innermost ? (innermost.interrupted[Number(argument(1))] ?? 'unknown') : denied;
      case 'EVENT_COMPLETE':
        return innermost ? this.#complete(pe) : denied;
      case 'EVENT_COMPLETE_AND_RESUME':
        if (argument(1) % 4n !== 0n) return invalidParameters;
        return innermost ? this.#complete(pe) : denied;
      case 'EVENT_UNREGISTER':
        if (!handler) return invalidParameters;
        if (!handler.running && !handler.registered) return denied;
        if (handler.running) {
          handler.registered = handler.enabled = false;
          return pending;
        }
        Object.assign(handler, blank());
        return success;
      case 'EVENT_STATUS':
        if (!handler) return invalidParameters;
        return (handler.registered ? 1n : 0n) | (handler.enabled ? 2n : 0n) | (handler.running ? 4n : 0n);
      case 'EVENT_GET_INFO': {
        if (!handler) return invalidParameters;
        // Type, signalled (0 is "by software"), priority; routing is for shared events. [4.4, 5.1.10]
        const event = argument(1);
        return [0n, event === 0n ? 0n : 1n, isCritical(event) ? 1n : 0n][Number(argument(2))] ?? invalidParameters;
      }
      case 'EVENT_ROUTING_SET':
        return invalidParameters;
      case 'PE_MASK': {
        const before = pe.masked;
        pe.masked = true;
        return before ? 0n : 1n;
      }
      case 'PE_UNMASK':
        pe.masked = false;
        return success;
      case 'INTERRUPT_BIND':
        // There are no slots; software-generated interrupts and numbers of no interrupt are bad anyway. [5.1.14]
        return argument(1) >= 16n && argument(1) < 1020n ? outOfResource : invalidParameters;
      case 'INTERRUPT_RELEASE':
        return invalidParameters;
      case 'EVENT_SIGNAL':
        if (argument(1) !== 0n || argument(2) >= BigInt(this.#pes.length)) return invalidParameters;
        this.trigger(Number(argument(2)), 0n);
        return success;
      case 'FEATURES':
        // No slots of either kind; handlers may be relative to VBAR_EL1. [5.1.17]
        return [0n, 1n][Number(argument(1))] ?? invalidParameters;
      case 'PRIVATE_RESET': {
        let result: bigint = success;
        for (const each of pe.handlers.values()) {
          const isRunning = each.running;
          if (isRunning) result = denied;
          Object.assign(each, blank(), { running: isRunning });
        }
        return result;
      }
      case 'SHARED_RESET':
        return success;
    }
  }

  #complete(pe: Pe): 'left' {
    const handler = pe.handlers.get(pe.frames.pop()?.event ?? -1n);
    if (!handler) throw new Error('nothing runs');
    handler.running = false;
    // A handler that was unregistered while it ran is gone now, with what was meant for it.
    if (!handler.registered) Object.assign(handler, blank());
    return 'left';
  }
}
