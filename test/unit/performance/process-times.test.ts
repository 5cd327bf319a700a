import { expect, it } from 'vitest';
import { type ProcessTable, spentSeconds } from '../../performance/process-times.ts';

/** A shell (1) that has started a program (2), which has started the machine (3). */
class FakeTable implements ProcessTable {
  readonly own = new Map([
    [1, 1],
    [2, 12],
    [3, 95],
  ]);
  readonly waited = new Map<number, number>();
  private readonly before: (answers: number) => void;
  private answers = 0;

  /** @param before called before each answer, with how many there have been */
  constructor(before: (answers: number) => void = () => undefined) {
    this.before = before;
  }

  /** The process ends, and its parent waits for it at once. */
  end(pid: number): void {
    this.waited.set(pid - 1, (this.waited.get(pid - 1) ?? 0) + (this.own.get(pid) ?? 0) + (this.waited.get(pid) ?? 0));
    this.own.delete(pid);
  }

  ticks(pid: number) {
    this.before(this.answers++);
    const own = this.own.get(pid);
    return Promise.resolve(own === undefined ? undefined : { own, waited: this.waited.get(pid) ?? 0 });
  }

  children(pid: number) {
    this.before(this.answers++);
    return Promise.resolve(this.own.has(pid + 1) ? [pid + 1] : []);
  }
}

it('adds up a tree of processes', async () => {
  expect(await spentSeconds(1, new FakeTable())).toBeCloseTo(1.08);
  expect(await spentSeconds(4, new FakeTable())).toBeUndefined();
});

it('neither loses nor doubles what ends meanwhile, whenever that is', async () => {
  let longest = 0;
  for (const first of Array.from({ length: 12 }, (_, index) => index))
    for (const second of Array.from({ length: 12 }, (_, index) => first + index)) {
      const table: FakeTable = new FakeTable((answers) => {
        if (answers === first) table.end(3);
        if (answers === second) table.end(2);
        longest = Math.max(longest, answers);
      });
      expect(await spentSeconds(1, table), `ended at ${first} and ${second}`).toBeCloseTo(1.08);
    }
  expect(longest).toBeGreaterThan(12);
});
