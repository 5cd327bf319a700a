#pragma once

#include <cstdint>

namespace dormouse::emulator::jit {

// Whether a DSB waits for TLB and cache maintenance: one that is for loads alone or for stores alone does not.
// [Arm DDI 0487, C6.2 "DSB"; B2, "Data Synchronization Barrier (DSB)"]
constexpr bool completes_maintenance(uint32_t dsb)
{
    constexpr unsigned kLoads = 1;
    constexpr unsigned kStores = 2;
    unsigned const types = dsb >> 8 & 3;
    return types != kLoads && types != kStores;
}

}
