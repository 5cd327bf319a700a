#pragma once

#include <cstdint>

// Fields that stand at the same place in most Advanced SIMD instructions. [Arm DDI 0487, C4.1.97]
namespace dormouse::emulator::jit {

// Of lanes: 0 to 3 for 1 to 8 bytes.
constexpr unsigned lane_size_of(uint32_t word)
{
    return word >> 22 & 3;
}
// Works on one lane, whatever Q is.
constexpr bool is_scalar(uint32_t word)
{
    return word >> 28 & 1;
}
// Q, which means nothing in scalar forms: 128 bits, or the upper half of them.
constexpr bool is_whole(uint32_t word)
{
    return (word >> 30 & 1) && !is_scalar(word);
}

}
