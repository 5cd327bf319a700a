#pragma once

#include <cstdint>

namespace dormouse::devices {

// PrimeCell devices have 32-bit registers at multiples of four and identify themselves in the last words of their 4
// KiB: the part number, then designer and configuration, then the cell id. [Arm DDI 0183, 3.3.15 "UARTPeriphID"]
constexpr uint64_t kPrimecellSize = 0x1000;

// PeriphID0..3 and PCellID0..3 at 0xfe0..0xffc; zero elsewhere.
constexpr uint32_t primecell_id(uint64_t offset, uint32_t peripheral_id)
{
    constexpr uint32_t cell_id = 0xb105'f00d;
    if (offset < 0xfe0 || offset >= kPrimecellSize || (offset & 3))
        return 0;
    uint32_t const id = offset < 0xff0 ? peripheral_id : cell_id;
    return (id >> (8 * ((offset >> 2) & 3))) & 0xff;
}

// Guests use 8, 16 and 32-bit accesses to the first byte of a register; 64-bit ones exist by the bus's rules only.
constexpr bool primecell_access(uint64_t offset, unsigned size)
{
    return (offset & 3) == 0 && (size == 1 || size == 2 || size == 4 || size == 8);
}

}
