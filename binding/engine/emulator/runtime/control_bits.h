#pragma once

#include <cstdint>

// What exceptions and debugging ask of the system registers, whether a function or translated code asks.
namespace dormouse::emulator::runtime {

// [Arm DDI 0487, SCTLR_EL1]
constexpr uint64_t kSctlrSpan = uint64_t { 1 } << 23;
constexpr uint64_t kSctlrDssbs = uint64_t { 1 } << 44;

// [Arm DDI 0487, MDSCR_EL1]
constexpr uint64_t kMdscrSs = 1 << 0;
constexpr uint64_t kMdscrKde = 1 << 13;
constexpr uint64_t kMdscrMde = 1 << 15;

// Offset in the vector table. [Arm DDI 0487, D1.3.3, table "Vector offsets from vector table base address"]
constexpr uint64_t kVectorLower64 = 0x400;

}
