#include "engine/emulator/runtime/exceptions.h"

#include "base/bits.h"
#include "engine/emulator/runtime/control_bits.h"
#include "engine/emulator/runtime/debug.h"
#include "engine/emulator/runtime/pmu.h"
#include "engine/emulator/runtime/pstate.h"
#include "engine/emulator/runtime/vcpu_services.h"

namespace dormouse::emulator::runtime {

namespace {

    // Offsets in the vector table. [D1.3.3, table "Vector offsets from vector table base address"]
    constexpr uint64_t kVectorCurrentSp0 = 0x000;
    constexpr uint64_t kVectorCurrentSpx = 0x200;
    constexpr uint64_t kVectorIrq = 0x080;
    constexpr uint64_t kVectorFiq = 0x100;

    // Classes with a "same exception level" twin one above. Cpu::exception always holds the lower form.
    bool has_same_level_form(ExceptionClass exception_class)
    {
        switch (exception_class) {
        case ExceptionClass::InstructionAbortLower:
        case ExceptionClass::DataAbortLower:
        case ExceptionClass::BreakpointLower:
        case ExceptionClass::SoftwareStepLower:
        case ExceptionClass::WatchpointLower: return true;
        default: return false;
        }
    }

    void enter(Cpu& cpu, uint64_t kind, uint64_t return_address)
    {
        if (pmu_is_counting(cpu))
            pmu_synchronise(cpu);

        Pstate& pstate = cpu.pstate;
        uint64_t const sctlr = cpu.system(SystemRegister::SCTLR_EL1);
        uint64_t const base = pstate.el == 0 ? kVectorLower64 : (pstate.sp_el1 ? kVectorCurrentSpx : kVectorCurrentSp0);
        uint8_t const old_el = pstate.el;
        bool const old_pan = pstate.pan;

        cpu.system(SystemRegister::SPSR_EL1) = to_spsr(cpu);
        cpu.system(SystemRegister::ELR_EL1) = return_address;

        select_stack(cpu, 1, true);
        pstate.daif = 0xf;
        pstate.ss = false;
        pstate.il = false;
        // PAN is set when SPAN is clear, else kept. DIT is kept. [D1.3.3, D8.4.4 "PAN"]
        if (!(sctlr & kSctlrSpan))
            pstate.pan = true;
        pstate.ssbs = sctlr & kSctlrDssbs;
        cpu.pc = cpu.system(SystemRegister::VBAR_EL1) + base + kind;

        if (old_el != 1 || old_pan != pstate.pan)
            cpu.services->translation_regime_changed(cpu);
        refresh_step_request(cpu);
    }

}

void take_exception(Cpu& cpu)
{
    PendingException const& exception = cpu.exception;
    uint64_t exception_class = static_cast<uint32_t>(exception.exception_class);
    if (cpu.pstate.el == 1 && has_same_level_form(exception.exception_class))
        ++exception_class;
    // IL: every A64 instruction is 32 bits long, and the classes without an instruction set it too.
    cpu.system(SystemRegister::ESR_EL1) = exception_class << 26 | uint64_t { 1 } << 25 | (exception.iss & 0x01ff'ffff);
    if (exception.has_far)
        cpu.system(SystemRegister::FAR_EL1) = exception.far;
    enter(cpu, 0, exception.return_address);
}

bool take_interrupt(Cpu& cpu)
{
    if (!interrupt_is_due(cpu))
        return false;
    uint32_t const pending = cpu.pending.load(std::memory_order_relaxed);
    // Both due: the order is for the implementation to choose; FIQ first is what processors do. [D1.3.6.3]
    bool const fiq = (pending & kPendingFiq) && !(cpu.pstate.daif & kDaifF);
    enter(cpu, fiq ? kVectorFiq : kVectorIrq, cpu.pc);
    return true;
}

uint64_t branch_address(Cpu const& cpu, uint64_t target)
{
    // TBI0 and TBI1 apply to instruction addresses as well, since there is no FEAT_PAuth and so no TBID.
    bool const upper = bit<55>(target);
    uint64_t const tcr = cpu.system(SystemRegister::TCR_EL1);
    bool const ignores_tag = upper ? bit<38>(tcr) : bit<37>(tcr);
    return ignores_tag ? static_cast<uint64_t>(sign_extend(target, 56)) : target;
}

void return_from_exception(Cpu& cpu)
{
    if (pmu_is_counting(cpu))
        pmu_synchronise(cpu);

    Pstate& pstate = cpu.pstate;
    uint64_t const spsr = cpu.system(SystemRegister::SPSR_EL1);
    uint64_t const target = cpu.system(SystemRegister::ELR_EL1);
    uint8_t const old_el = pstate.el;
    bool const old_pan = pstate.pan;
    bool const legal = is_implemented_mode(spsr);
    uint8_t const new_el = legal ? (spsr & kSpsrModeMask) >> 2 : old_el;
    bool const debug_masked = spsr >> kSpsrDaifShift & kDaifD;
    // [pseudocode DebugExceptionReturnSS]
    bool const step = (cpu.system(SystemRegister::MDSCR_EL1) & kMdscrSs) && (spsr & kSpsrSs)
        && !debug_exceptions_enabled(cpu) && debug_exceptions_enabled_at(cpu, new_el, debug_masked);

    if (legal) {
        set_from_spsr(cpu, spsr);
    } else {
        // Illegal return: EL, SP, SSBS and DIT stay, the rest is restored, and IL is set. [D1.4.2]
        cpu.nzcv = static_cast<uint32_t>(spsr & kSpsrNzcv);
        pstate.daif = (spsr >> kSpsrDaifShift) & 15;
        pstate.pan = spsr & kSpsrPan;
        pstate.il = true;
    }
    pstate.ss = step;
    cpu.pc = branch_address(cpu, target);
    // [pseudocode AArch64.ExceptionReturn: ClearExclusiveLocal, SendEventLocal]
    cpu.exclusive.armed = false;
    cpu.event_register = true;

    if (old_el != pstate.el || old_pan != pstate.pan)
        cpu.services->translation_regime_changed(cpu);
    refresh_step_request(cpu);
}

}
