#pragma once

#include "engine/emulator/cpu/cpu.h"

#include <cstdint>

namespace dormouse::emulator {

// DCZID_EL0.BS = 4: DC ZVA zeroes 64 bytes. CTR_EL0's line sizes are the same.
constexpr unsigned kCacheLineBytes = 64;

// DC by address: memory is coherent here, so all but ZVA only check that the address translates and allows the access.
// DC by set and way does nothing. Traps of EL0 (SCTLR_EL1.UCI, DZE) are for the caller. UNDEFINED for other encodings.
// [Arm DDI 0487, C5.3 "A64 System instructions for cache maintenance"]
Flow execute_data_cache_maintenance(Cpu&, uint16_t encoding, uint64_t address);

// The check of IC IVAU and of DC by address. On true `physical` is the address's translation; else the abort is filled
// in.
bool check_maintained_address(Cpu&, uint64_t address, uint64_t& physical);

}
