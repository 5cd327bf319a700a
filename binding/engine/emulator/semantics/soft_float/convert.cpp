#include "engine/emulator/semantics/soft_float/convert.h"

#include "engine/emulator/semantics/soft_float/round.h"

#include <limits>
#include <type_traits>

namespace dormouse::emulator::soft_float {

namespace {

    struct Integral {
        Uint128 magnitude;
        bool inexact;
    };

    // significand * 2^exponent to an integer; exponent <= 64.
    Integral integral(Unpacked const& number, int exponent, Rounding rounding)
    {
        if (exponent >= 0)
            return { Uint128 { number.significand } << exponent, false };
        Cut const parts = cut(number.significand, -exponent);
        return { Uint128 { parts.kept } + rounds_up(parts, number.sign, rounding), parts.tail != Tail::Zero };
    }

    // A NaN keeps its sign and the upper part of its payload. [shared/functions/float/fpconvertnan]
    template <typename To, typename From> To convert_nan(From nan)
    {
        using Source = Format<From>;
        using Target = Format<To>;
        uint64_t const payload = uint64_t { Source::fraction(nan) } << (52 - Source::kFractionBits);
        auto const fraction = static_cast<To>(payload >> (52 - Target::kFractionBits));
        return Target::pack(Source::sign(nan), Target::kSpecialExponent, static_cast<To>(fraction | Target::kQuietBit));
    }

    // Alternative half precision cannot hold a NaN or an infinity.
    template <typename To> bool lacks_specials(Environment const& env)
    {
        return Format<To>::kBits == 16 && env.alternative_half();
    }

    template <typename To, typename From> To nan_result(From nan, Environment& env)
    {
        bool const lost = lacks_specials<To>(env);
        if (lost || Format<From>::is_signalling_nan(nan))
            env.raise(kInvalidOperation);
        if (lost)
            return Format<To>::zero(Format<From>::sign(nan));
        return env.default_nan() ? Format<To>::default_nan() : convert_nan<To>(nan);
    }

}

template <typename Word> Word round_to_integral(Word operand, Rounding rounding, Inexactness report, Environment& env)
{
    using F = Format<Word>;
    Unpacked const number = unpack(operand, env);
    if (number.is_nan())
        return process_nan(operand, env);
    if (number.kind == Kind::Zero)
        return F::zero(number.sign);
    if (number.kind == Kind::Infinity || number.exponent >= 0)
        return operand;
    Integral const result = integral(number, number.exponent, rounding);
    if (result.inexact && report == Inexactness::Reported)
        env.raise(kInexact);
    if (result.magnitude == 0)
        return F::zero(number.sign);
    return round<Word>({ number.sign, 0, static_cast<uint64_t>(result.magnitude) }, Rounding::TowardZero, env);
}

template <typename Integer, typename Word>
Integer to_fixed(Word operand, unsigned fraction_bits, Rounding rounding, Environment& env)
{
    using Limits = std::numeric_limits<Integer>;
    Unpacked const number = unpack(operand, env);
    if (number.kind == Kind::Zero)
        return 0;
    if (number.is_nan()) {
        env.raise(kInvalidOperation);
        return 0;
    }

    Uint128 const largest = static_cast<uint64_t>(Limits::max());
    Uint128 const limit = !number.sign ? largest : std::is_signed_v<Integer> ? largest + 1 : 0;
    int const exponent = number.exponent + static_cast<int>(fraction_bits);
    bool const huge = number.kind == Kind::Infinity || exponent > 64;
    Integral const result = huge ? Integral { limit + 1, false } : integral(number, exponent, rounding);
    if (result.magnitude > limit) {
        env.raise(kInvalidOperation);
        return number.sign ? Limits::min() : Limits::max();
    }
    if (result.inexact)
        env.raise(kInexact);
    auto const magnitude = static_cast<uint64_t>(result.magnitude);
    return static_cast<Integer>(number.sign ? 0 - magnitude : magnitude);
}

template <typename Word, typename Integer>
Word from_fixed(Integer operand, unsigned fraction_bits, Rounding rounding, Environment& env)
{
    if (operand == 0)
        return Format<Word>::zero(false);
    bool const negative = operand < 0;
    auto const value = static_cast<uint64_t>(operand);
    WideExact const magnitude { negative, -static_cast<int>(fraction_bits), negative ? 0 - value : value };
    return round<Word>(narrowed(magnitude), rounding, env);
}

template <typename To, typename From> To convert(From operand, Rounding rounding, Environment& env)
{
    using F = Format<To>;
    Unpacked const number = unpack(operand, env);
    switch (number.kind) {
    case Kind::Zero: return F::zero(number.sign);
    case Kind::Finite: return round<To>({ number.sign, number.exponent, number.significand }, rounding, env);
    case Kind::Infinity: break;
    case Kind::QuietNan:
    case Kind::SignallingNan: return nan_result<To>(operand, env);
    }
    return lacks_specials<To>(env) ? overflow<To>(number.sign, rounding, env) : F::infinity(number.sign);
}

template uint32_t round_to_integral(uint32_t, Rounding, Inexactness, Environment&);
template uint64_t round_to_integral(uint64_t, Rounding, Inexactness, Environment&);

template int32_t to_fixed<int32_t>(uint32_t, unsigned, Rounding, Environment&);
template int32_t to_fixed<int32_t>(uint64_t, unsigned, Rounding, Environment&);
template int64_t to_fixed<int64_t>(uint32_t, unsigned, Rounding, Environment&);
template int64_t to_fixed<int64_t>(uint64_t, unsigned, Rounding, Environment&);
template uint32_t to_fixed<uint32_t>(uint32_t, unsigned, Rounding, Environment&);
template uint32_t to_fixed<uint32_t>(uint64_t, unsigned, Rounding, Environment&);
template uint64_t to_fixed<uint64_t>(uint32_t, unsigned, Rounding, Environment&);
template uint64_t to_fixed<uint64_t>(uint64_t, unsigned, Rounding, Environment&);

template uint32_t from_fixed<uint32_t>(int32_t, unsigned, Rounding, Environment&);
template uint32_t from_fixed<uint32_t>(uint32_t, unsigned, Rounding, Environment&);
template uint32_t from_fixed<uint32_t>(int64_t, unsigned, Rounding, Environment&);
template uint32_t from_fixed<uint32_t>(uint64_t, unsigned, Rounding, Environment&);
template uint64_t from_fixed<uint64_t>(int32_t, unsigned, Rounding, Environment&);
template uint64_t from_fixed<uint64_t>(uint32_t, unsigned, Rounding, Environment&);
template uint64_t from_fixed<uint64_t>(int64_t, unsigned, Rounding, Environment&);
template uint64_t from_fixed<uint64_t>(uint64_t, unsigned, Rounding, Environment&);

template uint32_t convert<uint32_t>(uint16_t, Rounding, Environment&);
template uint64_t convert<uint64_t>(uint16_t, Rounding, Environment&);
template uint16_t convert<uint16_t>(uint32_t, Rounding, Environment&);
template uint64_t convert<uint64_t>(uint32_t, Rounding, Environment&);
template uint16_t convert<uint16_t>(uint64_t, Rounding, Environment&);
template uint32_t convert<uint32_t>(uint64_t, Rounding, Environment&);

}
