#pragma once

#include "engine/emulator/jit/x64/assembler.h"

#include <cstdint>

namespace dormouse::emulator::jit::x64 {

// Where BlockTranslator::begin_atomic() leaves the host address of the memory.
constexpr Reg kAtomicAddress = Reg::Rdx;
inline Mem atomic_memory(int32_t offset = 0)
{
    return { kAtomicAddress, offset };
}

}
