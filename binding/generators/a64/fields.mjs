// a64_fields.h: one struct per row with an accessor per field. a64_semantics.h: the handlers' declarations.

import { banner } from './banner.mjs';

export function fieldsHeader(rows) {
  const structs = rows.map((row) => {
    const accessors = row.fields.map((field) => {
      const mask = `0x${(2 ** field.width - 1).toString(16)}`;
      const shifted = field.low === 0 ? 'word' : `(word >> ${field.low})`;
      return `    constexpr uint32_t ${field.name}() const { return ${shifted} & ${mask}; }`;
    });
    return [`struct ${row.name} {`, '    uint32_t word;', ...accessors, '};'].join('\n');
  });
  return `${banner('fields.mjs')}#pragma once

#include <cstdint>

// The fields of each row of the instruction table: \`fields::ADD_immediate const f { word };\` then \`f.imm12()\`.
namespace dormouse::emulator::fields {

${structs.join('\n')}

}
`;
}

export function semanticsHeader(rows) {
  return `${banner('fields.mjs')}#pragma once

#include "engine/emulator/cpu/flow.h"

#include <cstdint>

namespace dormouse::emulator {
struct Cpu;
}

// One function per row of the instruction table, defined in engine/emulator/semantics/.
namespace dormouse::emulator::semantics {

${rows.map((row) => `Flow ${row.name}(Cpu&, uint32_t word);`).join('\n')}

}
`;
}

export function instructionHeader(rows) {
  return `${banner('fields.mjs')}#pragma once

#include "engine/emulator/isa/instruction.h"

namespace dormouse::emulator::isa {

// In table order; Unallocated stands for every word that no row matches.
enum class Instruction : uint16_t {
    Unallocated,
${rows.map((row) => `    ${row.name},`).join('\n')}
    Count,
};

}
`;
}
