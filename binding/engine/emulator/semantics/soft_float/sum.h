#pragma once

#include "engine/emulator/semantics/soft_float/round.h"

#include <type_traits>
#include <utility>

namespace dormouse::emulator::soft_float {

// What holds the product of two significands of the format.
template <typename Word> using ProductDigits = std::conditional_t<sizeof(Word) == 4, uint64_t, Uint128>;

template <typename Significand> BasicExact<Significand> exact(Unpacked const& number)
{
    return { number.sign, number.exponent, number.significand };
}

template <typename Word> BasicExact<ProductDigits<Word>> product(Unpacked const& a, Unpacked const& b)
{
    return { a.sign != b.sign, a.exponent + b.exponent, ProductDigits<Word> { a.significand } * b.significand };
}

// The leading digit goes two bits below the top, so that a sum of two such numbers has its highest bit zero.
template <typename Significand> BasicExact<Significand> normalised(BasicExact<Significand> const& value)
{
    int const distance = static_cast<int>(8 * sizeof(Significand)) - 3 - highest_bit(value.significand);
    return { value.sign, value.exponent - distance, value.significand << distance };
}

// A term may be zero. The significand of the result is zero when they cancel; the sign then means nothing. The terms
// have at least nine bits less than the significand can hold (53 in 62, products 48 in 62 and 106 in 126): digits get
// lost only when the exponents are further apart than that, and then at most one leading digit cancels, so that the
// sticky bit stays below what is rounded.
template <typename Significand> BasicExact<Significand> sum(BasicExact<Significand> a, BasicExact<Significand> b)
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

// Rounds a sum by FPCR.RMode.
template <typename Word, typename Significand> Word round_sum(BasicExact<Significand> const& total, Environment& env)
{
    return total.significand == 0 ? exact_zero<Word>(env) : round<Word>(narrowed(total), env.rounding(), env);
}

}
