// Traps of EL0 accesses that control registers of EL1 decide about. [Arm DDI 0487, D1.2.4]
#include "base/bits.h"
#include "engine/emulator/runtime/register_access.h"
#include "engine/emulator/runtime/system_registers.h"

namespace dormouse::emulator::runtime {

namespace {

    // CNTKCTL_EL1: EL0PCTEN [0], EL0VCTEN [1], EL0VTEN [8], EL0PTEN [9].
    bool timer_is_trapped(uint64_t control, SystemRegister which)
    {
        switch (which) {
        case SystemRegister::CNTFRQ_EL0: return !bit<0>(control) && !bit<1>(control);
        case SystemRegister::CNTPCT_EL0: return !bit<0>(control);
        case SystemRegister::CNTVCT_EL0: return !bit<1>(control);
        case SystemRegister::CNTV_TVAL_EL0:
        case SystemRegister::CNTV_CTL_EL0:
        case SystemRegister::CNTV_CVAL_EL0: return !bit<8>(control);
        default: return !bit<9>(control);
        }
    }

    // PMUSERENR_EL0: EN [0] opens all, SW [1], CR [2] and ER [3] open some.
    bool pmu_is_trapped(uint64_t enable, SystemRegister which, bool is_read)
    {
        if (bit<0>(enable))
            return false;
        switch (which) {
        case SystemRegister::PMSWINC_EL0: return !bit<1>(enable);
        case SystemRegister::PMCCNTR_EL0: return !(is_read && bit<2>(enable));
        case SystemRegister::PMSELR_EL0: return !bit<3>(enable);
        case SystemRegister::PMXEVCNTR_EL0:
        case SystemRegister::PMEVCNTR0_EL0:
        case SystemRegister::PMEVCNTR1_EL0:
        case SystemRegister::PMEVCNTR2_EL0:
        case SystemRegister::PMEVCNTR3_EL0:
        case SystemRegister::PMEVCNTR4_EL0:
        case SystemRegister::PMEVCNTR5_EL0: return !(is_read && bit<3>(enable));
        default: return true;
        }
    }

}

bool el0_access_is_trapped(Cpu const& cpu, SystemRegister which, bool is_read)
{
    uint64_t const sctlr = cpu.system(SystemRegister::SCTLR_EL1);
    switch (system_register_row(which).behaviour) {
    case RegisterBehaviour::Timer: return timer_is_trapped(cpu.system(SystemRegister::CNTKCTL_EL1), which);
    case RegisterBehaviour::Pmu: return pmu_is_trapped(cpu.system(SystemRegister::PMUSERENR_EL0), which, is_read);
    case RegisterBehaviour::DebugChannel: return bit<12>(cpu.system(SystemRegister::MDSCR_EL1)); // TDCC
    default: break;
    }
    switch (which) {
    case SystemRegister::CNTFRQ_EL0: return timer_is_trapped(cpu.system(SystemRegister::CNTKCTL_EL1), which);
    case SystemRegister::CTR_EL0: return !bit<15>(sctlr); // UCT
    case SystemRegister::DAIF: return !bit<9>(sctlr); // UMA
    case SystemRegister::SCXTNUM_EL0: return bit<20>(sctlr); // TSCXT
    default: return false;
    }
}

Flow trap_system_access(Cpu& cpu, uint32_t word)
{
    // Direction is bit 21 of the instruction (L); an MSR (immediate) reports Rt as 31, as it is encoded.
    uint32_t const op0 = word >> 19 & 3;
    uint32_t const iss = op0 << 20 | (word >> 5 & 7) << 17 | (word >> 16 & 7) << 14 | (word >> 12 & 15) << 10
        | (word & 31) << 5 | (word >> 8 & 15) << 1 | (word >> 21 & 1);
    return cpu.raise(ExceptionClass::TrappedSystemRegister, iss);
}

Flow trap_fp_access(Cpu& cpu)
{
    // CV and COND = always. [ESR_EL1, "ISS encoding for an exception from an access to SVE, Advanced SIMD or FP"]
    return cpu.raise(ExceptionClass::SimdFpAccess, 0x1e0'0000);
}

}
