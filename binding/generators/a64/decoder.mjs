// a64_decoder.cpp: a tree of switches on bit ranges whose leaves compare whole patterns. The tree only narrows down, so
// a bad choice of range could cost time and never correctness.

import { banner } from './banner.mjs';
import { toCpp } from './expression.mjs';

const LEAF_ROWS = 2;
const MAX_SWITCH_BITS = 8;

/** `rows` in the order of orderRows(): the first match is the right one. */
export function decoderSource(rows) {
  return `${banner('decoder.mjs')}#include "generated/a64_fields.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::isa {

// NOLINTBEGIN
Instruction decode(uint32_t word)
{
${node(rows, 0, '    ')}
    return Instruction::Unallocated;
}
// NOLINTEND

}
`;
}

function node(rows, known, indent) {
  const range = rows.length > LEAF_ROWS ? bestRange(rows, known) : undefined;
  if (range === undefined) return leaf(rows, indent);
  const groups = groupByTarget(rows, range);
  const lines = [`${indent}switch ((word >> ${range.low}) & 0x${(2 ** range.width - 1).toString(16)}) {`];
  for (const { values, rows: subset } of groups) {
    if (subset.length === 0) continue;
    lines.push(...caseLabels(values, indent));
    lines.push(node(subset, (known | rangeMask(range)) >>> 0, `${indent}    `));
    lines.push(`${indent}    break;`);
  }
  lines.push(`${indent}}`);
  return lines.join('\n');
}

function caseLabels(values, indent) {
  const lines = [];
  for (let i = 0; i < values.length; i += 16) {
    lines.push(
      indent +
        values
          .slice(i, i + 16)
          .map((value) => `case 0x${value.toString(16)}:`)
          .join(' '),
    );
  }
  return lines;
}

function leaf(rows, indent) {
  return rows
    .map((row) => {
      const names = row.fields.map((field) => field.name);
      const constraints = row.constraints.map(
        (text) => ` && (${toCpp(text, names, (name) => `fields::${row.name} { word }.${name}()`)})`,
      );
      const test = `(word & ${hex(row.mask)}) == ${hex(row.value)}${constraints.join('')}`;
      return `${indent}if (${test})\n${indent}    return Instruction::${row.name};`;
    })
    .join('\n');
}

/** Values of the range that lead to the same rows share their code. */
function groupByTarget(rows, range) {
  const groups = new Map();
  for (let value = 0; value < 2 ** range.width; value += 1) {
    const subset = rows.filter((row) => matches(row, range, value));
    const key = subset.map((row) => row.name).join();
    if (!groups.has(key)) groups.set(key, { values: [], rows: subset });
    groups.get(key).values.push(value);
  }
  return groups.values();
}

function matches(row, range, value) {
  const mask = (row.mask & rangeMask(range)) >>> 0;
  return ((row.value & mask) ^ ((value << range.low) & mask)) >>> 0 === 0;
}

function rangeMask(range) {
  return ((2 ** range.width - 1) << range.low) >>> 0;
}

/** The range whose largest group is smallest, or undefined when no range separates anything. */
function bestRange(rows, known) {
  let best;
  let bestCost = rows.length;
  for (let low = 0; low < 32; low += 1) {
    for (let width = 1; width <= Math.min(MAX_SWITCH_BITS, 32 - low); width += 1) {
      const range = { low, width };
      if ((rangeMask(range) & known) !== 0) break;
      if (rows.every((row) => (row.mask & (1 << low)) === 0)) break;
      let largest = 0;
      let total = 0;
      for (let value = 0; value < 2 ** width; value += 1) {
        const count = rows.filter((row) => matches(row, range, value)).length;
        largest = Math.max(largest, count);
        total += count;
      }
      // Rows that do not fix all bits of the range are copied into several groups: total / 2^width is their mean size.
      const cost = largest + total / 2 ** width;
      if (largest < rows.length && cost < bestCost - 1e-9) {
        best = range;
        bestCost = cost;
      }
    }
  }
  return best;
}

function hex(value) {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
