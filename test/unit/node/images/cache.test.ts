import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cached } from '../../../../src/node/images/cache.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'dormouse-cache-'));
  vi.stubEnv('DORMOUSE_CACHE', root);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});

/** A maker that writes one file and counts how often it was asked to. */
function maker(text = 'content') {
  return vi.fn(async (folder: string) => {
    await writeFile(join(folder, 'file'), text);
    return { origin: `made of ${text}`, version: '1', files: ['file'] };
  });
}

describe('cached', () => {
  it('makes an item once', async () => {
    const make = maker();
    await cached('a/item', make);
    const item = await cached('a/item', make);
    expect(make).toHaveBeenCalledTimes(1);
    expect(await readFile(join(item.folder, 'file'), 'utf8')).toBe('content');
  });

  it('makes it once for parallel callers', async () => {
    const make = maker();
    const items = await Promise.all([1, 2, 3].map(() => cached('item', make)));
    expect(make).toHaveBeenCalledTimes(1);
    expect(new Set(items.map((item) => item.folder)).size).toBe(1);
  });

  it.each([
    ['a file is damaged', 'file', 'tampered'],
    ['the manifest is damaged', 'manifest.json', '{ not json'],
    ['the manifest is of another format', 'manifest.json', '{"format":2}'],
  ])('makes it again when %s', async (_name, file, text) => {
    const make = maker();
    const item = await cached('item', make);
    await writeFile(join(item.folder, file), text);
    await cached('item', make);
    expect(make).toHaveBeenCalledTimes(2);
    expect(await readFile(join(item.folder, 'file'), 'utf8')).toBe('content');
  });

  it('makes it again when another origin is asked for', async () => {
    await cached('item', maker('old'), 'made of old');
    const fresh = maker('new');
    const item = await cached('item', fresh, 'made of new');
    expect(fresh).toHaveBeenCalledTimes(1);
    expect(await readFile(join(item.folder, 'file'), 'utf8')).toBe('new');
  });

  it('leaves nothing that looks whole behind a maker that fails', async () => {
    const failing = async (folder: string): Promise<never> => {
      await writeFile(join(folder, 'file'), 'half');
      throw new Error('network went away');
    };
    await expect(cached('item', failing)).rejects.toThrow('network went away');
    const left = await readdir(root);
    expect(left).not.toContain('item');
    const make = maker();
    await cached('item', make);
    expect(make).toHaveBeenCalledTimes(1);
  });
});
