#pragma once

#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/isa/instruction.h"

#include <cstdint>
#include <span>
#include <string_view>

namespace dormouse::emulator::runtime {

// A CPU model as data: the values of the identification registers. Frozen once released; a change is a new profile.
struct IdentificationValue {
    SystemRegister which;
    uint64_t value;
};

struct RegisterBits {
    SystemRegister which;
    uint64_t bits;
};

struct CpuProfile {
    char const* name;
    std::span<IdentificationValue const> identification;
    uint32_t cache_size[3]; // CCSIDR_EL1 of L1 data, L1 instruction, L2 unified
    uint32_t features; // instructions it has: bits numbered by isa::Feature
    bool pmu;
    bool tlb_ranges; // TLBI by range and outer shareable
    // What the features it lacks would bring: registers that do not exist, register bits that are reserved.
    std::span<SystemRegister const> absent;
    std::span<RegisterBits const> reserved;
    // Bits of identification registers that describe the part and no feature: a saved machine may bring its own.
    std::span<RegisterBits const> loadable;
    unsigned physical_address_bits;

    constexpr bool has(isa::Feature feature) const { return features >> static_cast<unsigned>(feature) & 1; }
    bool has(SystemRegister) const;
    uint64_t reserved_bits(SystemRegister) const;
    uint64_t loadable_bits(SystemRegister) const;
};

CpuProfile const& profile_dormouse_v1();
CpuProfile const& profile_portable_v1();
// null: there is none of that name.
CpuProfile const* find_profile(std::string_view name);

// The profile of a vCPU.
inline CpuProfile const& profile_of(Cpu const& cpu)
{
    return cpu.profile ? *cpu.profile : profile_dormouse_v1();
}

// How many bytes DC ZVA clears.
uint32_t zero_block_bytes(CpuProfile const&);

// CCSIDR_EL1 for a CSSELR_EL1 value; levels that do not exist read as zero.
uint64_t cache_size(CpuProfile const&, uint64_t cache_selection);

}
