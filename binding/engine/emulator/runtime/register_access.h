#pragma once

#include "engine/emulator/cpu/cpu.h"

#include <cstdint>

namespace dormouse::emulator::runtime {

// MRS and MSR (register). `word` is the instruction. Flow::Next, or Flow::Exception with Cpu::exception filled
// (undefined, trapped, or FP access). [Arm DDI 0487, D19.1, D1.2.4 "Configurable instruction controls"]
Flow read_system_register(Cpu&, uint32_t word, uint64_t& value);
Flow write_system_register(Cpu&, uint32_t word, uint64_t value);

// EC 0x18 with the ISS of a trapped MSR, MRS, SYS or MSR (immediate). [Arm DDI 0487, ESR_EL1, "ISS encoding for an
// exception from MSR, MRS, or System instruction execution in AArch64 state"]
Flow trap_system_access(Cpu&, uint32_t word);

// True when an EL0 access to this register must trap with EC 0x18 because a control register of EL1 says so.
bool el0_access_is_trapped(Cpu const&, SystemRegister, bool is_read);

// True when CPACR_EL1.FPEN traps FP and SIMD at the current EL.
inline bool fp_is_trapped(Cpu const& cpu)
{
    uint64_t const fpen = (cpu.system(SystemRegister::CPACR_EL1) >> 20) & 3;
    return fpen != 3 && (fpen != 1 || cpu.pstate.el == 0);
}
Flow trap_fp_access(Cpu&);

// Storage of a register under its mask plus the side effects of Translation and Debug rows; no access check.
void store_system_register(Cpu&, SystemRegister, uint64_t value);

}
