#pragma once

#include "engine/emulator/semantics/soft_float/environment.h"
#include "engine/emulator/semantics/soft_float/format.h"
#include "engine/emulator/semantics/soft_float/unpack.h"
#include "engine/emulator/semantics/soft_float/wide.h"

#include <cstdint>

namespace dormouse::emulator::soft_float {

// An exact intermediate result: (-1)^sign * significand * 2^exponent; the highest bit of the significand is zero. Bit 0
// may be sticky (stand for any non-zero tail) when the significand has at least three bits more than the format it will
// be rounded to.
template <typename Significand> struct BasicExact {
    bool sign;
    int exponent;
    Significand significand;
};
using Exact = BasicExact<uint64_t>;
using WideExact = BasicExact<Uint128>;

// 63 digits are enough for one rounding to any format.
inline Exact narrowed(Exact const& value)
{
    return value;
}
inline Exact narrowed(WideExact const& value)
{
    int const excess = static_cast<uint64_t>(value.significand >> 63) == 0 ? 0 : highest_bit(value.significand) - 62;
    auto const significand = shift_right_sticky(value.significand, static_cast<unsigned>(excess));
    return { value.sign, value.exponent + excess, static_cast<uint64_t>(significand) };
}

// How far a number lies above the next lower multiple of the unit it is rounded to.
enum class Tail : uint8_t { Zero, BelowHalf, Half, AboveHalf };

struct Cut {
    uint64_t kept; // multiples of the unit
    Tail tail;
};

// significand / 2^distance; significand < 2^63, distance > 0.
inline Cut cut(uint64_t significand, int distance)
{
    if (distance >= 64)
        return { 0, significand == 0 ? Tail::Zero : Tail::BelowHalf };
    uint64_t const half = uint64_t { 1 } << (distance - 1);
    uint64_t const rest = significand & (half | (half - 1));
    Tail const tail = rest == 0 ? Tail::Zero
        : rest < half           ? Tail::BelowHalf
        : rest == half          ? Tail::Half
                                : Tail::AboveHalf;
    return { significand >> distance, tail };
}

// Whether the magnitude goes up to the next multiple. ToOdd never does: it sets the last bit instead.
inline bool rounds_up(Cut const& parts, bool sign, Rounding rounding)
{
    switch (rounding) {
    case Rounding::TiesToEven:
        return parts.tail == Tail::AboveHalf || (parts.tail == Tail::Half && (parts.kept & 1) != 0);
    case Rounding::TowardPlusInfinity: return parts.tail != Tail::Zero && !sign;
    case Rounding::TowardMinusInfinity: return parts.tail != Tail::Zero && sign;
    case Rounding::TiesToAway: return parts.tail >= Tail::Half;
    case Rounding::TowardZero:
    case Rounding::ToOdd: break;
    }
    return false;
}

inline bool overflows_to_infinity(bool sign, Rounding rounding)
{
    switch (rounding) {
    case Rounding::TowardPlusInfinity: return !sign;
    case Rounding::TowardMinusInfinity: return sign;
    case Rounding::TowardZero:
    case Rounding::ToOdd: return false;
    case Rounding::TiesToEven:
    case Rounding::TiesToAway: break;
    }
    return true;
}

// Alternative half precision has no infinity: too large a number saturates and is an invalid operation.
template <typename Word> inline Word overflow(bool sign, Rounding rounding, Environment& env)
{
    using F = Format<Word>;
    if (F::kBits == 16 && env.alternative_half()) {
        env.raise(kInvalidOperation);
        return static_cast<Word>(F::zero(sign) | static_cast<Word>(~F::kSignMask));
    }
    env.raise(kOverflow);
    env.raise(kInexact);
    return overflows_to_infinity(sign, rounding) ? F::infinity(sign) : F::max_normal(sign);
}

// Rounds a non-zero number to the format. Tininess is detected before rounding; under FPCR.FZ a tiny result becomes
// zero and sets UFC without IXC. [Arm DDI 0487, A1.5.3, A1.5.4; shared/functions/float/fpround]
template <typename Word> inline Word round(Exact const& value, Rounding rounding, Environment& env)
{
    using F = Format<Word>;
    int const top = highest_bit(value.significand);
    int const exponent = value.exponent + top;
    bool const tiny = exponent < F::kMinimumExponent;
    if (tiny && F::kBits != 16 && env.flush_to_zero()) {
        env.raise(kUnderflow);
        return F::zero(value.sign);
    }

    int const distance = top - static_cast<int>(F::kFractionBits) + (tiny ? F::kMinimumExponent - exponent : 0);
    Cut const parts
        = distance > 0 ? cut(value.significand, distance) : Cut { value.significand << -distance, Tail::Zero };
    bool const inexact = parts.tail != Tail::Zero;
    if (tiny && inexact)
        env.raise(kUnderflow);

    uint64_t digits = parts.kept;
    if (rounds_up(parts, value.sign, rounding))
        ++digits;
    else if (rounding == Rounding::ToOdd && inexact)
        digits |= 1;

    bool const has_specials = !(F::kBits == 16 && env.alternative_half());
    int const exponent_limit = has_specials ? F::kSpecialExponent : F::kSpecialExponent + 1;
    int const biased = tiny ? 0 : exponent - F::kMinimumExponent + 1;
    if (biased >= exponent_limit)
        return overflow<Word>(value.sign, rounding, env);
    // The leading digit of a normal number adds one to the exponent field, and a carry out of rounding one more.
    uint64_t const packed = (static_cast<uint64_t>(tiny ? 0 : biased - 1) << F::kFractionBits) + digits;
    if (packed >> F::kFractionBits >= static_cast<uint64_t>(exponent_limit))
        return overflow<Word>(value.sign, rounding, env);
    if (inexact)
        env.raise(kInexact);
    return static_cast<Word>(F::zero(value.sign) | static_cast<Word>(packed));
}

// The sign of a sum that cancels to nothing.
template <typename Word> inline Word exact_zero(Environment& env)
{
    return Format<Word>::zero(env.rounding() == Rounding::TowardMinusInfinity);
}

}
