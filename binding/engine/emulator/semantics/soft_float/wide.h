#pragma once

#include <bit>
#include <cstdint>

namespace dormouse::emulator::soft_float {

// Wide enough for the exact product of two binary64 significands (106 bits) and guard bits below it.
__extension__ typedef unsigned __int128 Uint128;

// value must not be zero.
constexpr int highest_bit(Uint128 value)
{
    auto const high = static_cast<uint64_t>(value >> 64);
    return high != 0 ? 127 - std::countl_zero(high) : 63 - std::countl_zero(static_cast<uint64_t>(value));
}

// Shifts right; bits that fall out are remembered in bit 0, so that a later rounding still sees that they were there.
constexpr Uint128 shift_right_sticky(Uint128 value, unsigned distance)
{
    if (distance == 0)
        return value;
    if (distance >= 128)
        return value != 0;
    bool const lost = (value << (128 - distance)) != 0;
    return (value >> distance) | Uint128 { lost };
}

}
