#pragma once

#include "engine/emulator/cpu/cpu.h"

#include <cstdint>

namespace dormouse::emulator::semantics {

// SCTLR_EL1 decides whether a misaligned SP may be a base. True: it may; false: the exception is pending.
bool misaligned_sp_allowed(Cpu&);

// The base register of a load or store. False: return Flow::Exception, an SP alignment exception is pending.
// [Arm DDI 0487, D1.3.10.2 "SP alignment checking"; J1.1, CheckSPAlignment]
inline bool base_address(Cpu& cpu, unsigned n, uint64_t& base)
{
    if (n != 31) {
        base = cpu.x[n];
        return true;
    }
    base = cpu.sp;
    return base % 16 == 0 || misaligned_sp_allowed(cpu);
}

}
