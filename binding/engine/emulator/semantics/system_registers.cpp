// MRS, MSR (register) and MSR (immediate). [Arm DDI 0487, C5.1.3, C5.2]
#include "arch/system_register_encoding.h"
#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/runtime/debug.h"
#include "engine/emulator/runtime/profile.h"
#include "engine/emulator/runtime/pstate.h"
#include "engine/emulator/runtime/register_access.h"
#include "engine/emulator/runtime/vcpu_services.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    constexpr uint64_t kSctlrUma = 1 << 9;

    // Plain storage of EL1 that kernels read at every system call, interrupt and context switch: no table, no checks.
    bool read_hot(Cpu const& cpu, uint16_t encoding, uint64_t& value)
    {
        if (encoding == arch::system_register(3, 3, 13, 0, 2)) {
            value = cpu.system(SystemRegister::TPIDR_EL0);
            return true;
        }
        if (cpu.pstate.el == 0)
            return false;
        switch (encoding) {
        case arch::system_register(3, 0, 4, 1, 0): value = cpu.system(SystemRegister::SP_EL0); return cpu.pstate.sp_el1;
        case arch::system_register(3, 0, 13, 0, 4): value = cpu.system(SystemRegister::TPIDR_EL1); return true;
        case arch::system_register(3, 0, 4, 0, 1): value = cpu.system(SystemRegister::ELR_EL1); return true;
        case arch::system_register(3, 0, 4, 0, 0): value = cpu.system(SystemRegister::SPSR_EL1); return true;
        case arch::system_register(3, 0, 5, 2, 0): value = cpu.system(SystemRegister::ESR_EL1); return true;
        case arch::system_register(3, 0, 6, 0, 0): value = cpu.system(SystemRegister::FAR_EL1); return true;
        case arch::system_register(3, 3, 4, 2, 1):
            value = uint64_t { cpu.pstate.daif } << runtime::kSpsrDaifShift;
            return true;
        default: return false;
        }
    }

    Flow change_daif(Cpu& cpu, uint32_t word, uint8_t daif)
    {
        if (cpu.pstate.el == 0 && !(cpu.system(SystemRegister::SCTLR_EL1) & kSctlrUma))
            return runtime::trap_system_access(cpu, word);
        cpu.pstate.daif = daif;
        runtime::refresh_step_request(cpu);
        return Flow::Next;
    }

}

Flow MRS(Cpu& cpu, uint32_t word)
{
    fields::MRS const f { word };
    uint64_t value = 0;
    if (!read_hot(cpu, arch::system_register_of_instruction(word), value)) {
        Flow const flow = runtime::read_system_register(cpu, word, value);
        if (flow != Flow::Next)
            return flow;
    }
    cpu.set_x(f.Rt(), value);
    return Flow::Next;
}

Flow MSR_register(Cpu& cpu, uint32_t word)
{
    return runtime::write_system_register(cpu, word, cpu.x[fields::MSR_register { word }.Rt()]);
}

Flow MSR_immediate(Cpu& cpu, uint32_t word)
{
    fields::MSR_immediate const f { word };
    Pstate& pstate = cpu.pstate;
    runtime::CpuProfile const& profile = runtime::profile_of(cpu);
    auto const immediate = static_cast<uint8_t>(f.CRm());
    switch (f.op1() << 3 | f.op2()) {
    case 0b000'100: // PAN
        if (pstate.el == 0 || !profile.has(SystemRegister::PAN))
            return cpu.undefined();
        pstate.pan = immediate & 1;
        cpu.services->translation_regime_changed(cpu);
        return Flow::Next;
    case 0b000'101: // SPSel
        if (pstate.el == 0)
            return cpu.undefined();
        runtime::select_stack(cpu, pstate.el, immediate & 1);
        return Flow::Next;
    case 0b011'001:
        if (!profile.has(SystemRegister::SSBS))
            return cpu.undefined();
        pstate.ssbs = immediate & 1;
        return Flow::Next;
    case 0b011'010:
        if (!profile.has(SystemRegister::DIT))
            return cpu.undefined();
        pstate.dit = immediate & 1;
        return Flow::Next;
    case 0b011'110: return change_daif(cpu, word, pstate.daif | immediate);
    case 0b011'111: return change_daif(cpu, word, pstate.daif & static_cast<uint8_t>(~immediate));
    default: return cpu.undefined(); // UAO, TCO, ALLINT and others: features this CPU has not
    }
}

}
