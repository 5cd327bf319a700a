// Reads the instruction tables (binding/engine/emulator/isa/tables/*.a64) into rows, refusing anything that is not
// exactly right: a wrong bit here would become a wrong guest. Format: ../README.md.

import { parseAssembly } from './assembly.mjs';
import { checkExpression } from './expression.mjs';

/** File name (without .a64) to the class in isa/instruction.h. */
export const CLASSES = {
  integer: 'Integer',
  branch: 'Branch',
  load_store: 'LoadStore',
  atomic: 'Atomic',
  system: 'System',
  simd_load_store: 'SimdLoadStore',
  simd: 'Simd',
  fp: 'FloatingPoint',
  crypto: 'Crypto',
};

const FP_CLASSES = new Set(['FloatingPoint', 'Simd', 'SimdLoadStore', 'Crypto']);

/** Features of the CPU profile dormouse-v1 that instructions can belong to. */
export const FEATURES = [
  'Base',
  'Lse',
  'Crc32',
  'Rdm',
  'DotProd',
  'Rcpc',
  'Rcpc2',
  'FlagM',
  'Aes',
  'Pmull',
  'Sha1',
  'Sha256',
  'Sb',
  'Dpb',
];

const COLUMNS = 6;
const REGISTER_FIELD = /^(R[a-z]\d?)(\+([1-3]))?(\|SP)?$/;

/** A mistake in a table; the message starts with file:line. */
export class TableError extends Error {}

/** All rows of one file. `file` is the name without folder, for example "integer.a64". */
export function parseTable(file, text) {
  const base = file.replace(/\.a64$/, '');
  if (!Object.hasOwn(CLASSES, base)) {
    throw new TableError(`${file}: unknown table; known are ${Object.keys(CLASSES).join(', ')}`);
  }
  const rows = [];
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '' || line.startsWith('#')) return;
    rows.push(parseRow(`${file}:${index + 1}`, CLASSES[base], line));
  });
  return rows;
}

function parseRow(where, instructionClass, line) {
  const columns = splitColumns(line);
  if (columns.length !== COLUMNS) {
    throw new TableError(`${where}: ${columns.length} columns, must be ${COLUMNS}`);
  }
  const [head, pattern, operands, flags, feature, assembly] = columns;
  const [name, ...marks] = head.split(/\s+/);
  if (!/^[A-Z][A-Za-z0-9_]*$/.test(name)) throw new TableError(`${where}: NAME: "${name}" is no identifier`);
  for (const mark of marks) {
    if (mark !== '!end') throw new TableError(`${where}: ${name}: NAME: unknown mark "${mark}"`);
  }
  if (!FEATURES.includes(feature)) {
    throw new TableError(`${where}: ${name}: FEATURE: unknown feature "${feature}"; known are ${FEATURES.join(', ')}`);
  }
  const row = {
    where,
    name,
    class: instructionClass,
    endsBlock: marks.includes('!end') || instructionClass === 'Branch',
    usesFp: FP_CLASSES.has(instructionClass),
    feature,
    ...parsePattern(where, name, pattern),
  };
  row.operands = parseOperands(row, operands);
  row.flags = parseFlags(row, flags);
  try {
    row.assembly = parseAssembly(assembly, row.fields);
  } catch (error) {
    throw new TableError(`${where}: ${name}: ASSEMBLY: ${error.message}`);
  }
  return row;
}

/** The assembly column is the last one and may hold semicolons of its own. */
function splitColumns(line) {
  const columns = line.split(';');
  return [...columns.slice(0, COLUMNS - 1), columns.slice(COLUMNS - 1).join(';')]
    .slice(0, Math.min(COLUMNS, columns.length))
    .map((column) => column.trim());
}

function parsePattern(where, name, text) {
  const fail = (message) => {
    throw new TableError(`${where}: ${name}: PATTERN: ${message}`);
  };
  const constraints = [];
  const bitsText = text.replace(/\[([^\]]*)\]/g, (_, constraint) => {
    constraints.push(constraint.trim());
    return ' ';
  });
  const fields = [];
  let position = 32;
  let mask = 0;
  let value = 0;
  for (const token of bitsText.split(/\s+/).filter(Boolean)) {
    const field = /^([A-Za-z][A-Za-z0-9]*):(\d+)$/.exec(token);
    if (field) {
      const width = Number(field[2]);
      if (width < 1 || width > 31) fail(`field "${token}": width must be 1..31`);
      if (fields.some((other) => other.name === field[1])) fail(`field "${field[1]}" twice`);
      position -= width;
      fields.push({ name: field[1], low: position, width });
    } else if (/^[01]+$/.test(token)) {
      for (const bit of token) {
        position -= 1;
        if (position >= 0) {
          mask |= 1 << position;
          if (bit === '1') value |= 1 << position;
        }
      }
    } else {
      fail(`"${token}" is neither bits nor field:width`);
    }
  }
  if (position !== 0) fail(`${32 - position} bits, must be 32`);
  const names = fields.map((field) => field.name);
  for (const constraint of constraints) {
    try {
      checkExpression(constraint, names);
    } catch (error) {
      fail(`constraint [${constraint}]: ${error.message}`);
    }
  }
  return { fields, mask: mask >>> 0, value: value >>> 0, constraints };
}

/** "w=Rd|SP r=Rn|SP,V:Rm+1" to { read: [...], written: [...] }. */
function parseOperands(row, text) {
  const fail = (message) => {
    throw new TableError(`${row.where}: ${row.name}: OPERANDS: ${message}`);
  };
  const operands = { read: [], written: [] };
  if (text === '-') return operands;
  for (const part of text.split(/\s+/)) {
    const match = /^([rw])=(.+)$/.exec(part);
    if (!match) fail(`"${part}" is neither r=... nor w=...`);
    for (const item of match[2].split(',')) {
      const list = match[1] === 'r' ? operands.read : operands.written;
      const vector = item.startsWith('V:');
      const register = vector ? item.slice(2) : item;
      if (register === 'X30' && !vector) {
        list.push({ bank: 'X', number: 30, extra: 0, sp: false });
        continue;
      }
      const parsed = REGISTER_FIELD.exec(register);
      if (!parsed || (vector && parsed[4])) fail(`"${item}" is no register operand`);
      const field = row.fields.find((candidate) => candidate.name === parsed[1]);
      if (!field) fail(`no field "${parsed[1]}" in the pattern`);
      list.push({ bank: vector ? 'V' : 'X', field: parsed[1], extra: Number(parsed[3] ?? 0), sp: Boolean(parsed[4]) });
    }
  }
  return operands;
}

/** "r=C w=NZCV"; "r=cond" stands for the flags that the condition in field cond looks at. */
function parseFlags(row, text) {
  const flags = { read: 0, written: 0, readByCondition: false };
  if (text === '-') return flags;
  for (const part of text.split(/\s+/)) {
    const match = /^([rw])=([NZCV]+|cond)$/.exec(part);
    if (!match || (match[2] === 'cond' && (match[1] === 'w' || !row.fields.some((field) => field.name === 'cond')))) {
      throw new TableError(`${row.where}: ${row.name}: FLAGS: "${part}" is neither r= nor w= of NZCV`);
    }
    if (match[2] === 'cond') {
      flags.readByCondition = true;
      continue;
    }
    for (const letter of match[2]) {
      flags[match[1] === 'r' ? 'read' : 'written'] |= 8 >> 'NZCV'.indexOf(letter);
    }
  }
  return flags;
}
