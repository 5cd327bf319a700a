#pragma once

#include "engine/emulator/semantics/soft_float/environment.h"

#include <cstdint>

// Word: uint32_t (binary32) or uint64_t (binary64). Results are rounded by FPCR.RMode. [Arm DDI 0487,
// shared/functions/float]
namespace dormouse::emulator::soft_float {

template <typename Word> Word add(Word, Word, Environment&);
template <typename Word> Word subtract(Word, Word, Environment&);
template <typename Word> Word multiply(Word, Word, Environment&);
// As multiply, except that infinity times zero is two with the product's sign and no exception (FMULX).
template <typename Word> Word multiply_extended(Word, Word, Environment&);
template <typename Word> Word divide(Word dividend, Word divisor, Environment&);
template <typename Word> Word square_root(Word, Environment&);

// addend + a * b, rounded once. The addend's NaN goes before those of the factors.
template <typename Word> Word multiply_add(Word addend, Word a, Word b, Environment&);

// FRECPS: 2 - a * b, and FRSQRTS: (3 - a * b) / 2, each rounded once; infinity times zero counts as zero.
template <typename Word> Word reciprocal_step(Word a, Word b, Environment&);
template <typename Word> Word reciprocal_square_root_step(Word a, Word b, Environment&);

}
