#pragma once

#include "engine/emulator/cpu/system_register_index.h"

#include <cstdint>
#include <span>

namespace dormouse::emulator::runtime {

// A CPU model as data: the values of the identification registers. Frozen once released; a change is a new profile.
struct IdentificationValue {
    SystemRegister which;
    uint64_t value;
};

struct CpuProfile {
    char const* name;
    std::span<IdentificationValue const> identification;
    uint32_t cache_size[3]; // CCSIDR_EL1 of L1 data, L1 instruction, L2 unified
};

CpuProfile const& profile_dormouse_v1();

// How many bytes DC ZVA clears.
uint32_t zero_block_bytes(CpuProfile const&);

// CCSIDR_EL1 for a CSSELR_EL1 value; levels that do not exist read as zero.
uint64_t cache_size(CpuProfile const&, uint64_t cache_selection);

}
