#pragma once

#include "engine/emulator/cpu/cpu.h"

#include <cstdint>

namespace dormouse::emulator {

struct MaintenanceRequest;

// TLBI of the EL1&0 regime: acts on this vCPU at once and, for the Inner and Outer Shareable forms, on the others no
// later than their next DSB here. `encoding` with op0 = 1. False: no such instruction.
// [Arm DDI 0487, C5.5 "A64 System instructions for TLB maintenance"]
bool execute_tlbi(Cpu&, uint16_t encoding, uint64_t value);

// Does what another vCPU's TLBI asks.
void apply_tlb_maintenance(class Mmu&, MaintenanceRequest const&);

}
