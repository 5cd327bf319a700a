#pragma once

#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/jit/x64/assembler.h"
#include "engine/emulator/jit/x64/guest_registers.h"
#include "engine/emulator/mmu/fetch_tlb.h"
#include "engine/emulator/runtime/control_bits.h"

#include <cstddef>
#include <cstdint>

namespace dormouse::emulator::jit::x64 {

struct Thunks;

constexpr auto kMdscrStepOrBreakpoints = static_cast<int32_t>(runtime::kMdscrSs | runtime::kMdscrMde);

// SVC from EL0 and ERET to EL0 or EL1 without a way through C++, by position in the code buffer. Jumped to with EAX as
// for Thunks::call, pins in place, vectors in Cpu, flags in the frame. What is not plain (debugging, a PMU that counts,
// a trace, an illegal return) goes to the semantic function.
struct ExceptionThunks {
    uint32_t supervisor_call; // ECX: imm16
    uint32_t exception_return;
};

// `thunks`: dispatch and end are known.
ExceptionThunks emit_exception_thunks(Assembler&, Cpu const&, FetchTlb::Addresses const&, Thunks const&);

// Cpu::tlb and the register that holds it become those of EL1, as Pstate::pan says. Takes RCX.
void select_el1_tlb(Assembler&, CpuLayout const&);

}
