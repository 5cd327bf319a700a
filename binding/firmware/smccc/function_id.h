#pragma once

#include "base/bits.h"

#include <array>
#include <cstdint>

namespace dormouse::firmware::smccc {

// Owning entities. [Arm DEN 0028, SMCCC, "Function identifier"]
enum class Owner : uint8_t {
    Architecture = 0,
    Cpu = 1,
    Sip = 2,
    Oem = 3,
    StandardSecure = 4, // PSCI, SDEI, TRNG, FF-A
    StandardHypervisor = 5,
    VendorHypervisor = 6,
};

// A function identifier (W0) taken apart.
struct FunctionId {
    uint32_t value { 0 };

    constexpr bool fast() const { return bit<31>(value); }
    // The 64-bit convention takes X1..X17; the 32-bit one W1..W7, whose upper halves must be ignored.
    constexpr bool is_64_bit() const { return bit<30>(value); }
    constexpr Owner owner() const { return static_cast<Owner>(bits<29, 24>(value)); }
    constexpr uint16_t number() const { return static_cast<uint16_t>(value); }
    // Bits [23:17] of a fast call must be zero.
    constexpr bool well_formed() const { return !fast() || bits<23, 17>(value) == 0; }
    constexpr bool operator==(FunctionId const&) const = default;
};

// Bit 16 of a fast call is a hint that the caller keeps no live SVE state; it changes no result.
constexpr FunctionId without_sve_hint(uint32_t w0)
{
    return { w0 & ~(uint32_t { 1 } << 16) };
}

// One call as the dispatcher hands it on: arguments already cut to the width of the convention.
struct Call {
    FunctionId id;
    unsigned caller { 0 }; // index of the calling vCPU
    std::array<uint64_t, 4> arguments {}; // x1..x4 or w1..w4
};

}
