import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { checkLinks } from '../../tools/checks/links.mjs';
import { checkNames } from '../../tools/checks/names.mjs';
import { checkProvenance } from '../../tools/checks/provenance.mjs';
import { checkSizes } from '../../tools/checks/sizes.mjs';
import { checkWords } from '../../tools/checks/words.mjs';
import { fakeProject } from '../../tools/project.mjs';

describe('names', () => {
  it.each(['binding/devices/Pl011.cpp', 'src/cli/runGuest.ts', 'renderer/ui/statusDot.svelte'])(
    'refuses %s',
    (path) => {
      expect(checkNames(fakeProject({ [path]: '#pragma once' }))).toHaveLength(1);
    },
  );

  it('refuses a test of a folder that does not exist', () => {
    expect(checkNames(fakeProject({ 'test/unit/gone/x.test.ts': '' }))).toEqual([
      'test/unit/gone/x.test.ts:1  tests of gone, which does not exist',
    ]);
  });

  it('refuses a header without #pragma once', () => {
    expect(checkNames(fakeProject({ 'binding/base/bits.h': 'int x;' }))).toHaveLength(1);
  });

  it('accepts the usual names', () => {
    const files = { 'src/cli/main.ts': '', 'test/unit/cli/main.test.ts': '', 'renderer/state/vms.svelte.ts': '' };
    expect(checkNames(fakeProject({ ...files, 'renderer/ui/StatusDot.svelte': '' }))).toEqual([]);
  });
});

describe('sizes', () => {
  const long = (lines: number) => 'x\n'.repeat(lines);

  it('refuses a file over the budget, and says how long it is', () => {
    expect(checkSizes(fakeProject({ 'src/a.ts': long(401) }), {})).toEqual([
      'src/a.ts:401  401 lines (allowed: 400); split it where its seams are',
    ]);
  });

  it('lets tables and generated files be', () => {
    expect(checkSizes(fakeProject({ 'binding/x.inc': long(999), 'binding/generated/y.cpp': long(999) }), {})).toEqual(
      [],
    );
  });

  it('accepts an exception at its size, and wants the number lowered when the file shrinks', () => {
    const exceptions = { 'src/a.ts': { lines: 500, why: 'one table' } };
    expect(checkSizes(fakeProject({ 'src/a.ts': long(500) }), exceptions)).toEqual([]);
    expect(checkSizes(fakeProject({ 'src/a.ts': long(501) }), exceptions)).toHaveLength(1);
    expect(checkSizes(fakeProject({ 'src/a.ts': long(450) }), exceptions)).toHaveLength(1);
    expect(checkSizes(fakeProject({}), exceptions)).toHaveLength(1);
  });
});

describe('words', () => {
  const machine = { root: '/srv/checkout', home: '/var/people/ann' };
  // Put together here, so that this file itself stays clean.
  const host = ['https:', '', 'registry.example.org/x'].join('/');

  it.each([
    host,
    'see /srv/checkout/src',
    '/var/people/ann/.cache',
    ['', 'home', 'bob', 'x'].join('/'),
    ['..', 'shared', 'x'].join('/'),
  ])('refuses %s', (text) => {
    expect(checkWords(fakeProject({ 'a.md': `one\n${text}\n` }), machine)).toHaveLength(1);
  });

  it('accepts paths of the guest and of everybody', () => {
    expect(checkWords(fakeProject({ init: 'HOME=/root\n/usr/bin/chromium ~/.cache/dormouse\n' }), machine)).toEqual([]);
  });
});

describe('links', () => {
  it('refuses links and named paths that lead nowhere', () => {
    const text = 'See [a](missing.md) and `src/gone.ts`, not [b](here.md) or `src/here.ts:12`.';
    expect(checkLinks(fakeProject({ 'docs/x.md': text, 'docs/here.md': '', 'src/here.ts': '' }))).toEqual([
      'docs/x.md:1  docs/missing.md does not exist',
      'docs/x.md:1  src/gone.ts does not exist',
    ]);
  });
});

describe('provenance', () => {
  const bytes = 'ELF\0';
  const hash = createHash('sha256').update(bytes).digest('hex');

  it('wants a record, a line for the file, and its hash', () => {
    const check = (record?: string) =>
      checkProvenance(
        fakeProject({
          'resources/x/a.bin': bytes,
          ...(record === undefined ? {} : { 'resources/PROVENANCE.md': record }),
        }),
      );
    expect(check()).toEqual(['resources/x/a.bin:1  no PROVENANCE.md here or above']);
    expect(check('nothing')).toEqual(['resources/x/a.bin:1  is not named in resources/PROVENANCE.md']);
    expect(check('x/a.bin was made by hand')).toHaveLength(1);
    expect(check(`x/a.bin was made by build.sh, sha256 ${hash}`)).toEqual([]);
  });
});
