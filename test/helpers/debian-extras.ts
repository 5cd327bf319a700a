import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { PrivateApt } from '../../src/node/images/apt.ts';
import { cached, cacheRoot } from '../../src/node/images/cache.ts';
import { BUSYBOX, findKernel } from '../../src/node/images/catalogue.ts';
import { type CpioEntry, writeCpio } from '../../src/node/images/cpio.ts';
import { runTool } from '../../src/node/images/run-tool.ts';
import { type DebianGuest, debianGuest } from './debian.ts';

// What only some tests want in a Debian guest: a program with its libraries, a module of exactly its kernel, the kernel
// itself. Each is an archive behind the initramfs: Linux unpacks one after the other.

async function releaseOf(guest: DebianGuest, id: string): Promise<{ release: string; suite: string }> {
  const Manifest = z.object({ origin: z.string() });
  const { origin } = Manifest.parse(JSON.parse(await readFile(join(dirname(guest.kernel), 'manifest.json'), 'utf8')));
  const suite = findKernel(id)?.suites[0];
  if (!origin.startsWith('linux-image-') || suite === undefined) throw new Error(`${id} comes from ${origin}`);
  return { release: origin.slice('linux-image-'.length), suite };
}

/** Modules of the guest's own kernel, in /modules, as files that insmod takes. None may depend on another. */
export async function withModules(id: string, names: readonly string[]): Promise<DebianGuest> {
  const guest = await debianGuest(id);
  const { release, suite } = await releaseOf(guest, id);
  const origin = `${release}: ${names.join(' ')}`;
  const item = await cached(
    join('kernel-modules', id),
    async (folder) => {
      const root = join(folder, 'root');
      const apt = await PrivateApt.open(join(cacheRoot(), 'apt', `arm64-${suite}`), 'arm64', [suite]);
      // From 7.x on the modules stand in a package of their own.
      const own = await apt.find(`linux-modules-${release}`);
      await apt.unpack([own?.name ?? `linux-image-${release}`], root);
      const all = await readdir(root, { recursive: true });
      for (const name of names) {
        const path = all.find((file) => new RegExp(`/${name}\\.ko(\\.xz)?$`).test(file));
        if (path === undefined) throw new Error(`${release} has no module ${name}`);
        await writeFile(join(folder, basename(path)), await readFile(join(root, path)));
        if (path.endsWith('.xz')) await runTool('unxz', [join(folder, basename(path))]);
      }
      await rm(root, { recursive: true });
      return { origin, version: guest.version, files: names.map((name) => `${name}.ko`) };
    },
    origin,
  );
  const entries: CpioEntry[] = [{ kind: 'directory', name: 'modules', mode: 0o755 }];
  for (const name of names) {
    const data = await readFile(join(item.folder, `${name}.ko`));
    entries.push({ kind: 'file', name: `modules/${name}.ko`, mode: 0o644, data });
  }
  return extended(guest, entries, `modules-${id}`);
}

/** Debian's kexec with its libraries, and in /boot the kernel and the initrd that it is to load. */
export async function withKexec(id: string): Promise<DebianGuest> {
  const guest = await debianGuest(id);
  const entries = await programEntries('kexec-tools', 'kexec');
  entries.push(
    { kind: 'directory', name: 'boot', mode: 0o755 },
    { kind: 'file', name: 'boot/Image', mode: 0o644, data: await readFile(guest.kernel) },
    { kind: 'file', name: 'boot/initrd', mode: 0o644, data: await readFile(guest.initrd) },
  );
  return extended(guest, entries, `kexec-${id}`);
}

/** The guest with more in its initial file system. @param name of the file in the cache, which is written anew */
export async function extended(guest: DebianGuest, entries: readonly CpioEntry[], name: string): Promise<DebianGuest> {
  const bytes = Buffer.concat([await readFile(guest.initrd), writeCpio(entries)]);
  const folder = join(cacheRoot(), 'initramfs-extended');
  await mkdir(folder, { recursive: true });
  const initrd = join(folder, `${name}.cpio`);
  await writeFile(initrd, bytes);
  return { ...guest, initrd };
}

/** The program of a package and every shared library that it needs, each where the loader looks for it. */
async function programEntries(packageName: string, program: string): Promise<CpioEntry[]> {
  const { suite } = BUSYBOX;
  const item = await cached(
    packageName,
    async (folder) => {
      const root = join(folder, 'root');
      const apt = await PrivateApt.open(join(cacheRoot(), 'apt', `arm64-${suite}`), 'arm64', [suite]);
      await apt.unpack(await apt.closure([packageName], suite), root);
      const all = await readdir(root, { recursive: true });
      const find = (name: string, folders: RegExp) => {
        const path = all.find((file) => basename(file) === name && folders.test(file));
        if (path === undefined) throw new Error(`${packageName} and what it depends on have no ${name}`);
        return join(root, path);
      };
      await mkdir(join(folder, 'files'));
      const queue = [find(program, /(^|\/)s?bin\//)];
      const files: string[] = [];
      for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
        const name = basename(path);
        if (files.includes(`files/${name}`)) continue;
        files.push(`files/${name}`);
        await writeFile(join(folder, 'files', name), await readFile(path));
        const dynamic = await runTool('aarch64-linux-gnu-readelf', ['-d', path]);
        const needed = [...dynamic.matchAll(/\(NEEDED\).*\[(.+)\]/g)].map((match) => match[1] ?? '');
        queue.push(...needed.map((library) => find(library, /(^|\/)lib\//)));
      }
      await rm(root, { recursive: true });
      return { origin: packageName, version: suite, files };
    },
    packageName,
  );
  const entries: CpioEntry[] = [{ kind: 'directory', name: 'lib', mode: 0o755 }];
  for (const name of await readdir(join(item.folder, 'files'))) {
    const place = name === program ? `sbin/${name}` : `lib/${name}`;
    entries.push({ kind: 'file', name: place, mode: 0o755, data: await readFile(join(item.folder, 'files', name)) });
  }
  return entries;
}
