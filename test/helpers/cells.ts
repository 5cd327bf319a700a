import { createHash } from 'node:crypto';
import { TEST_ENGINE } from './engine.ts';
import { isAnsweredByKvm } from './kvm-calls.ts';

/** What one call of a conformance script gave, so that engines can be compared cell by cell. */
export interface Cell {
  /** The call: function id, conduit, arguments; and which one of its script it is. */
  readonly call: string;
  /** What came back: registers, or the state of the CPU that it resumed with. */
  readonly result: string;
  /** KVM gave the answer, not our firmware. */
  readonly isOfKvm: boolean;
}

export interface RecordedScript {
  /** Hash of the script and of the PSCI version. */
  readonly key: string;
  readonly cells: readonly Cell[];
}

/** The scripts that this process has run. */
export const RECORDED: RecordedScript[] = [];

const RECORD_BYTES = 64;
const OP_CALL = 1;
/**
 * What they give depends on the moment: PSCI_STAT_RESIDENCY and PSCI_STAT_COUNT on how a CPU slept, SDEI_EVENT_CONTEXT on
 * the instruction that the event interrupted. The suite sdei-handlers compares contexts with registers that it set.
 */
const OF_THE_MOMENT = new Set([0x8400_0010, 0xc400_0010, 0x8400_0011, 0xc400_0011, 0xc400_0024]);

/**
 * Takes down the calls of a script and what became of them.
 * @param script the records, as the guest got them
 * @param lines console lines of the guest: `C id x0 changed [x1 x2 x3]` and `R id x0 daif el sp sctlr`
 */
export function recordCells(version: string, script: Buffer, lines: readonly string[]): void {
  const results = new Map<number, string[]>();
  for (const line of lines) {
    const [, id = ''] = /^[CR] (\d+) /.exec(line) ?? [];
    if (id !== '') results.set(Number(id), [...(results.get(Number(id)) ?? []), line.replace(/^(.) \d+/, '$1')]);
  }
  const cells: Cell[] = [];
  for (let at = 0; at + RECORD_BYTES <= script.length; at += RECORD_BYTES) {
    const id = script.readUInt32LE(at + 4);
    if (script.readUInt8(at) !== OP_CALL || id === 0) continue;
    const values = Array.from({ length: 6 }, (_, i) => script.readBigUInt64LE(at + 8 + 8 * i).toString(16));
    const given = results.get(id)?.sort().join('; ') ?? 'did not return';
    // Of these only whether it is an error.
    const isOfTheMoment = OF_THE_MOMENT.has(Number(BigInt.asUintN(32, script.readBigUInt64LE(at + 8))));
    const result = isOfTheMoment && !/0xffff/.test(given) ? 'a number' : given;
    const isOfKvm = TEST_ENGINE === 'kvm' && isAnsweredByKvm(script.readBigUInt64LE(at + 8));
    cells.push({ call: `${id}: ${values.join(' ')} by conduit ${script.readUInt8(at + 2)}`, result, isOfKvm });
  }
  const key = createHash('sha256').update(version).update(script).digest('hex');
  RECORDED.push({ key, cells });
}

/** Where two records of the same suite differ, one line a cell; the model alone judges what KVM answered itself. */
export function differences(expected: readonly RecordedScript[], found: readonly RecordedScript[]): string[] {
  const byKey = new Map(expected.map((script) => [script.key, script.cells]));
  return found.flatMap(({ key, cells }) => {
    const others = byKey.get(key);
    if (others === undefined) return [`the other engine ran no script ${key.slice(0, 12)}`];
    if (others.length !== cells.length)
      return [`script ${key.slice(0, 12)} has ${cells.length} cells, not ${others.length}`];
    return cells.flatMap(({ call, result, isOfKvm }, i) =>
      isOfKvm || result === others[i]?.result ? [] : [`${call}: ${result}, on the other engine ${others[i]?.result}`],
    );
  });
}
