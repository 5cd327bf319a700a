#pragma once

#include "engine/emulator/jit/x64/assembler.h"

#include <cstdint>

namespace dormouse::emulator::jit::x64 {

// Called with an address in RAX: remember its page from the first-level TLB, or clear ZF. They take RAX, RCX and RDX,
// and the frame's scratch.
struct PageThunks {
    uint32_t stack_for_read;
    uint32_t stack_for_write;
    // RCX: the TlbSteadyEntry, RDX: its limit.
    uint32_t steady_for_read;
    uint32_t steady_for_write;
};

PageThunks emit_page_thunks(Assembler&);

}
