import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { DisposableStore, toDisposable } from '../common/base/disposable.ts';
import { policySchema, sdeiSchema } from '../common/config/firmware-config.ts';
import type { MachineEnd, MachineStats } from '../common/contract/machine-types.ts';
import { planMachine, type MachineWish } from '../node/manager/machine-plan.ts';
import type { VmHostProcess, VmHostStarter } from '../node/vmhost/starter.ts';
import { complain } from './complain.ts';
import { ESCAPE_HELP, EscapeFilter } from './console/escape.ts';
import { Monitor } from './console/monitor.ts';
import { TerminalQuestion } from './console/policy-question.ts';
import { readKeys } from './console/raw-terminal.ts';
import { EXIT, exitStatus } from './exit-status.ts';
import { firmwareEdit } from './firmware-options.ts';
import type { RunOptions } from './run-options.ts';

interface Ending {
  readonly end: MachineEnd;
  readonly status: number;
}

async function openConsole(where: string): Promise<Writable> {
  if (where === 'stdio') return process.stdout;
  const file = createWriteStream(where);
  await once(file, 'open');
  return file;
}

const print = (text: string) => process.stderr.write(text);

/** The terminal's keys go to the guest, but for the escapes and the answers to questions. */
function connectKeyboard(
  host: VmHostProcess,
  question: TerminalQuestion,
  owned: DisposableStore,
  quit: () => void,
): void {
  const escape = new EscapeFilter();
  const monitor = new Monitor(host.api, print, quit);
  const onInput = async (data: Uint8Array): Promise<void> => {
    const keys = escape.take(data);
    if (keys.forGuest.length > 0) {
      if (question.open) await question.type(keys.forGuest);
      else if (monitor.open) await monitor.type(keys.forGuest);
      else await host.api.writeConsole(keys.forGuest).catch(() => undefined); // The guest may just have ended.
    }
    for (const command of keys.commands) {
      if (command === 'quit') quit();
      else if (command === 'monitor') monitor.toggle();
      else print(`\r\n${ESCAPE_HELP}\r\n`);
    }
  };
  owned.own(readKeys(process.stdin, (data) => void onInput(data)));
}

function wishOf(options: RunOptions): MachineWish {
  const { policy = {}, sdei = {} } = firmwareEdit(options);
  return {
    policy: policySchema.parse(policy),
    sdei: sdeiSchema.parse(sdei),
    engine: options.engine,
    cpus: options.cpus,
    memoryBytes: options.memory,
    kernel: options.kernel,
    initrd: options.initrd,
    commandLine: options.append,
    psciVersion: options.psci,
  };
}

/** Runs one guest to its end. Returns the process's exit status. */
export async function runGuest(options: RunOptions, starter: VmHostStarter): Promise<number> {
  const owned = new DisposableStore();
  const began = performance.now();
  let finish: (ending: Ending) => void = () => undefined;
  const ending = new Promise<Ending>((resolve) => (finish = resolve));
  let stats: MachineStats | undefined;
  let gone: Promise<unknown> = Promise.resolve();
  try {
    const wish = wishOf(options);
    const output = await openConsole(options.console);
    const question = owned.own(
      new TerminalQuestion(print, (id, answer) => host.api.answerPolicy(id, answer), wish.policy.unanswered),
    );
    const host: VmHostProcess = owned.own(
      await starter.start(
        {
          console: (data) => output.write(data),
          state: () => undefined,
          reset: () => undefined,
          policy: (asked) => {
            question.ask(asked);
          },
          ended: (end) => {
            question.end();
            finish({ end, status: exitStatus(end.outcome) });
          },
        },
        undefined,
      ),
    );
    gone = new Promise((resolve) => host.onExit(resolve));
    owned.own(
      host.onExit((exit) => {
        const message = `The VM host process died unexpectedly (${exit.signal ?? `exit status ${exit.code ?? '?'}`})`;
        finish({ end: { outcome: 'crashed', message }, status: EXIT.crashed });
      }),
    );
    const onReset = options.reboot ? 'reboot' : 'stop';
    await host.api.create(planMachine(wish, await host.api.hostInfo(), onReset));
    const stopWith = (outcome: MachineEnd['outcome'], message: string, status: number) => {
      void host.api.stop().catch(() => undefined);
      finish({ end: { outcome, message }, status });
    };
    const quit = () => {
      stopWith('stopped', 'Ended from the keyboard', EXIT.quit);
    };
    if (options.console === 'stdio') connectKeyboard(host, question, owned, quit);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, quit);
      owned.own(toDisposable(() => process.off(signal, quit)));
    }
    if (options.timeout > 0) {
      const timer = setTimeout(() => {
        stopWith('stopped', `The guest did not end within ${options.timeout} seconds`, EXIT.timeout);
      }, options.timeout * 1000);
      owned.own(toDisposable(() => clearTimeout(timer)));
    }
    await host.api.start();
    const result = await ending;
    stats = await host.api.stats().catch(() => undefined);
    if (output !== process.stdout) await new Promise<void>((resolve) => output.end(resolve));
    report(options, result, stats, began);
    return result.status;
  } catch (error) {
    complain(error);
    const end = { outcome: 'error', message: (error as Error).message } as const;
    if (options.json) writeJson({ end, status: EXIT.hostError }, stats, began);
    return EXIT.hostError;
  } finally {
    owned.dispose();
    await gone; // No guest outlives the command that ran it, not even by a moment.
  }
}

function report(options: RunOptions, result: Ending, stats: MachineStats | undefined, began: number): void {
  if (result.end.report) process.stderr.write(`\n${result.end.report.text}`);
  if (result.status !== EXIT.poweredOff) process.stderr.write(`dormouse: ${result.end.message}\n`);
  if (options.json) writeJson(result, stats, began);
}

function writeJson(result: Ending, stats: MachineStats | undefined, began: number): void {
  const line = {
    outcome: result.status === EXIT.timeout ? 'timeout' : result.end.outcome,
    message: result.end.message,
    status: result.status,
    wallSeconds: Math.round(performance.now() - began) / 1000,
    instructionsRetired: stats?.instructionsRetired ?? 0,
    engine: stats?.engine ?? null,
    psciVersion: stats?.psciVersion ?? null,
    resets: stats?.resets ?? 0,
    lastReset: result.end.lastReset ?? stats?.lastReset ?? null,
    offType: result.end.offType ?? null,
    exits: stats?.exits ?? {},
  };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}
