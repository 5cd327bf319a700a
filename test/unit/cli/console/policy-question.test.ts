import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { TerminalQuestion } from '../../../../src/cli/console/policy-question.ts';

const ASKED = { id: 7, call: 'SYSTEM_RESET', vcpu: 1, arguments: ['0x0'], timeoutMs: 5000 } as const;

beforeEach(() => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
});

function terminal(inTime = true) {
  let text = '';
  const answers: unknown[] = [];
  const question = new TerminalQuestion(
    (more) => (text += more),
    async (...answer) => {
      answers.push(answer);
      return inTime;
    },
    'deny',
  );
  const type = (keys: string) => question.type(new TextEncoder().encode(keys));
  return { question, type, answers, text: () => text };
}

test('the question names the vCPU, the call and what happens without an answer', () => {
  const { question, text } = terminal();
  question.ask(ASKED);
  expect(text()).toContain('vCPU 1 calls SYSTEM_RESET(0x0). Allow it? y or n; after 5 s: deny');
});

test('the first y or n answers; other keys do nothing', async () => {
  const { question, type, answers, text } = terminal();
  question.ask(ASKED);
  await type('?xyn');
  expect({ answers, open: question.open }).toEqual({ answers: [[7, 'allow']], open: false });
  expect(text()).toMatch(/allow\r\n$/);
});

test('an answer that comes too late says what was taken', async () => {
  const { question, type, text } = terminal(false);
  question.ask(ASKED);
  await type('y');
  expect(text()).toMatch(/too late: deny\r\n$/);
});

test('after the time the keys are the guest’s again', () => {
  const { question, answers, text } = terminal();
  question.ask(ASKED);
  vi.advanceTimersByTime(5000);
  expect({ open: question.open, answers }).toEqual({ open: false, answers: [] });
  expect(text()).toContain('deny (nobody answered)');
});
