// a64_disassembler.cpp: one case per row from its ASSEMBLY column.

import { FUNCTIONS, VARIABLES } from './assembly.mjs';
import { banner } from './banner.mjs';
import { toCpp } from './expression.mjs';

export function disassemblerSource(rows) {
  const helpers = new Set();
  const cases = rows.map((row) => {
    const context = { names: row.fields.map((field) => field.name), helpers, usesFields: false, usesPc: false };
    const body = statements(row.assembly, context, '        ');
    const fields = context.usesFields ? [`        fields::${row.name} const f { word };`] : [];
    return [`    case Instruction::${row.name}: {`, ...fields, ...body, '        break;', '    }'].join('\n');
  });
  const declarations = [...helpers].sort().map((name) => `void ${name}(AssemblyWriter&, uint32_t word, uint64_t pc);`);
  return `${banner('disassembler.mjs')}#include "engine/emulator/isa/assembly_writer.h"
#include "generated/a64_fields.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::isa {

namespace operand_format {
${declarations.join('\n')}
}

std::string disassemble(uint32_t word, [[maybe_unused]] uint64_t pc)
{
    AssemblyWriter out;
    switch (decode(word)) {
    case Instruction::Unallocated:
    case Instruction::Count:
        out.text("udf ").number(word);
        break;
${cases.join('\n')}
    }
    return out.result();
}

}
`;
}

function statements(pieces, context, indent) {
  return pieces.flatMap((piece) => statement(piece, context, indent));
}

function statement(piece, context, indent) {
  switch (piece.kind) {
    case 'text':
      return [`${indent}out.text(${JSON.stringify(piece.text)});`];
    case 'helper':
      context.helpers.add(piece.name);
      return [`${indent}operand_format::${piece.name}(out, word, pc);`];
    case 'register':
      return [`${indent}out.${register(piece, context)};`];
    case 'expression':
      return [`${indent}out.${piece.format}(${expression(piece.expression, context)});`];
    default:
      return choice(piece, context, indent);
  }
}

function expression(text, context) {
  const names = [...context.names, ...VARIABLES];
  return toCpp(
    text,
    names,
    (name) => {
      if (VARIABLES.includes(name)) return name;
      context.usesFields = true;
      return `int64_t { f.${name}() }`;
    },
    FUNCTIONS,
  );
}

function register(piece, context) {
  context.usesFields = true;
  const number = piece.plus === 0 ? `f.${piece.field}()` : `(f.${piece.field}() + ${piece.plus}) % 32`;
  if (piece.width === undefined) return `decimal(${number})`;
  if (piece.width === 'x' || piece.width === 'w') {
    return `${piece.sp ? 'general_or_sp' : 'general'}(${number}, ${piece.width === 'x'})`;
  }
  if (context.names.includes(piece.width)) {
    return `${piece.sp ? 'general_or_sp' : 'general'}(${number}, f.${piece.width}() != 0)`;
  }
  return `vector('${piece.width}', ${number})`;
}

function choice(piece, context, indent) {
  const value =
    piece.expression === undefined
      ? concatenation(piece.parts, context)
      : `static_cast<int64_t>(${expression(piece.expression, context)})`;
  const inner = `${indent}    `;
  if (piece.alternatives.length === 1) {
    return [`${indent}if ((${value}) != 0) {`, ...statements(piece.alternatives[0], context, inner), `${indent}}`];
  }
  const lines = [`${indent}switch (${value}) {`];
  piece.alternatives.forEach((alternative, index) => {
    if (alternative.length === 0) return;
    lines.push(`${indent}case ${index}:`, ...statements(alternative, context, inner), `${inner}break;`);
  });
  return [...lines, `${indent}}`];
}

function concatenation(parts, context) {
  context.usesFields = true;
  let shift = 0;
  const terms = [];
  for (const field of [...parts].reverse()) {
    terms.unshift(shift === 0 ? `f.${field.name}()` : `f.${field.name}() << ${shift}`);
    shift += field.width;
  }
  return terms.join(' | ');
}
