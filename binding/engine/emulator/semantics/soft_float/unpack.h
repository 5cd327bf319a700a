#pragma once

#include "engine/emulator/semantics/soft_float/environment.h"
#include "engine/emulator/semantics/soft_float/format.h"

#include <cstdint>
#include <optional>

namespace dormouse::emulator::soft_float {

enum class Kind : uint8_t { Zero, Finite, Infinity, QuietNan, SignallingNan };

// A number taken apart: value = (-1)^sign * significand * 2^exponent for Kind::Finite, where the significand is not
// zero.
struct Unpacked {
    Kind kind;
    bool sign;
    int exponent;
    uint64_t significand;

    bool is_nan() const { return kind >= Kind::QuietNan; }
};

// FPCR.FZ: a subnormal input counts as a zero of its sign and sets IDC. Half precision is never flushed: FPCR.FZ16 does
// not exist without FP16 arithmetic. [Arm DDI 0487, A1.5.3 "Flush-to-zero"; shared/functions/float/fpunpack]
template <typename Word> inline Word flush_input(Word word, Environment& env)
{
    using F = Format<Word>;
    if constexpr (F::kBits != 16) {
        if (env.flush_to_zero() && F::is_subnormal(word)) {
            env.raise(kInputDenormal);
            return F::zero(F::sign(word));
        }
    }
    return word;
}

// With FPCR.AHP half precision has neither infinities nor NaNs: the highest exponent is one more binade of numbers.
template <typename Word> inline Unpacked unpack(Word input, Environment& env)
{
    using F = Format<Word>;
    Word const word = flush_input(input, env);
    bool const sign = F::sign(word);
    int const biased = F::biased_exponent(word);
    uint64_t const fraction = F::fraction(word);
    constexpr int kUnit = F::kMinimumExponent - static_cast<int>(F::kFractionBits); // exponent of the last digit

    if (biased == 0)
        return { fraction == 0 ? Kind::Zero : Kind::Finite, sign, kUnit, fraction };
    if (biased == F::kSpecialExponent && !(F::kBits == 16 && env.alternative_half())) {
        if (fraction == 0)
            return { Kind::Infinity, sign, 0, 0 };
        return { (word & F::kQuietBit) ? Kind::QuietNan : Kind::SignallingNan, sign, 0, 0 };
    }
    return { Kind::Finite, sign, kUnit + biased - 1, fraction | uint64_t { 1 } << F::kFractionBits };
}

// The result for a NaN operand: the same NaN made quiet, or the default NaN under FPCR.DN. A signalling one is an
// invalid operation. [Arm DDI 0487, A1.5.5 "NaN handling"; shared/functions/float/fpprocessnan]
template <typename Word> inline Word process_nan(Word nan, Environment& env)
{
    using F = Format<Word>;
    if (F::is_signalling_nan(nan))
        env.raise(kInvalidOperation);
    return env.default_nan() ? F::default_nan() : static_cast<Word>(nan | F::kQuietBit);
}

// The result when any operand is a NaN: signalling ones come first, then quiet ones, each from left to right.
// [Arm DDI 0487, shared/functions/float/fpprocessnans and fpprocessnans3]
template <typename Word, typename... Words>
inline std::optional<Word> process_nans(Environment& env, Word first, Words... others)
{
    using F = Format<Word>;
    if (!(F::is_nan(first) || ... || F::is_nan(others))) [[likely]]
        return std::nullopt;
    Word const operands[] { first, others... };
    for (Word const operand : operands) {
        if (F::is_signalling_nan(operand))
            return process_nan(operand, env);
    }
    for (Word const operand : operands) {
        if (F::is_quiet_nan(operand))
            return process_nan(operand, env);
    }
    return std::nullopt;
}

template <typename Word> inline Word invalid_operation(Environment& env)
{
    env.raise(kInvalidOperation);
    return Format<Word>::default_nan();
}

}
