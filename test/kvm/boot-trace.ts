import { createMachine } from '../../binding/index.js';
import type { EngineName, FirmwareCall, MachineConfig, MachineEvent } from '../../binding/index.js';
import { debianGuest } from '../helpers/debian.ts';

/** The firmware calls of each vCPU in their order, without what is a matter of time. */
export interface BootTrace {
  readonly outcome: string;
  readonly calls: readonly (readonly string[])[];
}

type Ended = Extract<MachineEvent, { kind: 'ended' }>;

/**
 * Boots a stock kernel, by default on two vCPUs, which turns each but the first off and on again and powers off.
 * @param kernel a name of the catalogue
 * @param changes of the machine's configuration
 * @throws when the trace has lost entries or the guest does not end
 */
export async function bootTrace(
  engine: EngineName,
  kernel: string,
  changes: Partial<MachineConfig> = {},
): Promise<BootTrace> {
  const guest = await debianGuest(kernel);
  const { cpus = 2 } = changes;
  const calls: FirmwareCall[] = [];
  let console = '';
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const machine = createMachine(
    {
      engine,
      memoryBytes: 256 << 20,
      kernel: guest.kernel,
      initrd: guest.initrd,
      commandLine: 'console=ttyAMA0 dormouse.do=hotplug,poweroff',
      seed: 1,
      ...changes,
      cpus,
    },
    (event) => {
      if (event.kind === 'console') console += Buffer.from(event.data).toString('latin1');
      if (event.kind === 'ended') resolve(event);
    },
  );
  const collect = () => {
    const next = (calls.at(-1)?.sequence ?? -1n) + 1n;
    const fresh = machine.firmwareTrace(next);
    if (fresh.length > 0 && fresh[0]?.sequence !== next) throw new Error('The firmware trace has lost calls');
    calls.push(...fresh);
  };
  machine.start();
  const timer = setInterval(collect, 200);
  const { outcome, message } = await promise;
  clearInterval(timer);
  collect();
  await machine.close();
  if (!console.includes('HOTPLUG-OK')) {
    const end = `${outcome}${message === '' ? '' : `: ${message}`}`;
    throw new Error(`The guest did not do its work (it ended ${end}); its console: ${console.slice(-1500)}`);
  }
  return {
    outcome,
    calls: Array.from({ length: cpus }, (_, cpu) => normalised(calls.filter((call) => call.vcpu === cpu))),
  };
}

/** How long CPUs idle, and how often one asks whether another has gone off, is a matter of time. */
const TIMED = new Set(['CPU_SUSPEND', 'CPU_DEFAULT_SUSPEND', 'AFFINITY_INFO']);
/** KVM answers the calls of SMCCC itself, and what a guest asks there depends on the processor. */
const OF_PROCESSOR = /^SMCCC_|^0x/;

function normalised(calls: readonly FirmwareCall[]): string[] {
  return calls
    .filter(({ functionName }) => !TIMED.has(functionName) && !OF_PROCESSOR.test(functionName))
    .map(({ functionName, arguments: given, result, resultName }) => {
      const values = given.map((value) => `0x${value.toString(16)}`).join(' ');
      return `${functionName}(${values}) = ${resultName ?? result ?? 'did not return'}`;
    });
}
