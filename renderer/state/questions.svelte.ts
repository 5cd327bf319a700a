import type { PolicyRequest, PolicySettled } from '../../src/common/contract/app-api.ts';
import { STRINGS } from '../strings/en.ts';

/** A guest's question, with its end on this page's clock. */
export interface Question extends PolicyRequest {
  /** On the clock of performance.now(), in milliseconds. */
  readonly deadline: number;
}

/** The questions of all guests that wait for an answer, oldest first. */
export class Questions {
  #open = $state<Question[]>([]);
  /** Closed here without an answer; another window, or time, decides. */
  #hidden = $state<Question[]>([]);
  readonly first = $derived(this.#open.find((question) => !this.#hidden.some((each) => isSame(each, question))));
  readonly #tell: (text: string) => void;

  constructor(tell: (text: string) => void) {
    this.#tell = tell;
  }

  ask(request: PolicyRequest): void {
    this.#open.push({ ...request, deadline: performance.now() + request.remainingMs });
  }

  /** What was open when the page connected. */
  replace(requests: readonly PolicyRequest[]): void {
    this.#open = [];
    this.#hidden = [];
    for (const request of requests) this.ask(request);
  }

  hide(question: Question): void {
    this.#hidden.push(question);
  }

  settle(settled: PolicySettled): void {
    const question = this.#open.find((each) => isSame(each, settled));
    if (!question) return;
    this.#open = this.#open.filter((each) => !isSame(each, settled));
    this.#hidden = this.#hidden.filter((each) => !isSame(each, settled));
    this.#tell(STRINGS.settled(question.vmName, question.call, settled));
  }
}

function isSame(a: { vmId: string; id: number }, b: { vmId: string; id: number }): boolean {
  return a.vmId === b.vmId && a.id === b.id;
}
