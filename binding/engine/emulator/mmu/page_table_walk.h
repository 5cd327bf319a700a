#pragma once

#include "engine/emulator/mmu/regime.h"
#include "engine/emulator/mmu/translation.h"
#include "memory/flat_view.h"

#include <cstdint>

namespace dormouse::emulator {

struct WalkRequest {
    uint64_t address { 0 }; // without its tag, in range
    Intent intent { Intent::Read };
    TlbContext privilege { TlbContext::El1 }; // a descriptor gets dirty only by a write that is permitted
    bool may_update { true }; // false for AT: neither access flag nor dirty state is written
};

// Walks the stage 1 tables in guest memory and updates access flag and dirty state as TCR_EL1.HA and HD ask. Reports
// translation, address size and access flag faults and external aborts; permissions are for the caller to check.
// [Arm DDI 0487, D8.2 "Translation process", D8.5 "Hardware updates to the translation tables"]
FaultStatus walk(Regime const&, memory::FlatView const&, WalkRequest const&, Translation&);

}
