#pragma once

#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/assembler.h"

#include <cstdint>

namespace dormouse::emulator::jit::x64 {

// The register that holds a comparison's or an operation's operand, or takes a store exclusive's status.
constexpr unsigned rs_of(uint32_t word)
{
    return rm_of(word);
}

// Where BlockTranslator::begin_atomic() leaves the host address of the memory.
constexpr Reg kAtomicAddress = Reg::Rdx;
inline Mem atomic_memory(int32_t offset = 0)
{
    return { kAtomicAddress, offset };
}

// Load and store exclusive, by bits that all their rows fix. [Arm DDI 0487, C4.1.94]
constexpr bool is_exclusive(uint32_t word)
{
    return (word & 0x3fa0'0000) == 0x0800'0000;
}
constexpr bool is_exclusive_pair(uint32_t word)
{
    return (word & 0xbfa0'0000) == 0x8820'0000;
}

}
