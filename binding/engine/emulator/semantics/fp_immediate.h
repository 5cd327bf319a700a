#pragma once

#include "engine/emulator/semantics/soft_float/format.h"

#include <cstdint>

namespace dormouse::emulator::semantics {

// The 256 numbers +-(16..31)/16 * 2^(-3..4) that FMOV (immediate) can make, as binary32 or binary64.
// [Arm DDI 0487, C2.2.3 "Modified immediate constants in A64 floating-point instructions"]
template <typename Word> constexpr Word expand_fp_immediate(uint32_t imm8)
{
    using F = soft_float::Format<Word>;
    int const exponent = static_cast<int>(((imm8 >> 4) & 7) ^ 4) - 3;
    Word const fraction = static_cast<Word>(Word { imm8 & 15 } << (F::kFractionBits - 4));
    return F::pack((imm8 >> 7) & 1, F::kBias + exponent, fraction);
}

}
