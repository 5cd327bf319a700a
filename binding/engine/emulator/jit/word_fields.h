#pragma once

#include "engine/emulator/jit/guest_registers.h"
#include "engine/emulator/jit/x64_assembler.h"

#include <cstdint>

// Fields that stand at the same place in all A64 instructions that have them.
namespace dormouse::emulator::jit {

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
constexpr unsigned ra_of(uint32_t word)
{
    return word >> 10 & 31;
}
// Where register 31 means SP.
constexpr unsigned or_sp(unsigned number)
{
    return number == 31 ? kSp : number;
}
// The sf bit.
constexpr Width word_width(uint32_t word)
{
    return word >> 31 ? Width::W64 : Width::W32;
}

}
