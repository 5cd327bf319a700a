#pragma once

#include "engine/emulator/semantics/simd_lanes.h"

namespace dormouse::emulator::semantics {

// value / 2^amount, rounded down, or to the nearest with halves up. amount may be any number: shifting further than
// the width of a lane leaves the sign. [Arm DDI 0487, shared/functions "RShr"]
template <typename T> constexpr Exact<T> shift_right(T lane, unsigned amount, bool rounding)
{
    // From some bits more than a lane has, every amount gives the same.
    constexpr unsigned enough = 8 * sizeof(Exact<T>) / 2 + 8;
    unsigned const bounded = amount < enough ? amount : enough;
    Exact<T> const half = rounding && bounded != 0 ? Exact<T> { 1 } << (bounded - 1) : 0;
    return (lane + half) >> bounded;
}

// value * 2^amount. From half the bits of Exact<T> on, a number of the same sign that is as good: out of range for
// every lane, and zero in its low bits.
template <typename T> constexpr Exact<T> shift_left(T lane, unsigned amount)
{
    constexpr unsigned half = 8 * sizeof(Exact<T>) / 2;
    Exact<T> const value = lane;
    if (amount < half)
        return value << amount;
    Exact<T> const sign = value < 0 ? -1 : value != 0;
    return sign * (Exact<T> { 1 } << half);
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
