import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { runCli } from '../helpers/cli.ts';
import { debianGuest } from '../helpers/debian.ts';
import { complaintsIn } from '../helpers/kernel-log.ts';
import { temporaryFolder } from '../helpers/temporary-folder.ts';

const KERNEL = '6.12-cloud';
const PAYLOAD_OFFSET = 0x1000;

type Method = 'gzip' | 'zstd';

function pack(image: Uint8Array, method: Method): Buffer {
  return method === 'gzip' ? gzipSync(image, { level: 1 }) : zstdWithChecksum(image);
}

/** The zstd program adds a checksum by itself, the library when it is asked to. */
function zstdWithChecksum(bytes: Uint8Array): Buffer {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } });
}

/** An EFI program that carries a packed Image. [Linux, drivers/firmware/efi/libstub/zboot-header.S] */
function zboot(payload: Buffer, method: Method, size = payload.length): Buffer {
  const header = Buffer.alloc(PAYLOAD_OFFSET);
  header.write('MZ', 0, 'latin1');
  header.write('zimg', 4, 'latin1');
  header.writeUInt32LE(PAYLOAD_OFFSET, 8);
  header.writeUInt32LE(size, 12);
  header.write(method, 24, 'latin1');
  header.writeUInt32LE(0x818223cd, 56); // LINUX_PE_MAGIC
  header.writeUInt32LE(64, 60);
  header.write('PE\0\0', 64, 'latin1');
  header.writeUInt16LE(0xaa64, 68);
  return Buffer.concat([header, payload]);
}

/** The bytes with some in their middle turned over. */
function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  for (let i = 0; i < 16; i++) {
    const at = (copy.length >> 1) + i * 7;
    copy.writeUInt8(copy.readUInt8(at) ^ 0x5a, at);
  }
  return copy;
}

async function image(): Promise<Buffer> {
  return readFileSync((await debianGuest(KERNEL)).kernel);
}

async function boot(kernel: string, initrd: string) {
  const append = 'console=ttyAMA0 dormouse.do=poweroff';
  const files = ['--kernel', kernel, '--initrd', initrd, '--append', append];
  const { status, stdout, stderr } = await runCli('run', ...files, '--cpus', '2', '--timeout', '120');
  const ready = stdout.includes('GUEST-READY') ? 'ready' : `not ready:\n${stdout.slice(-2000)}${stderr}`;
  return { ready, status, complaints: complaintsIn(stdout) };
}
const WELL = { ready: 'ready', status: 0, complaints: [] };

const KERNELS: readonly [string, (image: Buffer) => Buffer][] = [
  ['gzip, as Ubuntu ships it', (raw) => pack(raw, 'gzip')],
  ['EFI zboot with gzip, as Fedora ships it', (raw) => zboot(pack(raw, 'gzip'), 'gzip')],
  ['EFI zboot with zstd', (raw) => zboot(pack(raw, 'zstd'), 'zstd')],
];

test.each(KERNELS)('a Debian kernel packed as %s boots', async (_name, make) => {
  const kernel = path.join(temporaryFolder(), 'kernel');
  writeFileSync(kernel, make(await image()));
  expect(await boot(kernel, (await debianGuest(KERNEL)).initrd)).toEqual(WELL);
});

const INITRDS: readonly [string, (cpio: Buffer) => Buffer][] = [
  ['gzip', (cpio) => gzipSync(cpio)],
  ['zstd', zstdWithChecksum],
  // The kernel's decoder knows CRC32 as the only check.
  ['xz', (cpio) => execFileSync('xz', ['--check=crc32', '--stdout'], { input: cpio, maxBuffer: 1 << 28 })],
];

test.each(INITRDS)('an initrd packed with %s is unpacked by the guest', async (_name, make) => {
  const guest = await debianGuest(KERNEL);
  const initrd = path.join(temporaryFolder(), 'initrd');
  writeFileSync(initrd, make(readFileSync(guest.initrd)));
  expect(await boot(guest.kernel, initrd)).toEqual(WELL);
});

/** How a file is damaged, and what the message says beside its name. */
const DAMAGED: readonly [string, (image: Buffer) => Buffer, RegExp][] = [
  ['a gzip kernel that ends early', (raw) => pack(raw, 'gzip').subarray(0, -100_000), /is damaged .*ends early/],
  ['a gzip kernel that lost its trailer', (raw) => pack(raw, 'gzip').subarray(0, -4), /is damaged .*ends early/],
  ['a gzip kernel with wrong bytes', (raw) => flipped(pack(raw, 'gzip')), /is damaged/],
  ['a gzip file of no kernel', () => pack(Buffer.alloc(100_000, 'text '), 'gzip'), /was unpacked, and what was in it/],
  ['a zboot kernel (gzip) with wrong bytes', (raw) => zboot(flipped(pack(raw, 'gzip')), 'gzip'), /is damaged/],
  ['a zboot kernel (zstd) with wrong bytes', (raw) => zboot(flipped(pack(raw, 'zstd')), 'zstd'), /is damaged/],
  [
    'a zboot kernel (zstd) that ends early',
    (raw) => zboot(pack(raw, 'zstd'), 'zstd').subarray(0, -50_000),
    /zboot.*ends early/,
  ],
  [
    'a zboot kernel whose size field is too small',
    (raw) => zboot(pack(raw, 'gzip'), 'gzip', 1_000_000),
    /is damaged .*ends early/,
  ],
  [
    'a zboot kernel whose size field is too large',
    (raw) => zboot(pack(raw, 'gzip'), 'gzip', 0xffff_ff00),
    /zboot.*ends early or has a damaged header/,
  ],
  ['a zboot kernel that names the wrong method', (raw) => zboot(pack(raw, 'gzip'), 'zstd'), /is damaged/],
  ['a raw kernel cut in its header', (raw) => raw.subarray(0, 40), /not an arm64 kernel/],
  [
    'a raw kernel cut in its middle',
    (raw) => raw.subarray(0, raw.length >> 1),
    /is cut off: its header tells of \d+ bytes/,
  ],
];

test.each(DAMAGED)('%s is refused', async (_name, make, message) => {
  const kernel = path.join(temporaryFolder(), 'kernel');
  writeFileSync(kernel, make(await image()));
  const { status, stderr } = await runCli('run', '--kernel', kernel, '--timeout', '20');
  expect(stderr).toContain(kernel);
  expect(stderr).toMatch(message);
  expect(status).toBe(1);
});
