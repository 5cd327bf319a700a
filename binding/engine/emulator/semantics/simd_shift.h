#pragma once

#include "engine/emulator/semantics/simd_lanes.h"

namespace dormouse::emulator::semantics {

// value / 2^amount, rounded down, or to the nearest with halves up. amount may be any number: shifting further than
// the width of a lane leaves the sign. [Arm DDI 0487, shared/functions "RShr"]
constexpr Int128 shift_right(Int128 value, unsigned amount, bool rounding)
{
    // Lanes have 64 bits at most, so everything beyond 100 gives the same.
    unsigned const bounded = amount < 100 ? amount : 100;
    if (rounding && bounded != 0)
        value += Int128 { 1 } << (bounded - 1);
    return value >> bounded;
}

// value * 2^amount for a value of a lane of at most 64 bits. From 64 on, the result of 64 with the value reduced to its
// sign: out of range for every lane, and zero in its low bits.
constexpr Int128 shift_left(Int128 value, unsigned amount)
{
    if (amount < 64)
        return value << amount;
    Int128 const sign = value < 0 ? -1 : value != 0;
    return sign * (Int128 { 1 } << 64);
}

// SSHL and its relatives: the shift is the lowest byte of the other operand, negative to the right.
template <bool Rounding>
inline constexpr auto shift_by_register = [](auto n, auto m) {
    int const shift = static_cast<int8_t>(m);
    return shift >= 0 ? shift_left(n, static_cast<unsigned>(shift))
                      : shift_right(n, static_cast<unsigned>(-shift), Rounding);
};

// immh:immb as instructions that shift by an immediate encode it: the highest bit set in immh is the size of the lane.
template <typename Fields> constexpr unsigned immediate_lane_size(Fields f)
{
    uint32_t const immh = f.immh();
    return (immh > 1) + (immh > 3) + (immh > 7);
}
template <typename Fields> constexpr unsigned right_shift_amount(Fields f)
{
    return (16u << immediate_lane_size(f)) - (f.immh() << 3 | f.immb());
}
template <typename Fields> constexpr unsigned left_shift_amount(Fields f)
{
    return (f.immh() << 3 | f.immb()) - (8u << immediate_lane_size(f));
}

}
