import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from 'vitest';

import { generateA64, generateFromRows } from '../../../../binding/generators/a64/generate.mjs';
import { orderRows } from '../../../../binding/generators/a64/overlap.mjs';
import { parseTable } from '../../../../binding/generators/a64/table.mjs';

const binding = fileURLToPath(new URL('../../../../binding', import.meta.url));

const ADD =
  'ADD ; sf:1 0 0 100010 sh:1 imm12:12 Rn:5 Rd:5 ; w=Rd|SP r=Rn|SP ; - ; Base ; add {Rd|SP:sf}, {Rn|SP:sf}, #{imm12}';

function replaced(column: number, text: string): string {
  const columns = ADD.split(';').map((part) => part.trim());
  columns[column] = text;
  return columns.join(' ; ');
}

// The generator is plain JavaScript; this is the part of its rows that the tests look at.
interface Row {
  where: string;
  name: string;
  mask: number;
  value: number;
  fields: { name: string; low: number; width: number }[];
  operands: { read: unknown[]; written: unknown[] };
  endsBlock: boolean;
  usesFp: boolean;
}

function parseFile(file: string, ...lines: string[]): Row[] {
  return parseTable(file, lines.join('\n')) as Row[];
}

function parse(...lines: string[]): Row[] {
  return parseFile('integer.a64', ...lines);
}

function order(...lines: string[]): Row[] {
  return orderRows(parse(...lines)) as Row[];
}

function only(rows: Row[]): Row {
  const [row, ...others] = rows;
  if (!row || others.length > 0) throw new Error(`${rows.length} rows instead of one`);
  return row;
}

describe('a good row', () => {
  it('has its bits, fields and operands', () => {
    const row = only(parse('# comment', '', ADD));
    expect(row.where).toBe('integer.a64:3');
    expect(row.mask).toBe(0x7f800000);
    expect(row.value).toBe(0x11000000);
    expect(row.fields[2]).toEqual({ name: 'imm12', low: 10, width: 12 });
    expect(row.operands.written).toEqual([{ bank: 'X', field: 'Rd', extra: 0, sp: true }]);
    expect(row.usesFp).toBe(false);
    expect(row.endsBlock).toBe(false);
  });

  it('ends a block when it is a branch or says so', () => {
    expect(only(parseFile('branch.a64', ADD)).endsBlock).toBe(true);
    expect(only(parse(ADD.replace('ADD ;', 'ADD !end ;'))).endsBlock).toBe(true);
    expect(only(parseFile('simd.a64', ADD)).usesFp).toBe(true);
  });
});

describe('a table is refused', () => {
  const cases: [string, string, RegExp][] = [
    [
      'with 31 bits',
      replaced(1, 'sf:1 0 0 100010 sh:1 imm12:12 Rn:5 Rd:4'),
      /integer\.a64:1: ADD: PATTERN: 31 bits, must be 32/,
    ],
    ['with 33 bits', replaced(1, 'sf:1 0 0 100010 sh:1 imm12:12 Rn:5 Rd:6'), /PATTERN: 33 bits/],
    ['with a field twice', replaced(1, 'sf:1 0 0 100010 sh:1 imm12:12 Rd:5 Rd:5'), /field "Rd" twice/],
    [
      'with rubbish among the bits',
      replaced(1, 'sf:1 0 0 10001x sh:1 imm12:12 Rn:5 Rd:5'),
      /"10001x" is neither bits nor field/,
    ],
    [
      'with a constraint on no field',
      `${replaced(1, 'sf:1 0 0 100010 sh:1 imm12:12 Rn:5 Rd:5 [size!=3]')}`,
      /constraint \[size!=3\]: no field "size"/,
    ],
    ['with an unknown feature', replaced(4, 'Sve'), /FEATURE: unknown feature "Sve"/],
    ['with an operand of no field', replaced(2, 'w=Rt'), /OPERANDS: no field "Rt"/],
    ['with a flag that does not exist', replaced(3, 'w=Q'), /FLAGS: "w=Q"/],
    ['with an unknown mark', ADD.replace('ADD ;', 'ADD !begin ;'), /NAME: unknown mark "!begin"/],
    ['with a missing column', 'ADD ; sf:1', /2 columns, must be 6/],
    ['with an open brace', replaced(5, 'add {Rd:x'), /ASSEMBLY: "{" without "}"/],
    [
      'with too few alternatives',
      replaced(5, 'add {Rd:x} {sf,sh:a|b|c}'),
      /ASSEMBLY: .*3 alternatives, must be 1 or 4/,
    ],
  ];
  it.each(cases)('%s', (_, line, message) => {
    expect(() => parse(line)).toThrow(message);
  });

  it('with an unknown name', () => {
    expect(() => parseFile('vector.a64', ADD)).toThrow(/vector\.a64: unknown table/);
  });

  it('with a name twice', () => {
    expect(() => order(ADD, ADD)).toThrow(/integer\.a64:2: ADD: NAME: also at integer\.a64:1/);
  });
});

describe('overlaps', () => {
  const general = 'GENERAL ; 0000 op:4 a:24 ; - ; - ; Base ; general';
  const row = (name: string, pattern: string) => `${name} ; ${pattern} ; - ; - ; Base ; ${name.toLowerCase()}`;

  it('are fine when one row fixes more', () => {
    const ordered = order(general, row('SPECIAL', '0000 1111 a:24'));
    expect(ordered.map((entry) => entry.name)).toEqual(['SPECIAL', 'GENERAL']);
  });

  it('are fine when one row has more constraints', () => {
    const ordered = order(general, row('SPECIAL', '0000 op:4 a:24 [op!=3]'));
    expect(ordered.map((entry) => entry.name)[0]).toBe('SPECIAL');
  });

  it('are refused when neither is more specific, with a word that shows it', () => {
    const crossing = row('CROSSING', 'b:4 0001 a:24');
    expect(() => order(general, crossing)).toThrow(/GENERAL: PATTERN: overlaps CROSSING .*0x01000000/);
  });

  it('are refused for two equal patterns', () => {
    expect(() => order(general, row('OTHER', '0000 b:4 c:24'))).toThrow(/overlaps/);
  });

  it('do not exist when constraints keep the rows apart', () => {
    const low = row('LOW', '0000 op:4 a:24 [op<8]');
    const high = row('HIGH', '0000 op:4 b:24 [op>=8]');
    expect(order(low, high)).toHaveLength(2);
  });
});

describe('the output', () => {
  it('is the same on every run and names its generator', () => {
    const rows = parse(ADD);
    const files = generateFromRows(rows);
    expect(generateFromRows(parse(ADD))).toEqual(files);
    for (const [name, text] of Object.entries(files)) {
      expect(text.slice(0, 200), name).toContain('Generated by binding/generators/');
    }
    expect(files['a64_fields.h']).toContain('constexpr uint32_t imm12() const { return (word >> 10) & 0xfff; }');
  });

  it('in the tree is what the tables say', () => {
    const files = generateA64(`${binding}/engine/emulator/isa/tables`);
    for (const [name, text] of Object.entries(files)) {
      expect(readFileSync(`${binding}/generated/${name}`, 'utf8') === text, name).toBe(true);
    }
  });
});
