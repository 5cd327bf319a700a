#pragma once

#include "engine/emulator/semantics/soft_float/environment.h"

#include <cstdint>

// [Arm DDI 0487, shared/functions/float: fproundint, fptofixed, fixedtofp, fpconvert]
namespace dormouse::emulator::soft_float {

enum class Inexactness : uint8_t { Ignored, Reported }; // whether rounding away a fraction sets FPSR.IXC

// To an integral value in the same format. Word: uint32_t or uint64_t.
template <typename Word> Word round_to_integral(Word, Rounding, Inexactness, Environment&);

// To a fixed-point number of 8 * sizeof(Integer) bits, `fraction_bits` (0..64) of which lie after the point. Values out
// of range saturate and NaNs become zero, both as an invalid operation. Integer: int32_t, uint32_t, int64_t or
// uint64_t; Word: uint32_t or uint64_t.
template <typename Integer, typename Word> Integer to_fixed(Word, unsigned fraction_bits, Rounding, Environment&);

// From a fixed-point number, the same way back.
template <typename Word, typename Integer> Word from_fixed(Integer, unsigned fraction_bits, Rounding, Environment&);

// Between two different formats. Words: uint16_t (binary16 or the alternative format of FPCR.AHP), uint32_t, uint64_t.
template <typename To, typename From> To convert(From, Rounding, Environment&);

}
