#pragma once

#include "engine/emulator/cpu/cpu.h"

#include <cstdint>

namespace dormouse::emulator {

// AT S1E1R, S1E1W, S1E0R, S1E0W, S1E1RP, S1E1WP: leaves the outcome in PAR_EL1. `encoding` with op0 = 1; anything else
// is UNDEFINED. [Arm DDI 0487, C5.4 "A64 System instructions for address translation", PAR_EL1]
Flow execute_address_translation(Cpu&, uint16_t encoding, uint64_t address);

}
