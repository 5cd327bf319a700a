#include "engine/emulator/semantics/sp_alignment.h"

namespace dormouse::emulator::semantics {

constexpr uint64_t kSctlrSa = uint64_t { 1 } << 3;
constexpr uint64_t kSctlrSa0 = uint64_t { 1 } << 4;

bool misaligned_sp_allowed(Cpu& cpu)
{
    uint64_t const check = cpu.pstate.el == 0 ? kSctlrSa0 : kSctlrSa;
    if ((cpu.system(SystemRegister::SCTLR_EL1) & check) == 0)
        return true;
    cpu.raise(ExceptionClass::SpAlignment, 0);
    return false;
}

}
