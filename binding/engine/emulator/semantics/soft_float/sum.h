#pragma once

#include "engine/emulator/semantics/soft_float/round.h"

#include <utility>

namespace dormouse::emulator::soft_float {

// The leading digit goes to bit 125: a sum of two such numbers still is below 2^127, and a product of 106 bits has
// twenty guard bits.
inline Exact normalised(Exact value)
{
    int const distance = 125 - highest_bit(value.significand);
    return { value.sign, value.exponent - distance, value.significand << distance };
}

inline Exact product(Unpacked const& a, Unpacked const& b)
{
    return { a.sign != b.sign, a.exponent + b.exponent, Uint128 { a.significand } * b.significand };
}

// Both terms of at most 107 significant bits; a term may be zero. The significand of the result is zero when they
// cancel; the sign then means nothing. Digits get lost only when the exponents are at least 19 apart, and then at most
// one leading digit cancels, so that the sticky bit stays below what is rounded.
inline Exact sum(Exact a, Exact b)
{
    if (a.significand == 0)
        return b;
    if (b.significand == 0)
        return a;
    a = normalised(a);
    b = normalised(b);
    if (a.exponent < b.exponent || (a.exponent == b.exponent && a.significand < b.significand))
        std::swap(a, b);
    b.significand = shift_right_sticky(b.significand, static_cast<unsigned>(a.exponent - b.exponent));
    a.significand = a.sign == b.sign ? a.significand + b.significand : a.significand - b.significand;
    return a;
}

}
