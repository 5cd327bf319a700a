import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { runCliIn } from '../helpers/cli.ts';
import { startServe } from '../helpers/serve-process.ts';

const TINY_IMAGE = fileURLToPath(new URL('../../resources/guests/tiny/tiny.Image', import.meta.url));

const mapSchema = z.strictObject({
  generation: z.number(),
  slots: z.array(z.strictObject({ name: z.string(), base: z.string(), bytes: z.number(), readOnly: z.boolean() })),
});

const MIB = 2 ** 20;

test('memory of a running guest is listed, added and removed from the command line', async () => {
  const { home } = await startServe();
  const dormouse = async (...args: readonly string[]) => {
    const { status, stdout, stderr } = await runCliIn(home, ...args);
    return { status, stdout, stderr };
  };
  const memory = async (...args: readonly string[]) => {
    const { status, stdout, stderr } = await dormouse('memory', ...args, '--json');
    expect(stderr).toBe('');
    expect(status).toBe(0);
    return mapSchema.parse(JSON.parse(stdout));
  };
  await dormouse('create', 'tiny', '--kernel', TINY_IMAGE, '--memory', '64M');
  expect(await dormouse('memory', 'list', 'tiny')).toMatchObject({
    status: 1,
    stderr: expect.stringContaining('not running') as string,
  });
  await dormouse('start', 'tiny');
  const ram = { name: 'ram', base: '0x40000000', bytes: 64 * MIB, readOnly: false };
  const before = await memory('list', 'tiny');
  expect(before.slots).toEqual([ram]);

  const added = await memory('add', 'tiny', 'a=1M', 'b=64K@0xc0000000');
  const b = { name: 'b', base: '0xc0000000', bytes: 65536, readOnly: false };
  expect(added.slots).toEqual([ram, { name: 'a', base: '0x48000000', bytes: MIB, readOnly: false }, b]);
  expect(added.generation).toBeGreaterThan(before.generation);
  const changed = await memory('change', 'tiny', '--remove', 'a', '--add', 'c=2M@0xd0000000');
  expect(changed.slots.map((slot) => slot.name)).toEqual(['ram', 'b', 'c']);
  expect((await dormouse('memory', 'list', 'tiny')).stdout).toBe(
    [
      `generation ${changed.generation}`,
      'ram              0x40000000     64 MiB',
      'b                0xc0000000     64 KiB',
      'c                0xd0000000     2 MiB',
      '',
    ].join('\n'),
  );

  for (const [args, status, words] of [
    [['remove', 'tiny', 'b', 'a'], 1, 'There is no memory slot "a"'],
    [['remove', 'tiny', 'ram'], 1, '"ram" is the memory the machine was built with'],
    [['add', 'tiny', 'd=1M', 'c=1M'], 1, '"c" exists already'],
    [['add', 'tiny', 'd=1M@0xc0000000'], 1, 'overlaps slot "b"'],
    [['add', 'tiny', 'd=1M@0x09000000'], 1, 'has room for memory'],
    [['add', 'tiny', 'd=1'], 2, 'At least 64K'],
    [['add', 'tiny'], 2, 'slot'],
    [['change', 'tiny'], 1, 'Nothing to change'],
    [['list', 'nobody'], 1, 'There is no VM'],
  ] as const) {
    const refused = await dormouse('memory', ...args);
    expect(refused.stderr, args.join(' ')).toContain(words);
    expect(refused.status, args.join(' ')).toBe(status);
  }
  expect(await memory('list', 'tiny')).toEqual(changed);
  expect((await memory('remove', 'tiny', 'b', 'c')).slots).toEqual([ram]);
});
