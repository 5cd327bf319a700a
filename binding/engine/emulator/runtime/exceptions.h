#pragma once

#include "engine/emulator/cpu/cpu.h"

namespace dormouse::emulator::runtime {

// Takes the synchronous exception in Cpu::exception to EL1: banks PSTATE and PC, writes ESR_EL1 (and FAR_EL1), enters
// the vector. [Arm DDI 0487, D1.3.3 "Exception entry"]
void take_exception(Cpu&);

// Takes a pending and unmasked IRQ or FIQ; false when there is none. To be called at an instruction boundary with
// Cpu::pc at the next instruction. [Arm DDI 0487, D1.3.6 "Asynchronous exception types"]
bool take_interrupt(Cpu&);

// True when take_interrupt() would take one.
inline bool interrupt_is_due(Cpu const& cpu)
{
    uint32_t const pending = cpu.pending.load(std::memory_order_relaxed);
    return ((pending & kPendingIrq) && !(cpu.pstate.daif & 2)) || ((pending & kPendingFiq) && !(cpu.pstate.daif & 1));
}

// ERET at EL1, legal or not. [Arm DDI 0487, D1.4 "Exception return"]
void return_from_exception(Cpu&);

// Branch target with the tag byte replaced when TCR_EL1.TBIn says that the current EL ignores it.
// [Arm DDI 0487, pseudocode AArch64.BranchAddr]
uint64_t branch_address(Cpu const&, uint64_t target);

}
