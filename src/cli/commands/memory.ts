import { InvalidArgumentError, type Command } from 'commander';
import { describeMemoryMap, parseAddition, type MemoryChange, type MemoryMap } from '../../common/vm/memory-map.ts';
import { findVm, withManager } from '../with-manager.ts';

interface Output {
  readonly json: boolean;
}

const SLOT = 'name=size, or name=size@address';
const FOR_THIS_RUN =
  'For this run alone: a restart of the guest keeps the memory (emptied), switching the VM off forgets it.\nNo device tells the guest: it finds memory at an address where there was none.';

function addition(text: string, before: readonly MemoryChange[] = []): readonly MemoryChange[] {
  const change = parseAddition(text);
  if (typeof change === 'string') throw new InvalidArgumentError(change);
  return [...before, change];
}

function removal(name: string, before: readonly MemoryChange[] = []): readonly MemoryChange[] {
  return [...before, { kind: 'remove', name }];
}

function print(map: MemoryMap, { json }: Output): void {
  console.log(json ? JSON.stringify(map) : describeMemoryMap(map).join('\n'));
}

function change(vm: string, changes: readonly MemoryChange[], output: Output): Promise<void> {
  return withManager(true, async (api) => {
    const { id } = await findVm(api, vm);
    print(await api.changeMemoryMap(id, [...changes]), output);
  });
}

export function describe(program: Command): void {
  const memory = program
    .command('memory')
    .summary('the memory of a running VM')
    .description(`Shows, adds and removes memory while the guest runs.\n${FOR_THIS_RUN}`);

  memory
    .command('list <vm>')
    .summary('the slots with their addresses, and the generation of the map')
    .option('--json', 'machine-readable', false)
    .action((vm: string, output: Output) =>
      withManager(true, async (api) => {
        print(await api.memoryMap((await findVm(api, vm)).id), output);
      }),
    );

  memory
    .command('add <vm>')
    .summary('add memory, all slots in one transaction')
    .description(`Adds memory to a running VM, all slots or none.\n${FOR_THIS_RUN}`)
    .argument('<slot...>', `${SLOT}; without an address above all memory there is`, addition)
    .option('--json', 'machine-readable', false)
    .action((vm: string, slots: readonly MemoryChange[], output: Output) => change(vm, slots, output));

  memory
    .command('remove <vm>')
    .summary('take memory away that was added, all slots in one transaction')
    .description(
      'Takes added memory away from a running VM, all slots or none. The guest is not asked: one that still uses the memory crashes.',
    )
    .argument('<name...>', 'slots that "list" shows; "ram" stays', removal)
    .option('--json', 'machine-readable', false)
    .action((vm: string, slots: readonly MemoryChange[], output: Output) => change(vm, slots, output));

  memory
    .command('change <vm>')
    .summary('remove and add memory in one transaction')
    .option('--remove <name>', 'a slot to take away; may be repeated', removal)
    .option('--add <slot>', `${SLOT}; may be repeated`, addition)
    .option('--json', 'machine-readable', false)
    .action((vm: string, options: Output & { remove?: readonly MemoryChange[]; add?: readonly MemoryChange[] }) =>
      change(vm, [...(options.remove ?? []), ...(options.add ?? [])], options),
    );
}
