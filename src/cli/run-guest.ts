import { createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Writable } from 'node:stream';
import { DisposableStore, toDisposable } from '../common/base/disposable.ts';
import { policySchema, sdeiSchema } from '../common/config/firmware-config.ts';
import type { MachineEnd, MachineStats } from '../common/contract/machine-types.ts';
import { chooseEngine, type EngineChoice } from '../common/vm/engine-choice.ts';
import { planMachine, type MachineWish } from '../node/manager/machine-plan.ts';
import type { VmHostProcess, VmHostStarter } from '../node/vmhost/starter.ts';
import { complain } from './complain.ts';
import { ESCAPE_HELP, EscapeFilter, type Keys } from './console/escape.ts';
import { Monitor } from './console/monitor.ts';
import { TerminalQuestion } from './console/policy-question.ts';
import { readKeys } from './console/raw-terminal.ts';
import { EngineTracePrinter } from './engine-trace-printer.ts';
import { EXIT, exitStatus } from './exit-status.ts';
import { firmwareEdit } from './firmware-options.ts';
import type { RunOptions } from './run-options.ts';

/** Console bytes that may wait for a slow file. */
const MAX_UNWRITTEN_BYTES = 16 << 20;
/** A host process that hangs, or a console file that nobody reads, holds up the end no longer than this. */
const ANSWER_MS = 2000;

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
  const handle = async (key: Keys): Promise<void> => {
    if (key === 'monitor') monitor.toggle();
    else if (key === 'help') print(`\r\n${ESCAPE_HELP}\r\n`);
    else if (typeof key === 'string') quit();
    else if (question.open) await question.type(key);
    else {
      const forGuest = monitor.open ? await monitor.type(key) : key;
      if (forGuest.length > 0) await host.api.writeConsole(forGuest).catch(() => undefined); // It may just have ended.
    }
  };
  // In the order typed, whatever the monitor waits for. Only Ctrl-A x overtakes: it must work on a host that hangs.
  let before = Promise.resolve();
  owned.own(
    readKeys(process.stdin, (data) => {
      for (const key of escape.take(data)) {
        if (key === 'quit') quit();
        else before = before.then(() => handle(key));
      }
    }),
  );
}

function wishOf(options: RunOptions): MachineWish {
  const { policy = {}, sdei = {}, idleStates = 'none' } = firmwareEdit(options);
  return {
    idleStates,
    policy: policySchema.parse(policy),
    sdei: sdeiSchema.parse(sdei),
    engine: options.engine,
    jit: options.jit,
    cpus: options.cpus,
    memoryBytes: options.memory,
    kernel: options.kernel,
    initrd: options.initrd,
    commandLine: options.append,
    psciVersion: options.psci,
    cpuProfile: options.cpuProfile,
    counterFrequencyHz: options.counterFrequency,
  };
}

