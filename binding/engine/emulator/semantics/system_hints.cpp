// Hints, waiting and barriers. [Arm DDI 0487, C6.2: HINT, WFE, WFI, SEV, SEVL, CLREX, DSB, DMB, ISB, SB]
#include "engine/emulator/cpu/memory_access.h"
#include "engine/emulator/runtime/exceptions.h"
#include "engine/emulator/runtime/vcpu_services.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    constexpr uint64_t kSctlrNtwi = uint64_t { 1 } << 16;
    constexpr uint64_t kSctlrNtwe = uint64_t { 1 } << 18;

    // ISS of EC 0x01: CV, COND = always, TI [1:0].
    constexpr uint32_t kTrappedWfi = 0x1e0'0000;
    constexpr uint32_t kTrappedWfe = 0x1e0'0001;

    bool interrupt_is_pending(Cpu const& cpu)
    {
        return cpu.pending.load(std::memory_order_acquire) & (kPendingIrq | kPendingFiq);
    }

    // Both traps apply only when the instruction would really wait. [SCTLR_EL1.nTWI, nTWE]
    bool is_trapped(Cpu const& cpu, uint64_t allow)
    {
        return cpu.pstate.el == 0 && !(cpu.system(SystemRegister::SCTLR_EL1) & allow);
    }

}

Flow HINT(Cpu&, uint32_t)
{
    return Flow::Next;
}

Flow WFI(Cpu& cpu, uint32_t)
{
    if (interrupt_is_pending(cpu))
        return Flow::Next;
    if (is_trapped(cpu, kSctlrNtwi))
        return cpu.raise(ExceptionClass::TrappedWfx, kTrappedWfi);
    cpu.pstate.ss = false; // the step of a WFI ends before the sleep
    return cpu.stop_with(engine::ExitIdle {}, cpu.pc + 4);
}

// WFE may complete at any time, and here it always does: events nobody reports (a cleared global monitor, the timer's
// event stream) wake it as well, so it gives the host CPU away for a short while only. [D1.7.1 "Wait for Event"]
Flow WFE(Cpu& cpu, uint32_t)
{
    if (cpu.event_register) {
        cpu.event_register = false;
        return Flow::Next;
    }
    if (runtime::interrupt_is_due(cpu)) // a masked interrupt ends a WFI, but no WFE
        return Flow::Next;
    if (is_trapped(cpu, kSctlrNtwe))
        return cpu.raise(ExceptionClass::TrappedWfx, kTrappedWfe);
    cpu.services->wait_for_event(cpu);
    return Flow::Next;
}

Flow SEV(Cpu& cpu, uint32_t)
{
    full_fence();
    cpu.event_register = true;
    cpu.services->send_event();
    return Flow::Next;
}

Flow SEVL(Cpu& cpu, uint32_t)
{
    cpu.event_register = true;
    return Flow::Next;
}

Flow CLREX(Cpu& cpu, uint32_t)
{
    cpu.exclusive.armed = false;
    return Flow::Next;
}

// CRm[1:0]: 1 loads, 2 stores, 3 both; SSBB and PSSBB (CRm 0 and 4) need no more than a DSB gives.
Flow DSB(Cpu& cpu, uint32_t)
{
    full_fence();
    cpu.services->complete_maintenance(cpu);
    return Flow::Next;
}

Flow DMB(Cpu&, uint32_t word)
{
    switch (fields::DMB { word }.CRm() & 3) {
    case 1: acquire_fence(); break;
    case 2: release_fence(); break;
    default: full_fence(); break;
    }
    return Flow::Next;
}

// Context is synchronised by the end of the block: nothing that it changes is cached across blocks.
Flow ISB(Cpu&, uint32_t)
{
    return Flow::Next;
}

Flow SB(Cpu&, uint32_t)
{
    full_fence();
    return Flow::Next;
}

}
