#pragma once

#include "engine/emulator/semantics/soft_float/environment.h"

#include <cstdint>

// Eight-bit estimates, exactly the values the manual prescribes. Word: uint32_t or uint64_t.
namespace dormouse::emulator::soft_float {

// The tables behind FRECPE, URECPE and FRSQRTE, URSQRTE: operand in 256..511 and 128..511, result in 256..511.
// [Arm DDI 0487, shared/functions/float: recipestimate, recipsqrtestimate]
uint32_t reciprocal_table(uint32_t operand);
uint32_t reciprocal_square_root_table(uint32_t operand);

template <typename Word> Word reciprocal_estimate(Word, Environment&);
template <typename Word> Word reciprocal_square_root_estimate(Word, Environment&);

// FRECPX: a power of two near the reciprocal.
template <typename Word> Word reciprocal_exponent(Word, Environment&);

}
