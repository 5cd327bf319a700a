// a64_info.cpp: what info() and encoding() give.

import { banner } from './banner.mjs';

export function infoSource(rows) {
  const entries = rows.map(
    (row) =>
      `    { "${row.name}", semantics::${row.name}, Class::${row.class}, Feature::${row.feature}, ` +
      `${row.endsBlock}, ${row.usesFp}, ${operandRoles(row)} },`,
  );
  const encodings = rows.map((row) => `    { ${hex(row.mask)}, ${hex(row.value)} }, // ${row.name}`);
  return `${banner('info.mjs')}#include "engine/emulator/isa/unallocated.h"
#include "generated/a64_instruction.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::isa {

constexpr InstructionInfo kInstructions[] = {
    { "Unallocated", unallocated, Class::System, Feature::Base, true, false, {} },
${entries.join('\n')}
};

static constexpr Encoding kEncodings[] = {
    { 0xffffffff, 0x00000000 }, // Unallocated
${encodings.join('\n')}
};

Encoding encoding(Instruction instruction)
{
    return kEncodings[static_cast<unsigned>(instruction)];
}

}
`;
}

function hex(value) {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

/** As isa/operand_roles.h has them. */
const FIELDS = [0, 5, 10, 16];
const READ = 1;
const WRITTEN = 2;
const VECTOR = 4;
const STACK_POINTER = 8;
const MORE_SHIFT = 4;
const NARROW = 64;
const WIDTHS = new Map([
  [4, NARROW],
  [5, 0],
]);
const NO_CONDITION = 32;
const LINK_REGISTER = 30;

function operandRoles(row) {
  const roles = FIELDS.map(() => 0);
  let writesLink = false;
  const add = (operand, direction) => {
    if (operand.field === undefined) {
      if (operand.number !== LINK_REGISTER || direction !== WRITTEN) {
        throw new Error(`${row.name}: of registers that no field names only X30 can be written`);
      }
      writesLink = true;
      return;
    }
    const { low, width } = fieldOf(row, operand.field);
    const place = FIELDS.indexOf(low);
    const narrow = WIDTHS.get(width);
    if (place < 0 || narrow === undefined) {
      throw new Error(`${row.name}: ${operand.field} stands where no register does`);
    }
    const what =
      narrow |
      (operand.bank === 'V' ? VECTOR : 0) |
      (operand.sp ? STACK_POINTER : 0) |
      ((operand.extra ?? 0) << MORE_SHIFT);
    const before = roles[place] & ~(READ | WRITTEN);
    if (roles[place] !== 0 && before !== what) {
      throw new Error(`${row.name}: ${operand.field} is two kinds of operands`);
    }
    roles[place] |= what | direction;
  };
  for (const operand of row.operands.read) add(operand, READ);
  for (const operand of row.operands.written) add(operand, WRITTEN);
  const { flags } = row;
  const condition = flags.readByCondition ? fieldOf(row, 'cond').low : NO_CONDITION;
  const fields = roles.map((role) => `0x${role.toString(16)}`).join(', ');
  return `{ { ${fields} }, ${flags.read}, ${flags.written}, ${condition}, ${writesLink} }`;
}

function fieldOf(row, name) {
  return row.fields.find((field) => field.name === name);
}
