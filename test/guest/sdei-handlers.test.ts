import { expect, test } from 'vitest';
import { at, ConformanceGuest, OP, PLACE, Script } from '../helpers/conformance-guest.ts';

const id = (number: number) => 0xc400_0000n + BigInt(number);

test('a handler is entered, sees its state, and completes both ways with every register kept', async () => {
  const script = new Script()
    .add(OP.call, [id(0x21), 0n, at(PLACE.handler), 0x99n, 0n, 0n], { id: 1 })
    .add(OP.call, [id(0x22), 0n], { id: 2 })
    .add(OP.call, [id(0x2c)], { id: 3 })
    .add(OP.call, [id(0x2f), 0n, 0n], { id: 4 })
    .add(OP.waitHandler, [1n])
    .add(OP.call, [id(0x28), 0n], { id: 5 })
    .add(OP.call, [id(0x24), 1n], { id: 6 })
    .add(OP.leave, [id(0x25), 0n])
    .add(OP.call, [id(0x28), 0n], { id: 7 })
    .add(OP.call, [id(0x2f), 0n, 0n], { id: 8 })
    .add(OP.waitHandler, [2n])
    .add(OP.leave, [id(0x26), at(PLACE.resumePoint)])
    .add(OP.call, [id(0x27), 0n], { id: 9 });
  const guest = await ConformanceGuest.run(script, { cpus: 1 });
  try {
    const results = guest.lines('C').map(([number, x0, changed]) => [Number(number), Number(x0), changed]);
    // Status 7 inside (registered, enabled, running), 3 outside; the signalling call ends after the handler.
    const order = [
      [1, 0],
      [2, 0],
      [3, 0],
      [5, 7],
      [6, 0],
      [4, 0],
      [7, 3],
      [8, 0],
      [9, 0],
    ];
    expect(results).toEqual(order.map(([number, x0]) => [number, x0, '0x0']));
    // Event 0, its argument, x4 to x27 kept, DAIF set at EL1 with SP_EL1.
    const entries = guest
      .lines('H')
      .map(([cpu, event, argument, , changed, mode]) => [cpu, event, argument, changed, mode]);
    expect(entries).toEqual(Array.from({ length: 2 }, () => ['0', '0x0', '0x99', '0x0', '0x143c0']));
    // Two handlers; one resumption with DAIF masked.
    expect(guest.lines('E')).toEqual([['2', '1', '0x3c0']]);
  } finally {
    await guest.close();
  }
});
