#pragma once

#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/jit/a64/assembler.h"
#include "engine/emulator/jit/a64/guest_registers.h"
#include "engine/emulator/mmu/fetch_tlb.h"
#include "engine/emulator/runtime/control_bits.h"

#include <bit>
#include <cstdint>

namespace dormouse::emulator::jit::a64 {

struct Thunks;

// SVC from EL0 and ERET to EL0 or EL1 without a way through C++, by position in the code buffer. Jumped to as
// Thunks::end is, which is where everything goes that is not plain: debugging, a PMU that counts, a trace, an illegal
// return. Vectors stay where they are.
struct ExceptionThunks {
    uint32_t supervisor_call;
    uint32_t exception_return;
};

// `thunks`: dispatch and end are known.
ExceptionThunks emit_exception_thunks(Assembler&, Cpu const&, FetchTlb::Addresses const&, Thunks const&);

// Of MDSCR_EL1: with one of them set, changes of PSTATE are the functions'.
constexpr unsigned kMdscrStep = std::countr_zero(runtime::kMdscrSs);
constexpr unsigned kMdscrBreakpoints = std::countr_zero(runtime::kMdscrMde);

// Cpu::tlb and the register that holds it become those of EL1, as Pstate::pan says. Takes T0 and T1.
void select_el1_tlb(Assembler&, CpuLayout const&);

}
