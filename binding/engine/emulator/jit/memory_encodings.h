#pragma once

#include <cstdint>

// The groups of encodings of loads and stores, by bits that all their rows fix.
// [Arm DDI 0487, C4.1.94 "Loads and Stores"]
namespace dormouse::emulator::jit {

constexpr bool is_unsigned_offset(uint32_t word)
{
    return (word & 0x3b00'0000) == 0x3900'0000;
}
constexpr bool is_short_offset(uint32_t word) // unscaled, pre, post, unprivileged
{
    return (word & 0x3b20'0000) == 0x3800'0000;
}
constexpr bool is_register_offset(uint32_t word)
{
    return (word & 0x3b20'0c00) == 0x3820'0800;
}
constexpr bool is_literal(uint32_t word)
{
    return (word & 0x3b00'0000) == 0x1800'0000;
}
constexpr bool is_pair(uint32_t word)
{
    return (word & 0x3a00'0000) == 0x2800'0000;
}
// FEAT_LSE. The read-modify-writes are LDADD and its kin, and SWP.
constexpr bool is_read_modify_write(uint32_t word)
{
    return (word & 0x3f20'0c00) == 0x3820'0000;
}
constexpr bool is_compare_and_swap(uint32_t word)
{
    return (word & 0x3fa0'7c00) == 0x08a0'7c00;
}
constexpr bool is_compare_and_swap_pair(uint32_t word)
{
    return (word & 0xbfa0'7c00) == 0x0820'7c00;
}
// Load and store exclusive.
constexpr bool is_exclusive(uint32_t word) // of one register
{
    return (word & 0x3fa0'0000) == 0x0800'0000;
}
constexpr bool is_exclusive_pair(uint32_t word)
{
    return (word & 0xbfa0'0000) == 0x8820'0000;
}
constexpr bool is_vector(uint32_t word)
{
    return word >> 26 & 1;
}

}
