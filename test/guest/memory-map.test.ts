import { afterEach, expect, test } from 'vitest';
import { TEST_ENGINE } from '../helpers/engine.ts';
import { draws, MapModel, MapperGuest, window, WINDOWS } from '../helpers/mapper-guest.ts';

// Changes of the memory map under a guest that uses what is changed. DORMOUSE_TEST_ENGINE says on which engine.

const MIB = 2 ** 20;
const GUESTS = 10;
const BATCHES = 100;
const SEED = 20261121;

const guests: MapperGuest[] = [];

async function started(changes: Parameters<typeof MapperGuest.started>[0] = {}): Promise<MapperGuest> {
  const guest = await MapperGuest.started(changes);
  guests.push(guest);
  return guest;
}

afterEach(async () => {
  await Promise.all(guests.splice(0).map((guest) => guest.machine.close()));
});

/** A guest that hammers the slots of a model. */
async function hammering(
  seed: number,
): Promise<{ guest: MapperGuest; model: MapModel; draw: (below: number) => number }> {
  const guest = await started();
  const draw = draws(seed);
  const model = new MapModel(64 * MIB, draw);
  expect(model.apply(model.setup())).toBe(true);
  await guest.machine.changeMemoryMap(model.setup());
  expect(guest.machine.memoryMap().slots).toEqual(model.slots);
  await guest.ask('p', 'P');
  await guest.ask('h', 'H');
  return { guest, model, draw };
}

// 1,000 in all, in pieces: on a slow host each piece says that it has come this far.
const SEEDS = Array.from({ length: GUESTS }, (_, index) => SEED + index);
test.for(SEEDS)(`${BATCHES} random transactions (%i) under a guest that hammers the slots they move`, async (seed) => {
  const { guest, model } = await hammering(seed);
  let { generation } = guest.machine.memoryMap();
  let refused = 0;
  for (let committed = 0; committed < BATCHES;) {
    const batch = committed + refused;
    const changes = model.batch();
    const what = `seed ${seed}, batch ${batch}: ${JSON.stringify(changes, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))}`;
    if (model.apply(changes)) {
      committed++;
      const map = await guest.machine.changeMemoryMap(changes);
      expect(map.generation, what).toBeGreaterThan(generation);
      generation = map.generation;
    } else {
      refused++;
      await expect(guest.machine.changeMemoryMap(changes), what).rejects.toThrow(/Memory slot|memory slot/);
      expect(guest.machine.memoryMap().generation, what).toBe(generation);
    }
    expect(guest.machine.memoryMap().slots, what).toEqual(model.slots);
    // Every vCPU gets to use the maps that we made, whatever this host is busy with.
    if (batch % 10 === 9) await guest.shows('H', guest.count('H') + 1);
  }
  expect(refused).toBeGreaterThan(BATCHES / 20);
  guest.type('s');
  await guest.shows('R ', 3);
  const sums = await guest.ask('t', 'T ');
  const [, added = '', counted = ''] = /^T added (\d+) counted (\d+) lost 0 wrong 0$/.exec(sums) ?? [];
  expect(counted, sums).toBe(added);
  expect(Number(added), sums).toBeGreaterThan(BATCHES);
  expect(guest.console).not.toMatch(/WRONG|EXCEPTION/);
  expect(guest.ended).toBeUndefined();
  // It is no proof unless each vCPU met slots in new places again and again.
  const moves = [...guest.console.matchAll(/^C .* moved (\d+)\r$/gm)].map(([, moved]) => Number(moved));
  expect(moves).toHaveLength(3);
  expect(Math.min(...moves), moves.join(' ')).toBeGreaterThan(BATCHES / 10);
});

test('after a change no vCPU sees data, code or tables of the slot that was there before', async () => {
  const guest = await started({ cpus: 1 });
  const model = new MapModel(64 * MIB, draws(SEED + GUESTS + 1));
  model.apply(model.setup());
  await guest.machine.changeMemoryMap(model.setup());
  await guest.ask('p', 'P');
  const inWindows = async () => (await guest.ask('v', 'V ')).split(' ').slice(1).map(Number);
  expect(await inWindows()).toEqual(Array.from({ length: 3 }, () => model.inWindows()).flat());
  for (let round = 0; round < 60; round++) {
    const changes = model.rotation();
    model.apply(changes);
    await guest.machine.changeMemoryMap(changes);
    expect(await inWindows(), `round ${round}`).toEqual(Array.from({ length: 3 }, () => model.inWindows()).flat());
  }
});

