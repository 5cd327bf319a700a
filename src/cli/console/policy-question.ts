import type { PolicyAnswer } from '../../common/config/firmware-config.ts';
import type { PolicyQuestion } from '../../common/contract/machine-types.ts';

const KEYS: Readonly<Record<string, PolicyAnswer>> = { y: 'allow', Y: 'allow', n: 'deny', N: 'deny' };

/** Asks at the terminal about a system-wide call. While a question is open every key belongs to it. */
export class TerminalQuestion {
  readonly #print: (text: string) => void;
  readonly #answer: (id: number, answer: PolicyAnswer) => Promise<boolean>;
  readonly #unanswered: PolicyAnswer;
  #open: { readonly id: number; readonly timer: NodeJS.Timeout } | undefined;

  /** @param unanswered what the machine takes when nobody answers in time */
  constructor(
    print: (text: string) => void,
    answer: (id: number, answer: PolicyAnswer) => Promise<boolean>,
    unanswered: PolicyAnswer,
  ) {
    this.#print = print;
    this.#answer = answer;
    this.#unanswered = unanswered;
  }

  get open(): boolean {
    return this.#open !== undefined;
  }

  ask(question: PolicyQuestion): void {
    this.dispose();
    const seconds = question.timeoutMs / 1000;
    this.#print(
      `\r\ndormouse: vCPU ${question.vcpu} calls ${question.call}(${question.arguments.join(', ')}). ` +
        `Allow it? y or n; after ${seconds} s: ${this.#unanswered} `,
    );
    const timer = setTimeout(() => {
      this.#close(`${this.#unanswered} (nobody answered)`);
    }, question.timeoutMs);
    this.#open = { id: question.id, timer };
  }

  async type(data: Uint8Array): Promise<void> {
    for (const key of new TextDecoder().decode(data)) {
      const answer = KEYS[key];
      if (!this.#open || !answer) continue;
      const { id } = this.#open;
      this.dispose(); // Before the answer arrives: the next key is the guest's.
      const inTime = await this.#answer(id, answer).catch(() => false);
      this.#print(inTime ? `${answer}\r\n` : `too late: ${this.#unanswered}\r\n`);
    }
  }

  /** The guest has ended, whoever answered. */
  end(): void {
    if (this.#open) this.#close('');
  }

  dispose(): void {
    clearTimeout(this.#open?.timer);
    this.#open = undefined;
  }

  #close(text: string): void {
    this.dispose();
    this.#print(`${text}\r\n`);
  }
}
