#pragma once

#include "engine/emulator/jit/x64/assembler.h"

#include <cstdint>

namespace dormouse::emulator::jit::x64 {

// Called with an address in RAX: make its page the stack's (cpu/tlb.h) from the first-level TLB, or clear ZF. They take
// RAX, RCX and RDX.
struct StackThunks {
    uint32_t find_for_read;
    uint32_t find_for_write;
};

StackThunks emit_stack_thunks(Assembler&);

}
