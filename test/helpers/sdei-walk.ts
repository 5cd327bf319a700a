import type { Machine, SdeiInjection } from '../../binding/index.js';
import { CONDUITS, type ConformanceGuest, OP, Script, type Value } from './conformance-guest.ts';
import { type Injected, type Interrupted, type SdeiAnswer, sdeiId, SdeiModel } from './sdei-model.ts';

interface ExpectedCall {
  readonly label: () => string;
  readonly result: SdeiAnswer['result'];
}

interface ExpectedHandler {
  readonly cpu: number;
  readonly event: bigint;
  readonly argument: bigint;
  /** It interrupts a call of the script, whose registers are known. */
  readonly inCall: boolean;
  /** EVENT_COMPLETE_AND_RESUME has written ELR_EL1 and SPSR_EL1 since the handler before; of a call, or not. */
  readonly after: 'call' | 'other' | undefined;
}

const UNKNOWN: Interrupted = Array.from({ length: 18 }, () => undefined);
const word64 = (value: bigint) => BigInt.asUintN(64, value);
const hex = (value: bigint) => `0x${word64(value).toString(16)}`;
const describe = (injected: Injected) => `${injected.outcome} ${injected.reason}`.trim();

/** Addresses are known to the guest alone; for the model it is enough that they are like addresses of instructions. */
const numeric = (value: Value | undefined) =>
  value === undefined ? 0n : typeof value === 'bigint' ? word64(value) : word64(0x4100_0000n + value.plus);

/** Writes the script of a conformance guest and walks the model along, so that it knows where the guest will be. */
export class SdeiWalk {
  readonly script = new Script();
  readonly model: SdeiModel;
  readonly #calls = new Map<number, ExpectedCall>();
  readonly #handlers: ExpectedHandler[] = [];
  readonly #injections = new Map<number, { cpu: number; event: bigint; expected: Injected }>();
  readonly #injected: string[] = [];
  #nextId = 1;
  #resumes = 0;
  #after: ExpectedHandler['after'];

  constructor(vendorEvents: readonly bigint[], cpus: number) {
    this.model = new SdeiModel(vendorEvents, cpus);
  }

  /** Handlers that were entered so far, of all CPUs. */
  get handlerCount(): number {
    return this.#handlers.length;
  }

  /** A call that returns to the script; what it does not come back from is leave() for. */
  call(x: readonly Value[], conduit = 0, cpu = 0): void {
    const id = this.#nextId++;
    const { name, result } = this.model.call(cpu, x.map(numeric), conduit >> 1);
    if (result === 'left') throw new Error(`${name} does not return`);
    const label = () =>
      `${id} ${name} ${CONDUITS[conduit]} CPU ${cpu}: ${x.map((value) => hex(numeric(value))).join(' ')}`;
    this.#calls.set(id, { label, result });
    this.script.add(OP.call, x, { id, conduit, cpu });
    const interrupted = () =>
      UNKNOWN.map((_, i) => {
        if (i === 0) return result === 'unknown' ? undefined : word64(result);
        const given = i < 6 ? (x[i] ?? 0n) : (0xa5a5n << 48n) | BigInt((i << 8) | cpu);
        return typeof given === 'bigint' ? word64(given) : undefined;
      });
    this.#dispatch(cpu, interrupted, true);
  }

  /** Ends the innermost handler of CPU 0 through the conduit. */
  leave(x: readonly Value[], conduit = 0): void {
    const outer = this.model.innermost(0);
    const { name, result } = this.model.call(0, x.map(numeric));
    if (result !== 'left' || !outer) throw new Error(`${name} returns`);
    this.script.add(OP.leave, x, { conduit });
    if (x[0] === sdeiId('EVENT_COMPLETE_AND_RESUME')) {
      this.#resumes++;
      this.#after = outer.interrupted === UNKNOWN ? 'other' : 'call';
    }
    this.#dispatch(0, () => outer.interrupted, outer.interrupted !== UNKNOWN);
  }

  /** The host injects the event. */
  inject(event: bigint, cpu = 0): void {
    const id = this.#nextId++;
    this.#injections.set(id, { cpu, event, expected: this.model.inject(cpu, event) });
    this.script.add(OP.host, [event, BigInt(cpu)], { id });
    this.#dispatch(cpu, () => UNKNOWN, false);
  }

