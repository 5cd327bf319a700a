#pragma once

#include <cstdint>

namespace dormouse::emulator {

// PSTATE without the condition flags (those are in Cpu::nzcv). Bit numbers in SPSR form: see to_spsr() in
// runtime/pstate.h.
struct Pstate {
    uint8_t el { 1 }; // 0 or 1
    bool sp_el1 { true }; // PSTATE.SP: EL1 uses SP_EL1
    uint8_t daif { 0xf }; // D=8 A=4 I=2 F=1
    bool pan { false };
    bool ssbs { false };
    bool dit { false };
    bool il { false };
    bool ss { false };
    bool operator==(Pstate const&) const = default;
};

}
