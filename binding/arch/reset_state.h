#pragma once

#include <cstdint>

// What a guest finds at its entries where the architecture leaves the choice to the implementation; ours on each
// engine.
namespace dormouse::arch {

// MMU, caches and checks off, little-endian; what is RES1 without optional features is one. [Arm DDI 0487, SCTLR_EL1]
constexpr uint64_t kSctlrEl1Reset = 0x30d5'0998;

}
