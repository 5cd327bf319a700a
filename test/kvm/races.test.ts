// Requests from outside against vCPUs that run, sleep, and stand in the middle of a device access.
import { afterEach, expect, test } from 'vitest';
import { TinyMachine } from '../contract/addon/tiny-machine.ts';
import { draws } from '../helpers/mapper-guest.ts';
import { HOST_CONFIG } from './host-config.ts';

const RACES = 2000;
const SEED = 20261121;
const machines: TinyMachine[] = [];

async function started(cpus: number): Promise<TinyMachine> {
  const tiny = await TinyMachine.started({ cpus, ...HOST_CONFIG });
  machines.push(tiny);
  return tiny;
}

// A machine that ended by itself says why, whatever the test has stumbled over because of it.
afterEach(async () => {
  const all = machines.splice(0);
  const ended = all.filter(({ machine }) => machine.stats().state === 'ended');
  const ends = await Promise.all(ended.map((tiny) => tiny.ended));
  await Promise.all(all.map((tiny) => tiny.machine.close()));
  expect(ends).toEqual([]);
});

/** So many turns of the event loop: other threads go on meanwhile, how far is up to chance. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

test(`${RACES} pauses and resumes: none is lost, and the guest goes on`, async () => {
  const tiny = await started(2);
  const draw = draws(SEED);
  await tiny.command('smp');
  const { machine } = tiny;
  let isDone = false;
  // One after the other, because the guest's ring of keys is small: it computes, writes, and sleeps until the next tick.
  const commands = (async () => {
    while (!isDone) {
      expect(await tiny.command('spin 1')).toContain('million');
      expect(await tiny.command('echo turn')).toContain('\nturn');
      await tiny.command('sleep 5');
    }
  })();
  const races = (async () => {
    for (let race = 0; race < RACES; race++) {
      await machine.pause();
      const before = machine.stats();
      expect(before.state).toBe('paused');
      if (draw(4) === 0) await turns(draw(8));
      // Nothing moves in a machine that stands still.
      expect(machine.stats().guestTimeNs).toBe(before.guestTimeNs);
      await machine.resume();
      if (draw(3) === 0) await turns(draw(20));
    }
    isDone = true;
  })();
  await Promise.all([commands, races]);
  expect(machine.stats().state).toBe('running');
  expect(tiny.events.some((event) => event.kind === 'ended')).toBe(false);
  tiny.type('echo still-here\n');
  await tiny.shows('\nstill-here');
});

test('requests that arrive together are each answered', async () => {
  const tiny = await started(2);
  const { machine } = tiny;
  for (let race = 0; race < 100; race++) {
    // Of two pauses at once one may find the machine paused already.
    const results = await Promise.allSettled([machine.pause(), machine.pause()]);
    expect(results.some((result) => result.status === 'fulfilled')).toBe(true);
    await machine.resume();
  }
  tiny.type('echo still-here\n');
  await tiny.shows('\nstill-here');
});

test('a vCPU that is stopped while it writes to a device loses and repeats nothing', async () => {
  const tiny = await started(2);
  const draw = draws(SEED + 1);
  const words = Array.from({ length: 120 }, (_, i) => `line-${i}-abcdefghijklmnopqrstuvwxyz0123456789`);
  let isDone = false;
  const pauses = (async () => {
    let count = 0;
    while (!isDone) {
      await tiny.machine.pause();
      await turns(draw(3));
      await tiny.machine.resume();
      await turns(draw(6));
      count++;
    }
    return count;
  })();
  const lines = (async () => {
    for (const word of words) expect(await tiny.command(`echo ${word}`)).toBe(`echo ${word}\r\n${word}\r\ntiny> `);
    isDone = true;
  })();
  const [count] = await Promise.all([pauses, lines]);
  expect(count).toBeGreaterThan(50);
});

test('machines end while their vCPUs write to a device', async () => {
  const draw = draws(SEED + 2);
  for (let life = 0; life < 12; life++) {
    const tiny = await TinyMachine.started({ cpus: 2, ...HOST_CONFIG });
    tiny.type('help\nhelp\nhelp\nspin 1\nhelp\nhelp\n');
    await turns(draw(30));
    await tiny.machine.stop();
    expect(await tiny.ended).toMatchObject({ outcome: 'stopped' });
    await tiny.machine.close();
  }
});
