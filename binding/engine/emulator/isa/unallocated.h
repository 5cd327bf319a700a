#pragma once

#include "engine/emulator/cpu/flow.h"

#include <cstdint>

namespace dormouse::emulator {
struct Cpu;
}

namespace dormouse::emulator::isa {

// The handler of words that no row matches, UDF among them: UNDEFINED. [Arm DDI 0487, C2.2]
Flow unallocated(Cpu&, uint32_t word);

}
