#pragma once

#include "engine/emulator/cpu/cpu.h"

#include <cstdint>

namespace dormouse::emulator::runtime {

// Reset to EL1h, DAIF set, everything else at its reset value or zero; ID registers from the profile dormouse-v1.
// `mpidr`: affinity fields of MPIDR_EL1. Keeps services, TLB pointers, interrupt inputs, counter offsets and the count
// of retired instructions. [Arm DDI 0487, D1.8 "Reset"]
void reset_cpu(Cpu&, uint64_t mpidr);

}
