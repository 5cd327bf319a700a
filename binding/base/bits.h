#pragma once

#include <bit>
#include <cstdint>

namespace dormouse {

template <unsigned Position> constexpr bool bit(uint64_t value)
{
    return (value >> Position) & 1;
}

// bits<High, Low>(value): the field value[High:Low], right-aligned.
template <unsigned High, unsigned Low> constexpr uint64_t bits(uint64_t value)
{
    static_assert(High >= Low && High < 64);
    constexpr unsigned width = High - Low + 1;
    if constexpr (width == 64)
        return value;
    else
        return (value >> Low) & ((uint64_t { 1 } << width) - 1);
}

constexpr uint64_t low_mask(unsigned width)
{
    return width >= 64 ? ~uint64_t { 0 } : (uint64_t { 1 } << width) - 1;
}

// Sign-extends the low `width` bits (1..64) of value.
constexpr int64_t sign_extend(uint64_t value, unsigned width)
{
    unsigned const shift = 64 - width;
    return static_cast<int64_t>(value << shift) >> shift;
}

constexpr uint64_t align_down(uint64_t value, uint64_t power_of_two)
{
    return value & ~(power_of_two - 1);
}
constexpr uint64_t align_up(uint64_t value, uint64_t power_of_two)
{
    return align_down(value + power_of_two - 1, power_of_two);
}
constexpr bool is_aligned(uint64_t value, uint64_t power_of_two)
{
    return (value & (power_of_two - 1)) == 0;
}

}
