import { Emitter } from '../../common/base/event.ts';
import type { PolicyAnswer } from '../../common/config/firmware-config.ts';
import type { PolicyRequest, PolicySettled } from '../../common/contract/app-api.ts';
import type { PolicyQuestion } from '../../common/contract/machine-types.ts';

interface Open {
  readonly question: PolicyQuestion;
  readonly unanswered: PolicyAnswer;
  /** On the clock of performance.now(). */
  readonly deadline: number;
  readonly timer: NodeJS.Timeout;
}

/**
 * The questions of one VM that wait for an answer. The machine itself decides what was in time; the clock here only tells
 * the windows that a question is over.
 */
export class PolicyDesk {
  readonly #asked = new Emitter<PolicyRequest>();
  readonly #settled = new Emitter<PolicySettled>();
  readonly onAsked = this.#asked.event;
  readonly onSettled = this.#settled.event;
  readonly #vm: () => { readonly id: string; readonly name: string };
  readonly #open = new Map<number, Open>();

  constructor(vm: () => { readonly id: string; readonly name: string }) {
    this.#vm = vm;
  }

  ask(question: PolicyQuestion, unanswered: PolicyAnswer): void {
    const timer = setTimeout(() => {
      this.settle(question.id, unanswered, 'time out');
    }, question.timeoutMs);
    const open = { question, unanswered, deadline: performance.now() + question.timeoutMs, timer };
    this.#open.set(question.id, open);
    this.#asked.fire(this.#request(open));
  }

  list(): PolicyRequest[] {
    return [...this.#open.values()].map((open) => this.#request(open));
  }

  settle(id: number, answer: PolicyAnswer, how: PolicySettled['how']): void {
    const open = this.#open.get(id);
    if (!open) return;
    clearTimeout(open.timer);
    this.#open.delete(id);
    this.#settled.fire({ vmId: this.#vm().id, id, answer, how });
  }

  /** The machine is gone, and its questions with it. */
  clear(): void {
    for (const { question, unanswered } of [...this.#open.values()]) this.settle(question.id, unanswered, 'ended');
  }

  #request({ question, unanswered, deadline }: Open): PolicyRequest {
    const { id, name } = this.#vm();
    const remainingMs = Math.max(0, Math.round(deadline - performance.now()));
    return { ...question, vmId: id, vmName: name, remainingMs, unanswered };
  }
}
