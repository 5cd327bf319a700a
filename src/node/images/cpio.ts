/**
 * Writer of the "newc" cpio format, which Linux unpacks as its initial root file system.
 * [Linux, Documentation/driver-api/early-userspace/buffer-format.rst]
 */

export type CpioEntry =
  | { readonly kind: 'directory'; readonly name: string; readonly mode: number }
  | { readonly kind: 'file'; readonly name: string; readonly mode: number; readonly data: Uint8Array }
  | { readonly kind: 'link'; readonly name: string; readonly target: string }
  | {
      readonly kind: 'character-device';
      readonly name: string;
      readonly mode: number;
      readonly major: number;
      readonly minor: number;
    };

const TYPE_BITS = { directory: 0o040000, file: 0o100000, link: 0o120000, 'character-device': 0o020000 } as const;
const TRAILER = 'TRAILER!!!';

/**
 * @param entries in the order Linux shall create them: a directory before what is in it. Names have no leading slash.
 * @returns the archive. Owner is root and the time is 0 everywhere, so equal entries give equal bytes.
 */
export function writeCpio(entries: readonly CpioEntry[]): Buffer {
  const parts: Buffer[] = [];
  let inode = 1;
  for (const entry of entries) {
    const mode = TYPE_BITS[entry.kind] | (entry.kind === 'link' ? 0o777 : entry.mode);
    const [major, minor] = entry.kind === 'character-device' ? [entry.major, entry.minor] : [0, 0];
    parts.push(record(entry.name, inode++, mode, contentOf(entry), major, minor));
  }
  parts.push(record(TRAILER, 0, 0, Buffer.alloc(0), 0, 0));
  return Buffer.concat(parts);
}

function contentOf(entry: CpioEntry): Uint8Array {
  switch (entry.kind) {
    case 'file':
      return entry.data;
    case 'link':
      return Buffer.from(entry.target);
    case 'directory':
    case 'character-device':
      return Buffer.alloc(0);
  }
}

function record(name: string, inode: number, mode: number, data: Uint8Array, major: number, minor: number): Buffer {
  const nameBytes = Buffer.from(`${name}\0`);
  // ino, mode, uid, gid, nlink, mtime, filesize, devmajor, devminor, rdevmajor, rdevminor, namesize, check
  const fields = [inode, mode, 0, 0, 1, 0, data.length, 0, 0, major, minor, nameBytes.length, 0];
  const header = `070701${fields.map((value) => value.toString(16).toUpperCase().padStart(8, '0')).join('')}`;
  return Buffer.concat([pad(Buffer.concat([Buffer.from(header), nameBytes])), pad(data)]);
}

/** Header with name, and data, each begin on a multiple of four bytes. */
function pad(bytes: Uint8Array): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
