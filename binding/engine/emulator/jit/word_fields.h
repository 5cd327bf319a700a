#pragma once

#include <cstdint>

// Fields that stand at the same place in all A64 instructions that have them.
namespace dormouse::emulator::jit {

// Numbers of general registers as the translators use them: 0..30, zero, SP.
constexpr unsigned kZero = 31;
constexpr unsigned kSp = 32;
constexpr unsigned kLink = 30;

constexpr unsigned rd_of(uint32_t word)
{
    return word & 31;
}
constexpr unsigned rn_of(uint32_t word)
{
    return word >> 5 & 31;
}
constexpr unsigned rm_of(uint32_t word)
{
    return word >> 16 & 31;
}
// What a comparison or an operation on memory is with, or where a store exclusive puts its status.
constexpr unsigned rs_of(uint32_t word)
{
    return rm_of(word);
}
constexpr unsigned ra_of(uint32_t word)
{
    return word >> 10 & 31;
}
// Where register 31 means SP.
constexpr unsigned or_sp(unsigned number)
{
    return number == 31 ? kSp : number;
}

}
