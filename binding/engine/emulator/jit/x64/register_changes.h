#pragma once

#include "engine/emulator/jit/decoded_block.h"
#include "engine/emulator/jit/word_fields.h"

#include <cstdint>
#include <optional>

// What instructions do to general registers. Sets of them are as in PinMap: bit 32 is SP, and there is no zero
// register.
namespace dormouse::emulator::jit::x64 {

constexpr uint64_t bit_of(unsigned guest)
{
    return guest == kZero ? 0 : uint64_t { 1 } << guest;
}
constexpr uint64_t registers_written(isa::OperandMasks const& masks)
{
    return (masks.x_written & ~(uint32_t { 1 } << kZero)) | (masks.sp_written ? bit_of(kSp) : 0);
}

// All that the instruction does to the register is to add so much. Of 32-bit additions the upper half is zero then.
std::optional<int32_t> constant_added(DecodedInstruction const&, unsigned guest);

}
