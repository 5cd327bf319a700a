import { expect, test } from 'vitest';
import { at, ConformanceGuest, OP, PLACE, Script, type Value } from '../helpers/conformance-guest.ts';

const CALLS: readonly (readonly [name: string, x: readonly Value[], result: bigint])[] = [
  ['SYSTEM_OFF', [0x8400_0008n], -6n],
  ['SYSTEM_RESET', [0x8400_0009n], -6n],
  ['SYSTEM_RESET2', [0xc400_0012n, 0n, 0n], -6n],
  ['SYSTEM_OFF2', [0xc400_0015n, 1n, 0n], -6n],
  ['SYSTEM_SUSPEND', [0xc400_000en, at(PLACE.resume), 5n], -3n],
];

test.each(CALLS)('a refused %s leaves no trace that the guest can see', async (name, x, result) => {
  const script = new Script().add(OP.state, [], { id: 1 });
  for (let id = 10; id < 20; id++) script.add(OP.call, x, { id, conduit: id % 2 });
  script.add(OP.state, [], { id: 2 });
  const guest = await ConformanceGuest.run(script, { cpus: 1, policy: { [name]: 'deny' } });
  try {
    const results = guest.lines('C').map(([, x0 = '', , , , changed]) => [BigInt.asIntN(64, BigInt(x0)), changed]);
    expect(results).toEqual(Array.from({ length: 10 }, () => [result, '0x0']));
    const [before, after] = guest.lines('S');
    expect(before?.slice(1)).toHaveLength(4);
    expect(after?.slice(1)).toEqual(before?.slice(1));
    expect(guest.machine.stats().resets).toBe(0);
  } finally {
    await guest.close();
  }
});
