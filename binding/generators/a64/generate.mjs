// All a64 files from the tables of one folder, in memory. Tables that do not exist yet are simply not there: a row and
// its semantic function come together.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { coverageJson } from './coverage.mjs';
import { decoderSource } from './decoder.mjs';
import { disassemblerSource } from './disassembler.mjs';
import { fieldsHeader, instructionHeader, semanticsHeader } from './fields.mjs';
import { infoSource } from './info.mjs';
import { orderRows } from './overlap.mjs';
import { CLASSES, parseTable } from './table.mjs';

/** { file name: text }. Throws TableError. */
export function generateA64(folder) {
  const present = new Set(readdirSync(folder).filter((name) => name.endsWith('.a64')));
  const known = Object.keys(CLASSES).map((name) => `${name}.a64`);
  // A stray table would silently drop its instructions; parseTable names it.
  const files = [
    ...known.filter((name) => present.has(name)),
    ...[...present].filter((name) => !known.includes(name)).sort(),
  ];
  const rows = files.flatMap((name) => parseTable(name, readFileSync(join(folder, name), 'utf8')));
  return generateFromRows(rows);
}

export function generateFromRows(rows) {
  const ordered = orderRows(rows);
  return {
    'a64_fields.h': fieldsHeader(rows),
    'a64_semantics.h': semanticsHeader(rows),
    'a64_instruction.h': instructionHeader(rows),
    'a64_decoder.cpp': decoderSource(ordered),
    'a64_info.cpp': infoSource(rows),
    'a64_disassembler.cpp': disassemblerSource(rows),
    'a64_coverage.json': coverageJson(rows),
  };
}
