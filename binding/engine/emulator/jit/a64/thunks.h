#pragma once

#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/jit/a64/assembler.h"
#include "engine/emulator/jit/a64/exception_thunks.h"
#include "engine/emulator/jit/a64/guest_registers.h"
#include "engine/emulator/jit/host_backend.h"
#include "engine/emulator/mmu/fetch_tlb.h"

#include <cstdint>

namespace dormouse::emulator::jit::a64 {

// Code that all blocks of one vCPU share, by position in the code buffer. All pins hold their guest registers and NZCV
// is the guest's whenever one is jumped to, and when one goes back to a block. The link register is the guest's, so
// that a way back is given in T1.
struct Thunks {
    uint32_t enter; // Flow(uint8_t const* code, uint64_t page): called from C++
    // T1: a CallRecord. Calls its function and goes back behind the record after Flow::Next, else leaves. The vectors
    // are in Cpu afterwards.
    uint32_t call;
    uint32_t call_keeping_vectors; // the same with the guest's vectors in the host's registers before and after
    uint32_t end; // as call, for the last instruction of a block: goes on at the next block
    uint32_t load_vectors; // T1: where to go on. The guest's vectors, FPCR and FPSR become the host's
    uint32_t dispatch; // goes on at the virtual address in T0
    uint32_t dispatch_missed; // the same, when no jump has gone there lately
    // Something is pending before the instruction at page + T0. T1: where to go on when that is nothing but interrupts
    // that are masked; else leaves.
    uint32_t pending;
    uint32_t leave; // returns to C++ with Cpu::pc = page + T0
    uint32_t leave_to_link; // the same, and says that jump T1 could be linked
    ExceptionThunks exceptions;
};

Thunks emit_thunks(Assembler&, Cpu&, FetchTlb const&, LeftBehind&);

}
