// a64_info.cpp: info(), encoding() and operand_masks().

import { banner } from './banner.mjs';

export function infoSource(rows) {
  const entries = rows.map(
    (row) =>
      `    { "${row.name}", semantics::${row.name}, Class::${row.class}, Feature::${row.feature}, ` +
      `${row.endsBlock}, ${row.usesFp} },`,
  );
  const encodings = rows.map((row) => `    { ${hex(row.mask)}, ${hex(row.value)} }, // ${row.name}`);
  return `${banner('info.mjs')}#include "engine/emulator/isa/mask_builder.h"
#include "engine/emulator/isa/unallocated.h"
#include "generated/a64_fields.h"
#include "generated/a64_instruction.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::isa {

static constexpr InstructionInfo kInfo[] = {
    { "Unallocated", unallocated, Class::System, Feature::Base, true, false },
${entries.join('\n')}
};

InstructionInfo const& info(Instruction instruction)
{
    return kInfo[static_cast<unsigned>(instruction)];
}

static constexpr Encoding kEncodings[] = {
    { 0xffffffff, 0x00000000 }, // Unallocated
${encodings.join('\n')}
};

Encoding encoding(Instruction instruction)
{
    return kEncodings[static_cast<unsigned>(instruction)];
}

OperandMasks operand_masks(Instruction instruction, uint32_t word)
{
    MaskBuilder masks;
    switch (instruction) {
    case Instruction::Unallocated:
    case Instruction::Count:
        break;
${rows.map(maskCase).join('\n')}
    }
    return masks.result();
}

}
`;
}

function hex(value) {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

function maskCase(row) {
  const statements = [];
  const add = (operand, direction) => {
    const bank = operand.bank === 'V' ? 'v' : operand.sp ? 'x_or_sp' : 'x';
    const number = operand.field === undefined ? String(operand.number) : `f.${operand.field}()`;
    const count = operand.extra > 0 ? `, ${operand.extra + 1}` : '';
    statements.push(`masks.${direction}_${bank}(${number}${count});`);
  };
  for (const operand of row.operands.read) add(operand, 'read');
  for (const operand of row.operands.written) add(operand, 'write');
  if (row.flags.read !== 0) statements.push(`masks.read_flags(${row.flags.read});`);
  if (row.flags.readByCondition) statements.push('masks.read_condition(f.cond());');
  if (row.flags.written !== 0) statements.push(`masks.write_flags(${row.flags.written});`);
  if (statements.length === 0) return `    case Instruction::${row.name}:\n        break;`;
  const fields = statements.some((text) => text.includes('f.')) ? [`fields::${row.name} const f { word };`] : [];
  return [
    `    case Instruction::${row.name}: {`,
    ...[...fields, ...statements, 'break;'].map((text) => `        ${text}`),
    '    }',
  ].join('\n');
}
