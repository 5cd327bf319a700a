import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { AppApi } from '../../common/contract/app-api.ts';
import { traceLine, TraceFollower, type FirmwareCall } from '../../common/firmware/trace.ts';
import { isLive } from '../../common/vm/vm-state.ts';
import { EngineTraceFollower, TRACE_KINDS_HELP } from '../../common/vm/engine-trace.ts';
import { parseTrace } from '../run-options.ts';
import { findVm, withManager } from '../with-manager.ts';

const POLL_MS = 200;

async function isOver(api: AppApi, id: string): Promise<boolean> {
  const vm = (await api.listVms()).find((each) => each.id === id);
  return !vm || !isLive(vm.state);
}

/** Until the guest ends, or somebody has seen enough; then the engine keeps nothing more. */
async function followEngine(api: AppApi, id: string, kinds: string[], json: boolean): Promise<void> {
  let enough = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => (enough = true));
  const follower = new EngineTraceFollower();
  await api.traceEngine(id, kinds);
  for (;;) {
    const last = enough || (await isOver(api, id));
    // It may have ended since, and its trace with it.
    const lines = await api.engineTrace(id, follower.since).catch(() => []);
    const texts = follower.take(lines);
    for (const text of json ? lines.map((line) => JSON.stringify(line)) : texts) console.log(text);
    if (last) break;
    await delay(POLL_MS);
  }
  if (enough) await api.traceEngine(id, []).catch(() => undefined);
}

export function describe(program: Command): void {
  program
    .command('trace <vm>')
    .summary('the guest’s last firmware calls, or what the engine does')
    .description(
      'Prints the last calls of the guest’s firmware: time since its start, vCPU, function, arguments, result.\nUnder --follow a call that had not returned is printed once more when it has.\nWith --engine it prints what the emulator does from now on instead, until the guest ends or Ctrl-C: docs/emulator.md.',
    )
    .option('--follow', 'go on until the guest ends', false)
    .option('--engine <kinds>', `what the emulator does: ${TRACE_KINDS_HELP}`, parseTrace)
    .option('--json', 'one JSON object a line', false)
    .action((text: string, options: { follow: boolean; engine?: string[]; json: boolean }) =>
      withManager(true, async (api) => {
        const { id } = await findVm(api, text);
        if (options.engine) {
          await followEngine(api, id, options.engine, options.json);
          return;
        }
        const print = (call: FirmwareCall) => {
          console.log(options.json ? JSON.stringify(call) : traceLine(call));
        };
        const follower = new TraceFollower();
        for (;;) {
          // Asked first: what the guest called before it ended is then in the trace that is read next.
          const last = !options.follow || (await isOver(api, id));
          follower.take(await api.firmwareTrace(id, follower.since)).forEach(print);
          if (last) return;
          await delay(POLL_MS);
        }
      }),
    );
}