  #dispatch(cpu: number, interrupted: () => Interrupted, inCall: boolean): void {
    const entered = this.model.dispatch(cpu, interrupted);
    if (!entered) return;
    this.#handlers.push({ ...entered, cpu, inCall, after: this.#after });
    this.#after = undefined;
    if (cpu === 0) return;
    // A handler of another CPU completes by itself; no two CPUs take turns that way.
    this.model.call(cpu, [sdeiId('EVENT_COMPLETE'), 0n]);
    this.script.add(OP.waitHandler, [BigInt(this.#handlers.length)]);
    this.#dispatch(cpu, interrupted, false);
  }

  /** Waits for the handler that a call of CPU 0 has raised on another CPU. */
  signalled(cpu: number): void {
    this.#dispatch(cpu, () => UNKNOWN, false);
  }

  /** For the guest's requests: the last argument of ConformanceGuest.run(). */
  readonly onRequest = async (machine: Machine, id: number): Promise<void> => {
    const wanted = this.#injections.get(id);
    if (!wanted) throw new Error(`nobody asked for request ${id}`);
    const [result] = await machine.injectSdei(Number(wanted.event), wanted.cpu);
    const got = result ? describe(result satisfies SdeiInjection) : 'nothing';
    const expected = describe(wanted.expected);
    if (got !== expected || result?.vcpu !== wanted.cpu)
      this.#injected.push(
        `${id} injection of ${hex(wanted.event)} into CPU ${wanted.cpu}: ${got}, expected ${expected}`,
      );
  };

  /** What the guest has seen otherwise than the model. */
  mismatches(guest: ConformanceGuest): string[] {
    return [...this.#injected, ...this.#wrongCalls(guest), ...this.#wrongHandlers(guest), ...this.#wrongEnd(guest)];
  }

  #wrongCalls(guest: ConformanceGuest): string[] {
    const lines = new Map(guest.lines('C').map(([id, ...rest]) => [Number(id), rest]));
    return [...this.#calls].flatMap(([id, { label, result }]) => {
      const [x0, changed] = lines.get(id) ?? [];
      if (x0 === undefined) return [`${label()}: no result`];
      const wanted = typeof result === 'bigint' ? hex(result) : result;
      const isRight = changed === '0x0' && (typeof result !== 'bigint' || x0 === wanted);
      return isRight ? [] : [`${label()}: ${x0}, expected ${wanted}; changed ${changed}`];
    });
  }

  #wrongHandlers(guest: ConformanceGuest): string[] {
    const lines = guest.lines('H').map((words) => words.map(BigInt));
    const wrong = this.#handlers.flatMap((expected, i) => {
      const [cpu, event, argument, pstate = 0n, changed, mode, elr, spsr = 0n] = lines[i] ?? [];
      const [oldElr, oldSpsr] = lines
        .slice(0, i)
        .findLast(([of]) => of === BigInt(expected.cpu))
        ?.slice(6) ?? [elr, spsr];
      // EL1h with all of DAIF set, on SP_EL1. [Table 5] The script's calls are made with N, C and DAIF set.
      const isEntry = cpu === BigInt(expected.cpu) && event === expected.event && argument === expected.argument;
      const isState = mode === 0x1_43c0n && (!expected.inCall || (changed === 0n && fromCall(pstate)));
      const isKept = expected.after ? expected.after === 'other' || fromCall(spsr) : elr === oldElr && spsr === oldSpsr;
      if (isEntry && isState && isKept) return [];
      return [
        `handler ${i}: ${lines[i]?.map(hex).join(' ') ?? 'none'}; expected CPU ${expected.cpu}, event ${hex(expected.event)}, ` +
          `argument ${hex(expected.argument)}${expected.inCall ? ' out of a call' : ''}${isKept ? '' : '; ELR or SPSR changed'}`,
      ];
    });
    return lines.length > this.#handlers.length
      ? [...wrong, `${lines.length} handlers instead of ${this.#handlers.length}`]
      : wrong;
  }

  #wrongEnd(guest: ConformanceGuest): string[] {
    const [entered, resumed, daif] = guest.lines('E')[0] ?? [];
    const wanted = [String(this.#handlers.length), String(this.#resumes)];
    const isRight = entered === wanted[0] && resumed === wanted[1] && (this.#resumes === 0 || daif === '0x3c0');
    return isRight
      ? []
      : [`at the end ${entered} handlers, ${resumed} resumptions, DAIF ${daif}; expected ${wanted.join(' and ')}`];
  }
}

const fromCall = (pstate: bigint) => (pstate & 0xf000_03cfn) === 0xa000_03c5n;
