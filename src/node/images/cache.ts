import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { lock } from 'proper-lockfile';
import * as z from 'zod';
import { sha256OfFile } from './apt.ts';

/** Where fetched guests and peers are kept: DORMOUSE_CACHE, else `dormouse` in the user's cache folder. */
export function cacheRoot(): string {
  const chosen = process.env['DORMOUSE_CACHE'];
  if (chosen !== undefined && chosen !== '') return chosen;
  return join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'dormouse');
}

const Manifest = z.object({
  format: z.literal(1),
  /** Where it came from: name and version of the package, or what it was built from. */
  origin: z.string(),
  version: z.string(),
  /** File names, relative to the item's folder, with their SHA-256. */
  files: z.record(z.string(), z.string()),
});
export type Manifest = z.infer<typeof Manifest>;

export interface CacheItem {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** What a maker leaves in the folder it was given. */
export type Made = Omit<Manifest, 'format' | 'files'> & { readonly files: readonly string[] };

/**
 * One item of the cache: a folder with files and a manifest. An item that is there and whole is returned as it is,
 * without network; else `make` fills a new folder, which takes the old one's place in one step. Parallel callers wait
 * for the first one.
 * @param name path below the cache root.
 * @param origin when given, an item of another origin counts as absent.
 */
export async function cached(
  name: string,
  make: (folder: string) => Promise<Made>,
  origin?: string,
): Promise<CacheItem> {
  const folder = join(cacheRoot(), name);
  const isCurrent = (item: CacheItem | undefined): item is CacheItem =>
    item !== undefined && (origin === undefined || item.manifest.origin === origin);
  const present = await load(folder);
  if (isCurrent(present)) return present;

  await mkdir(dirname(folder), { recursive: true });
  const release = await lock(folder, {
    realpath: false,
    stale: 60_000,
    retries: { retries: 600, minTimeout: 500, maxTimeout: 500 },
  });
  try {
    const other = await load(folder);
    if (isCurrent(other)) return other;
    return await fill(folder, make);
  } finally {
    await release();
  }
}

async function fill(folder: string, make: (folder: string) => Promise<Made>): Promise<CacheItem> {
  const fresh = `${folder}.new`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  const made = await make(fresh);
  const files: Record<string, string> = {};
  for (const file of made.files) files[file] = await sha256OfFile(join(fresh, file));
  const manifest: Manifest = { format: 1, origin: made.origin, version: made.version, files };
  await writeFile(join(fresh, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder);
  return { folder, manifest };
}

/** @returns undefined when the item is absent, of another format, or damaged. */
async function load(folder: string): Promise<CacheItem | undefined> {
  const text = await readFile(join(folder, 'manifest.json'), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = Manifest.safeParse(json);
  if (!parsed.success) return undefined;
  for (const [file, sha256] of Object.entries(parsed.data.files)) {
    const found = await sha256OfFile(join(folder, file)).catch(() => undefined);
    if (found !== sha256) return undefined;
  }
  return { folder, manifest: parsed.data };
}
