import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { AppApi } from '../../common/contract/app-api.ts';
import { traceLine, TraceFollower, type FirmwareCall } from '../../common/firmware/trace.ts';
import { isLive } from '../../common/vm/vm-state.ts';
import { findVm, withManager } from '../with-manager.ts';

const POLL_MS = 200;

async function isOver(api: AppApi, id: string): Promise<boolean> {
  const vm = (await api.listVms()).find((each) => each.id === id);
  return !vm || !isLive(vm.state);
}

export function describe(program: Command): void {
  program
    .command('trace <vm>')
    .summary('the guest’s last firmware calls')
    .description(
      'Prints the last calls of the guest’s firmware: time since its start, vCPU, function, arguments, result.\nUnder --follow a call that had not returned is printed once more when it has.',
    )
    .option('--follow', 'go on until the guest ends', false)
    .option('--json', 'one JSON object a line', false)
    .action((text: string, options: { follow: boolean; json: boolean }) =>
      withManager(true, async (api) => {
        const { id } = await findVm(api, text);
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
