#pragma once

#include "engine/emulator/semantics/soft_float/environment.h"

#include <cstdint>

// Word: uint32_t (binary32) or uint64_t (binary64). [Arm DDI 0487, shared/functions/float: fpcompare*, fpmax*, fpmin*]
namespace dormouse::emulator::soft_float {

enum class Relation : uint8_t { Less, Equal, Greater, Unordered };

// Which NaN operands are an invalid operation.
enum class NanPolicy : uint8_t { SignallingIsInvalid, AnyIsInvalid };

template <typename Word> Relation compare(Word, Word, NanPolicy, Environment&);

// A NaN operand gives a NaN. +0 counts as greater than -0.
template <typename Word> Word maximum(Word, Word, Environment&);
template <typename Word> Word minimum(Word, Word, Environment&);
// As above, but a quiet NaN loses against a number.
template <typename Word> Word maximum_number(Word, Word, Environment&);
template <typename Word> Word minimum_number(Word, Word, Environment&);

}
