#pragma once

#include <bit>
#include <cstdint>

namespace dormouse::emulator::soft_float {

// Wide enough for the exact product of two binary64 significands (106 bits) and guard bits below it.
__extension__ typedef unsigned __int128 Uint128;

// value must not be zero.
constexpr int highest_bit(uint64_t value)
{
    return 63 - std::countl_zero(value);
}
constexpr int highest_bit(Uint128 value)
{
    auto const high = static_cast<uint64_t>(value >> 64);
    return high != 0 ? 64 + highest_bit(high) : highest_bit(static_cast<uint64_t>(value));
}

// Shifts right; bits that fall out are remembered in bit 0, so that a later rounding still sees that they were there.
template <typename Integer> constexpr Integer shift_right_sticky(Integer value, unsigned distance)
{
    constexpr unsigned kBits = 8 * sizeof(Integer);
    if (distance == 0)
        return value;
    if (distance >= kBits)
        return value != 0;
    bool const lost = (value << (kBits - distance)) != 0;
    return (value >> distance) | Integer { lost };
}

}
