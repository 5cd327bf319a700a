#pragma once

#include "engine/emulator/semantics/soft_float/arithmetic.h"
#include "engine/emulator/semantics/soft_float/compare.h"
#include "engine/emulator/semantics/soft_float/convert.h"
#include "engine/emulator/semantics/soft_float/estimate.h"
#include "engine/emulator/semantics/soft_float/format.h"

#include <type_traits>

// The functions of soft_float/ as objects that work on either format, so that the scalar, vector, pairwise and
// by-element forms of an instruction name the same operation. Operands are raw words, the last argument is the
// environment.
namespace dormouse::emulator::semantics::operations {

using soft_float::Environment;
using soft_float::Inexactness;
using soft_float::NanPolicy;
using soft_float::Relation;
using soft_float::Rounding;

inline constexpr auto absolute = [](auto a, Environment&) { return soft_float::absolute(a); };
inline constexpr auto negate = [](auto a, Environment&) { return soft_float::negate(a); };
inline constexpr auto square_root = [](auto a, Environment& env) { return soft_float::square_root(a, env); };
inline constexpr auto reciprocal_estimate
    = [](auto a, Environment& env) { return soft_float::reciprocal_estimate(a, env); };
inline constexpr auto reciprocal_square_root_estimate
    = [](auto a, Environment& env) { return soft_float::reciprocal_square_root_estimate(a, env); };
inline constexpr auto reciprocal_exponent
    = [](auto a, Environment& env) { return soft_float::reciprocal_exponent(a, env); };

inline constexpr auto add = [](auto a, auto b, Environment& env) { return soft_float::add(a, b, env); };
inline constexpr auto subtract = [](auto a, auto b, Environment& env) { return soft_float::subtract(a, b, env); };
inline constexpr auto multiply = [](auto a, auto b, Environment& env) { return soft_float::multiply(a, b, env); };
inline constexpr auto divide = [](auto a, auto b, Environment& env) { return soft_float::divide(a, b, env); };
inline constexpr auto multiply_extended
    = [](auto a, auto b, Environment& env) { return soft_float::multiply_extended(a, b, env); };
// The sign of a NaN changes as well.
inline constexpr auto negated_multiply
    = [](auto a, auto b, Environment& env) { return soft_float::negate(soft_float::multiply(a, b, env)); };
inline constexpr auto absolute_difference
    = [](auto a, auto b, Environment& env) { return soft_float::absolute(soft_float::subtract(a, b, env)); };
inline constexpr auto reciprocal_step
    = [](auto a, auto b, Environment& env) { return soft_float::reciprocal_step(a, b, env); };
inline constexpr auto reciprocal_square_root_step
    = [](auto a, auto b, Environment& env) { return soft_float::reciprocal_square_root_step(a, b, env); };

inline constexpr auto maximum = [](auto a, auto b, Environment& env) { return soft_float::maximum(a, b, env); };
inline constexpr auto minimum = [](auto a, auto b, Environment& env) { return soft_float::minimum(a, b, env); };
inline constexpr auto maximum_number
    = [](auto a, auto b, Environment& env) { return soft_float::maximum_number(a, b, env); };
inline constexpr auto minimum_number
    = [](auto a, auto b, Environment& env) { return soft_float::minimum_number(a, b, env); };

inline constexpr auto multiply_add
    = [](auto addend, auto a, auto b, Environment& env) { return soft_float::multiply_add(addend, a, b, env); };
inline constexpr auto multiply_subtract = [](auto addend, auto a, auto b, Environment& env) {
    return soft_float::multiply_add(addend, soft_float::negate(a), b, env);
};

// All ones when the relation holds, else zero. FCMEQ is quiet, the ordered comparisons are not.
template <typename Word> Word mask(bool holds)
{
    return holds ? static_cast<Word>(~Word { 0 }) : Word { 0 };
}
inline constexpr auto equal = [](auto a, auto b, Environment& env) {
    return mask<decltype(a)>(soft_float::compare(a, b, NanPolicy::SignallingIsInvalid, env) == Relation::Equal);
};
inline constexpr auto greater = [](auto a, auto b, Environment& env) {
    return mask<decltype(a)>(soft_float::compare(a, b, NanPolicy::AnyIsInvalid, env) == Relation::Greater);
};
inline constexpr auto greater_or_equal = [](auto a, auto b, Environment& env) {
    Relation const relation = soft_float::compare(a, b, NanPolicy::AnyIsInvalid, env);
    return mask<decltype(a)>(relation == Relation::Greater || relation == Relation::Equal);
};
inline constexpr auto absolute_greater
    = [](auto a, auto b, Environment& env) { return greater(soft_float::absolute(a), soft_float::absolute(b), env); };
inline constexpr auto absolute_greater_or_equal = [](auto a, auto b, Environment& env) {
    return greater_or_equal(soft_float::absolute(a), soft_float::absolute(b), env);
};

template <Rounding Mode>
inline constexpr auto round_to_integral
    = [](auto a, Environment& env) { return soft_float::round_to_integral(a, Mode, Inexactness::Ignored, env); };
inline constexpr auto round_to_integral_current = [](auto a, Environment& env) {
    return soft_float::round_to_integral(a, env.rounding(), Inexactness::Ignored, env);
};
inline constexpr auto round_to_integral_exact = [](auto a, Environment& env) {
    return soft_float::round_to_integral(a, env.rounding(), Inexactness::Reported, env);
};

// Integers as wide as the format.
template <Rounding Mode>
inline constexpr auto to_signed = [](auto a, Environment& env) {
    using Word = decltype(a);
    return static_cast<Word>(soft_float::to_fixed<std::make_signed_t<Word>>(a, 0, Mode, env));
};
template <Rounding Mode>
inline constexpr auto to_unsigned
    = [](auto a, Environment& env) { return soft_float::to_fixed<decltype(a)>(a, 0, Mode, env); };
inline constexpr auto from_signed = [](auto a, Environment& env) {
    using Word = decltype(a);
    return soft_float::from_fixed<Word>(static_cast<std::make_signed_t<Word>>(a), 0, env.rounding(), env);
};
inline constexpr auto from_unsigned
    = [](auto a, Environment& env) { return soft_float::from_fixed<decltype(a)>(a, 0, env.rounding(), env); };

}
