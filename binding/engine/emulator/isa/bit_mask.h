#pragma once

#include "base/bits.h"

#include <bit>
#include <cstdint>

namespace dormouse::emulator::isa {

// The 64-bit pattern of a logical immediate: an element of 2..64 bits, S + 1 ones rotated right by R, repeated. The
// table admits no reserved encodings, for which this has no meaning. 32-bit instructions use the low half.
// [Arm DDI 0487, J1.1.3, DecodeBitMasks]
constexpr uint64_t logical_bit_mask(uint32_t n, uint32_t imms, uint32_t immr)
{
    uint32_t const size_selector = n << 6 | (~imms & 0x3f);
    unsigned const element_bits = 1u << (31 - std::countl_zero(size_selector | 1));
    unsigned const ones = (imms & (element_bits - 1)) + 1;
    unsigned const rotation = immr & (element_bits - 1);
    uint64_t const run = low_mask(ones);
    uint64_t element = run >> rotation;
    if (rotation != 0)
        element |= run << (element_bits - rotation);
    element &= low_mask(element_bits);
    for (unsigned filled = element_bits; filled < 64; filled *= 2)
        element |= element << filled;
    return element;
}

static_assert(logical_bit_mask(0, 0b111100, 0) == 0x5555'5555'5555'5555);
static_assert(logical_bit_mask(0, 0b111100, 1) == 0xaaaa'aaaa'aaaa'aaaa);
static_assert(logical_bit_mask(1, 62, 0) == 0x7fff'ffff'ffff'ffff);
static_assert(logical_bit_mask(0, 0b000111, 4) == 0xf000'000f'f000'000f);

}
