import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeCpio } from '../../../../src/node/images/cpio.ts';
import { readList } from '../../../../src/node/images/initramfs.ts';

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dormouse-initramfs-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** The fields of the first record, by their place in the header (each has eight hexadecimal digits). */
function field(archive: Buffer, index: number): number {
  return parseInt(archive.toString('latin1', 6 + index * 8, 14 + index * 8), 16);
}

describe('writeCpio', () => {
  it('writes the header of a device node as Linux reads it', () => {
    const archive = writeCpio([{ kind: 'character-device', name: 'dev/console', mode: 0o600, major: 5, minor: 1 }]);
    expect(archive.toString('latin1', 0, 6)).toBe('070701');
    expect([field(archive, 1), field(archive, 9), field(archive, 10)]).toEqual([0o020600, 5, 1]);
    expect(archive.toString('latin1', 110, 122)).toBe('dev/console\0');
  });

  it('pads names and contents to four bytes, for every remainder', () => {
    for (const size of [0, 1, 2, 3, 4, 5]) {
      const name = 'n'.repeat(size + 1);
      const archive = writeCpio([{ kind: 'file', name, mode: 0o644, data: Buffer.alloc(size, 'x') }]);
      const next = Math.ceil((110 + name.length + 1) / 4) * 4 + Math.ceil(size / 4) * 4;
      expect(archive.toString('latin1', next, next + 6)).toBe('070701');
      expect(archive.length % 4).toBe(0);
      expect(archive.includes('TRAILER!!!')).toBe(true);
    }
  });

  it('gives equal bytes for equal entries', () => {
    const entries = [{ kind: 'link', name: 'bin/sh', target: 'busybox' }] as const;
    expect(writeCpio(entries)).toEqual(writeCpio(entries));
  });

  it('puts the target of a link and the bytes of a file after the padded names', () => {
    // Header 110 and `sh\\0` make 113, padded to 116; `busybox` takes 8, the next header with `abc\\0` 116 more.
    const archive = writeCpio([
      { kind: 'link', name: 'sh', target: 'busybox' },
      { kind: 'file', name: 'abc', mode: 0o755, data: Buffer.from('12345') },
    ]);
    const text = archive.toString('latin1');
    expect(text.slice(110, 113)).toBe('sh\0');
    expect(text.indexOf('busybox')).toBe(116);
    expect(text.indexOf('12345')).toBe(116 + 8 + 116);
  });
});

describe('readList', () => {
  const read = async (text: string) => {
    await writeFile(join(folder, 'list'), text);
    return readList(join(folder, 'list'), new Map([['@given', Buffer.from('bytes')]]));
  };

  it('reads every kind of line', async () => {
    await writeFile(join(folder, 'script'), '#!/bin/sh\n');
    const text =
      'dir /dev 0755 # a comment\n\nnod /dev/null 0666 c 1 3\nslink /bin/sh busybox\nfile /a @given 0755\nfile /b script 0644';
    expect(await read(text)).toEqual([
      { kind: 'directory', name: 'dev', mode: 0o755 },
      { kind: 'character-device', name: 'dev/null', mode: 0o666, major: 1, minor: 3 },
      { kind: 'link', name: 'bin/sh', target: 'busybox' },
      { kind: 'file', name: 'a', mode: 0o755, data: Buffer.from('bytes') },
      { kind: 'file', name: 'b', mode: 0o644, data: Buffer.from('#!/bin/sh\n') },
    ]);
  });

  it.each(['pipe /x 0644', 'nod /dev/sda 0600 b 8 0'])('names the line it cannot read: %s', async (line) => {
    await expect(read(`dir /x 0755\n${line}`)).rejects.toThrow(/list:2: cannot read/);
  });
});

describe('the scripts of the guest', () => {
  it.each(['init', 'selftest', 'profile'])('%s is a shell script without a mistake of syntax', (name) => {
    execFileSync('sh', ['-n', join(import.meta.dirname, '../../../../resources/guests/debian', name)]);
  });
});
