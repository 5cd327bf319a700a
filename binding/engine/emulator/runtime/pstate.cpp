#include "engine/emulator/runtime/pstate.h"

namespace dormouse::emulator::runtime {

namespace {

    SystemRegister selected_stack(Pstate const& pstate)
    {
        return pstate.el == 1 && pstate.sp_el1 ? SystemRegister::SP_EL1 : SystemRegister::SP_EL0;
    }

}

uint64_t to_spsr(Cpu const& cpu)
{
    Pstate const& pstate = cpu.pstate;
    uint64_t spsr = cpu.nzcv | uint64_t { pstate.daif } << kSpsrDaifShift;
    spsr |= pstate.el == 0 ? kSpsrModeEl0t : (pstate.sp_el1 ? kSpsrModeEl1h : kSpsrModeEl1t);
    spsr |= (pstate.ssbs ? kSpsrSsbs : 0) | (pstate.il ? kSpsrIl : 0) | (pstate.ss ? kSpsrSs : 0);
    spsr |= (pstate.pan ? kSpsrPan : 0) | (pstate.dit ? kSpsrDit : 0);
    return spsr;
}

void set_from_spsr(Cpu& cpu, uint64_t spsr)
{
    uint64_t const mode = spsr & kSpsrModeMask;
    select_stack(cpu, mode == kSpsrModeEl0t ? 0 : 1, mode == kSpsrModeEl1h);
    cpu.nzcv = static_cast<uint32_t>(spsr & kSpsrNzcv);
    cpu.pstate.daif = (spsr >> kSpsrDaifShift) & 15;
    cpu.pstate.ssbs = spsr & kSpsrSsbs;
    cpu.pstate.il = spsr & kSpsrIl;
    cpu.pstate.ss = spsr & kSpsrSs;
    cpu.pstate.pan = spsr & kSpsrPan;
    cpu.pstate.dit = spsr & kSpsrDit;
}

void select_stack(Cpu& cpu, uint8_t el, bool sp_el1)
{
    cpu.system(selected_stack(cpu.pstate)) = cpu.sp;
    cpu.pstate.el = el;
    cpu.pstate.sp_el1 = sp_el1;
    cpu.sp = cpu.system(selected_stack(cpu.pstate));
}

uint64_t stack_pointer(Cpu const& cpu, SystemRegister which)
{
    return selected_stack(cpu.pstate) == which ? cpu.sp : cpu.system(which);
}

void set_stack_pointer(Cpu& cpu, SystemRegister which, uint64_t value)
{
    if (selected_stack(cpu.pstate) == which)
        cpu.sp = value;
    else
        cpu.system(which) = value;
}

}