test.for([
  ['l', 'read from'],
  ['w', 'wrote to'],
  ['j', 'fetched an instruction from'],
])('a wild access (%s) while the map changes stops the machine once, with a report', async ([key = '', verb = '']) => {
  const { guest, model } = await hammering(SEED + GUESTS);
  guest.type(key);
  if (TEST_ENGINE === 'kvm' && key === 'j') {
    // The processor tells the guest, and nobody else.
    await guest.shows('EXCEPTION synchronous');
    return;
  }
  while (!guest.ended) {
    const changes = model.batch();
    if (!model.apply(changes)) continue;
    await guest.machine.changeMemoryMap(changes).catch((error: unknown) => {
      expect(error).toMatchObject({ code: 'InvalidState' }); // it has just ended
    });
  }
  expect(guest.events.filter((event) => event.kind === 'ended')).toHaveLength(1);
  expect(guest.ended).toMatchObject({ outcome: 'crashed' });
  expect(guest.ended?.message).toContain(`${verb} guest physical address 0x3000000000`);
  expect(guest.ended?.report?.registers['pc']).toMatch(/^0x/);
  expect(guest.console).not.toMatch(/WRONG|EXCEPTION|\nL /);
});

test('memory that is added is there, empty, and gone again when it is removed', async () => {
  const guest = await started({ cpus: 1 });
  const add = { kind: 'add', name: 'dimm', base: window(1), bytes: MIB } as const;
  await guest.machine.changeMemoryMap([add]);
  expect(await guest.ask('m1', 'M ')).toBe('M 0x80400000 before 0x0 after 0x1122334455667788');
  expect(await guest.ask('m1', 'M ')).toContain('before 0x1122334455667788');
  await guest.machine.changeMemoryMap([{ kind: 'move', name: 'dimm', base: window(2) }]);
  expect(await guest.ask('m2', 'M ')).toContain('before 0x1122334455667788');
  await guest.machine.changeMemoryMap([{ kind: 'remove', name: 'dimm' }, add]);
  expect(await guest.ask('m1', 'M ')).toContain('before 0x0');
  await guest.machine.changeMemoryMap([{ kind: 'remove', name: 'dimm' }]);
  guest.type('m1');
  await guest.until(() => guest.ended !== undefined, 'the end').catch(() => undefined);
  expect(guest.ended?.message).toContain('guest physical address 0x80410008');
});

test('slots and what is in them travel with a saved state', async () => {
  const source = await started({ cpus: 1 });
  await source.machine.changeMemoryMap([
    { kind: 'add', name: 'dimm', base: window(1), bytes: MIB, maximumBytes: 4 * MIB },
    { kind: 'add', name: 'rom', base: window(2), bytes: MIB, readOnly: true },
  ]);
  await source.ask('m1', 'M ');
  await source.machine.pause();
  const state = await source.machine.saveState();

  const target = new MapperGuest({ cpus: 1 });
  guests.push(target);
  await target.machine.restoreState(state);
  expect(target.machine.memoryMap().slots).toEqual(source.machine.memoryMap().slots);
  target.machine.start();
  expect(await target.ask('m1', 'M ')).toContain('before 0x1122334455667788');
});

test('the dirty log names what the guest wrote since it was last asked', async () => {
  const guest = await started({ cpus: 1 });
  const pages = async (): Promise<number[]> => {
    const bitmap = await guest.machine.takeDirtyLog('dimm');
    return Array.from({ length: bitmap.length * 8 }, (_, page) => page).filter(
      (page) => ((bitmap[page >> 3] ?? 0) >> (page & 7)) & 1,
    );
  };
  await guest.machine.changeMemoryMap([{ kind: 'add', name: 'dimm', base: window(1), bytes: MIB }]);
  await guest.ask('m1', 'M ');
  await expect(guest.machine.takeDirtyLog('dimm')).rejects.toMatchObject({ code: 'InvalidState' });
  await guest.machine.changeMemoryMap([{ kind: 'flags', name: 'dimm', readOnly: false, logDirty: true }]);
  expect(await pages()).toEqual([]);
  for (let round = 0; round < 3; round++) {
    await guest.ask('m1', 'M ');
    expect(await pages()).toContain(0x10);
    expect(await pages()).toEqual([]);
  }
  // The log goes where the slot goes.
  await guest.ask('m1', 'M ');
  await guest.machine.changeMemoryMap([{ kind: 'move', name: 'dimm', base: window(WINDOWS - 1) }]);
  expect(await pages()).toContain(0x10);
});