/** Runs one guest to its end. Returns the process's exit status. */
export async function runGuest(options: RunOptions, starter: VmHostStarter): Promise<number> {
  const owned = new DisposableStore();
  const began = performance.now();
  let finish: (ending: Ending) => void = () => undefined;
  const ending = new Promise<Ending>((resolve) => (finish = resolve));
  let engine: EngineChoice | undefined;
  let stats: MachineStats | undefined;
  let gone: Promise<unknown> = Promise.resolve();
  try {
    const wish = wishOf(options);
    const output = await openConsole(options.console);
    let lost = 0;
    const question = owned.own(
      new TerminalQuestion(print, (id, answer) => host.api.answerPolicy(id, answer), wish.policy.unanswered),
    );
    const host: VmHostProcess = owned.own(
      await starter.start(
        {
          console: (data) => {
            // A named pipe that nobody reads must not fill our memory.
            if (output.writableLength > MAX_UNWRITTEN_BYTES) lost += data.length;
            else output.write(data);
          },
          state: () => undefined,
          reset: () => undefined,
          policy: (asked) => {
            question.ask(asked);
          },
          progress: () => undefined,
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
    const info = await host.api.hostInfo();
    engine = chooseEngine(wish, info.engines);
    await host.api.create({ ...planMachine(wish, info, onReset), ...(options.perfMap && { perfMap: true }) });
    const stopWith = (outcome: MachineEnd['outcome'], message: string, status: number) => {
      void host.api.stop().catch(() => undefined);
      finish({ end: { outcome, message }, status });
    };
    const quit = () => {
      stopWith('stopped', 'Ended from the keyboard', EXIT.quit);
    };
    output.on('error', (error) => {
      const where = options.console === 'stdio' ? 'Standard output' : `The console file ${options.console}`;
      stopWith('error', `${where} takes no more: ${error.message}`, EXIT.hostError);
    });
    if (options.console === 'stdio') connectKeyboard(host, question, owned, quit);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const leave = () => {
        stopWith('stopped', `Ended by ${signal}`, EXIT.quit);
      };
      process.on(signal, leave);
      owned.own(toDisposable(() => process.off(signal, leave)));
    }
    if (options.timeout > 0) {
      const timer = setTimeout(() => {
        stopWith('stopped', `The guest did not end within ${options.timeout} seconds`, EXIT.timeout);
      }, options.timeout * 1000);
      owned.own(toDisposable(() => clearTimeout(timer)));
    }
    if (options.state !== undefined) await host.api.restoreState(options.state);
    const trace = options.trace && owned.own(new EngineTracePrinter(host.api, print));
    if (options.trace) await trace?.begin(options.trace);
    await host.api.start();
    const result = await ending;
    await Promise.race([trace?.finish(), delay(ANSWER_MS, undefined, { ref: false })]);
    const figures = host.api.stats().catch(() => undefined);
    stats = await Promise.race([figures, delay(ANSWER_MS, undefined, { ref: false })]);
    if (output !== process.stdout && !output.destroyed) {
      const closed = new Promise<void>((resolve) => output.end(resolve));
      await Promise.race([closed, delay(ANSWER_MS, undefined, { ref: false })]);
    }
    if (lost > 0)
      process.stderr.write(`dormouse: ${lost} bytes of the console were lost: ${options.console} is too slow\n`);
    report(options, result, { stats, engine, began });
    return result.status;
  } catch (error) {
    complain(error);
    const end = { outcome: 'error', message: (error as Error).message } as const;
    if (options.json) writeJson({ end, status: EXIT.hostError }, { stats, engine, began });
    return EXIT.hostError;
  } finally {
    owned.dispose();
    await gone; // No guest outlives the command that ran it, not even by a moment.
  }
}

interface Figures {
  readonly stats: MachineStats | undefined;
  readonly engine: EngineChoice | undefined;
  /** On the clock of performance.now(). */
  readonly began: number;
}

function report(options: RunOptions, result: Ending, figures: Figures): void {
  if (result.end.report) process.stderr.write(`\n${result.end.report.text}`);
  if (result.status !== EXIT.poweredOff) process.stderr.write(`dormouse: ${result.end.message}\n`);
  if (options.json) writeJson(result, figures);
}

function writeJson(result: Ending, { stats, engine, began }: Figures): void {
  const line = {
    outcome: result.status === EXIT.timeout ? 'timeout' : result.end.outcome,
    message: result.end.message,
    status: result.status,
    wallSeconds: Math.round(performance.now() - began) / 1000,
    instructionsRetired: stats?.instructionsRetired ?? 0,
    engine: stats?.engine ?? engine?.engine ?? null,
    engineReason: engine?.reason ?? null,
    psciVersion: stats?.psciVersion ?? null,
    resets: stats?.resets ?? 0,
    lastReset: result.end.lastReset ?? stats?.lastReset ?? null,
    offType: result.end.offType ?? null,
    exits: stats?.exits ?? {},
  };
  process.stderr.write(`${JSON.stringify(line)}\n`);
}
