#include "engine/emulator/semantics/soft_float/arithmetic.h"

#include "engine/emulator/semantics/soft_float/sum.h"

namespace dormouse::emulator::soft_float {

namespace {

    template <typename Word> Word add_unpacked(Unpacked const& a, Unpacked const& b, Environment& env)
    {
        using F = Format<Word>;
        if (a.kind == Kind::Infinity || b.kind == Kind::Infinity) {
            if (a.kind == b.kind && a.sign != b.sign)
                return invalid_operation<Word>(env);
            return F::infinity(a.kind == Kind::Infinity ? a.sign : b.sign);
        }
        if (a.kind == Kind::Zero && b.kind == Kind::Zero && a.sign == b.sign)
            return F::zero(a.sign);
        return round_sum<Word>(sum(exact<uint64_t>(a), exact<uint64_t>(b)), env);
    }

    enum class InfinityTimesZero { Invalid, Two };

    template <typename Word> Word multiply_as(Word x, Word y, InfinityTimesZero policy, Environment& env)
    {
        using F = Format<Word>;
        Unpacked const a = unpack(x, env);
        Unpacked const b = unpack(y, env);
        if (auto const nan = process_nans(env, x, y))
            return *nan;
        bool const sign = a.sign != b.sign;
        bool const zero = a.kind == Kind::Zero || b.kind == Kind::Zero;
        if (a.kind == Kind::Infinity || b.kind == Kind::Infinity) {
            if (!zero)
                return F::infinity(sign);
            return policy == InfinityTimesZero::Two ? F::two(sign) : invalid_operation<Word>(env);
        }
        return zero ? F::zero(sign) : round<Word>(narrowed(product<Word>(a, b)), env.rounding(), env);
    }

    // Left-aligned in 64 bits. The number must not be zero.
    Unpacked left_aligned(Unpacked number)
    {
        int const distance = std::countl_zero(number.significand);
        number.significand <<= distance;
        number.exponent -= distance;
        return number;
    }

    struct Root {
        uint64_t root; // floor(sqrt(radicand))
        uint64_t remainder; // radicand - root^2
    };

    // Digit by digit; radicand < 2^64.
    Root integer_root(uint64_t radicand)
    {
        uint64_t root = 0;
        for (uint64_t digit = uint64_t { 1 } << 62; digit != 0; digit >>= 2) {
            if (radicand >= root + digit) {
                radicand -= root + digit;
                root = (root >> 1) + digit;
            } else {
                root >>= 1;
            }
        }
        return { root, radicand };
    }

    struct StickyRoot {
        uint64_t root; // floor(sqrt(radicand))
        bool exact;
    };

    // radicand = high * 2^64, high >= 2^62: the root of the upper half, then one step of long division by twice that
    // root. [P. Zimmermann, "Karatsuba Square Root", INRIA RR-3805]
    StickyRoot wide_root(uint64_t high)
    {
        Root const upper = integer_root(high);
        Uint128 const dividend = Uint128 { upper.remainder } << 32;
        auto const digits = static_cast<uint64_t>(dividend / (2 * upper.root));
        auto const rest = static_cast<uint64_t>(dividend % (2 * upper.root));
        Uint128 const square = Uint128 { digits } * digits;
        Uint128 const remainder = Uint128 { rest } << 32;
        Uint128 const root = (Uint128 { upper.root } << 32) + digits;
        bool const too_large = remainder < square;
        return { static_cast<uint64_t>(root - too_large), remainder == square };
    }

    // base - a * b in one rounding, halved when asked; infinity times zero leaves `base`.
    template <typename Word> Word step(unsigned base, int halvings, Word x, Word y, Word special, Environment& env)
    {
        using F = Format<Word>;
        x = negate(x);
        Unpacked const a = unpack(x, env);
        Unpacked const b = unpack(y, env);
        if (auto const nan = process_nans(env, x, y))
            return *nan;
        bool const zero = a.kind == Kind::Zero || b.kind == Kind::Zero;
        if (a.kind == Kind::Infinity || b.kind == Kind::Infinity)
            return zero ? special : F::infinity(a.sign != b.sign);
        BasicExact<ProductDigits<Word>> total { false, 0, base };
        if (!zero)
            total = sum(total, product<Word>(a, b));
        total.exponent -= halvings;
        return round_sum<Word>(total, env);
    }

}

template <typename Word> Word add(Word x, Word y, Environment& env)
{
    Unpacked const a = unpack(x, env);
    Unpacked const b = unpack(y, env);
    if (auto const nan = process_nans(env, x, y))
        return *nan;
    return add_unpacked<Word>(a, b, env);
}

template <typename Word> Word subtract(Word x, Word y, Environment& env)
{
    Unpacked const a = unpack(x, env);
    Unpacked b = unpack(y, env);
    if (auto const nan = process_nans(env, x, y))
        return *nan;
    b.sign = !b.sign;
    return add_unpacked<Word>(a, b, env);
}

template <typename Word> Word multiply(Word x, Word y, Environment& env)
{
    return multiply_as(x, y, InfinityTimesZero::Invalid, env);
}

template <typename Word> Word multiply_extended(Word x, Word y, Environment& env)
{
    return multiply_as(x, y, InfinityTimesZero::Two, env);
}

template <typename Word> Word divide(Word dividend, Word divisor, Environment& env)
{
    using F = Format<Word>;
    Unpacked a = unpack(dividend, env);
    Unpacked b = unpack(divisor, env);
    if (auto const nan = process_nans(env, dividend, divisor))
        return *nan;
    bool const sign = a.sign != b.sign;
    if (a.kind == b.kind && a.kind != Kind::Finite)
        return invalid_operation<Word>(env);
    if (a.kind == Kind::Infinity || b.kind == Kind::Zero) {
        if (a.kind != Kind::Infinity)
            env.raise(kDivideByZero);
        return F::infinity(sign);
    }
    if (a.kind == Kind::Zero || b.kind == Kind::Infinity)
        return F::zero(sign);

    // Quotients of left-aligned 64-bit numbers, scaled by 2^61, have 61 or 62 digits; the remainder becomes one more.
    a = left_aligned(a);
    b = left_aligned(b);
    Uint128 const scaled = Uint128 { a.significand } << 61;
    auto const quotient = static_cast<uint64_t>(scaled / b.significand);
    bool const inexact = Uint128 { quotient } * b.significand != scaled;
    Exact const result { sign, a.exponent - b.exponent - 62, quotient << 1 | uint64_t { inexact } };
    return round<Word>(result, env.rounding(), env);
}

template <typename Word> Word square_root(Word operand, Environment& env)
{
    using F = Format<Word>;
    Unpacked number = unpack(operand, env);
    if (number.is_nan())
        return process_nan(operand, env);
    if (number.kind == Kind::Zero)
        return F::zero(number.sign);
    if (number.sign)
        return invalid_operation<Word>(env);
    if (number.kind == Kind::Infinity)
        return F::infinity(false);

    // sqrt(s * 2^e) = sqrt(s * 2^64) * 2^((e - 64) / 2), for which e must be even.
    number = left_aligned(number);
    if (number.exponent % 2 != 0) {
        number.significand >>= 1; // a left-aligned number of at most 53 digits loses nothing
        ++number.exponent;
    }
    StickyRoot const root = wide_root(number.significand);
    uint64_t const digits = shift_right_sticky(root.root, 2) | uint64_t { !root.exact };
    return round<Word>({ false, (number.exponent - 64) / 2 + 2, digits }, env.rounding(), env);
}

template <typename Word> Word multiply_add(Word addend, Word x, Word y, Environment& env)
{
    using F = Format<Word>;
    Unpacked const c = unpack(addend, env);
    Unpacked const a = unpack(x, env);
    Unpacked const b = unpack(y, env);
    bool const infinite = a.kind == Kind::Infinity || b.kind == Kind::Infinity;
    bool const zero = a.kind == Kind::Zero || b.kind == Kind::Zero;
    // Infinity times zero is invalid even when a quiet NaN is added to it.
    if (infinite && zero && c.kind != Kind::SignallingNan)
        return invalid_operation<Word>(env);
    if (auto const nan = process_nans(env, addend, x, y))
        return *nan;

    bool const sign = a.sign != b.sign;
    if (c.kind == Kind::Infinity && infinite && c.sign != sign)
        return invalid_operation<Word>(env);
    if (c.kind == Kind::Infinity || infinite)
        return F::infinity(infinite ? sign : c.sign);
    if (c.kind == Kind::Zero && zero && c.sign == sign)
        return F::zero(sign);
    return round_sum<Word>(sum(exact<ProductDigits<Word>>(c), product<Word>(a, b)), env);
}

template <typename Word> Word reciprocal_step(Word x, Word y, Environment& env)
{
    return step<Word>(2, 0, x, y, Format<Word>::two(false), env);
}

template <typename Word> Word reciprocal_square_root_step(Word x, Word y, Environment& env)
{
    return step<Word>(3, 1, x, y, Format<Word>::one_point_five(false), env);
}

template uint32_t add(uint32_t, uint32_t, Environment&);
template uint64_t add(uint64_t, uint64_t, Environment&);
template uint32_t subtract(uint32_t, uint32_t, Environment&);
template uint64_t subtract(uint64_t, uint64_t, Environment&);
template uint32_t multiply(uint32_t, uint32_t, Environment&);
template uint64_t multiply(uint64_t, uint64_t, Environment&);
template uint32_t multiply_extended(uint32_t, uint32_t, Environment&);
template uint64_t multiply_extended(uint64_t, uint64_t, Environment&);
template uint32_t divide(uint32_t, uint32_t, Environment&);
template uint64_t divide(uint64_t, uint64_t, Environment&);
template uint32_t square_root(uint32_t, Environment&);
template uint64_t square_root(uint64_t, Environment&);
template uint32_t multiply_add(uint32_t, uint32_t, uint32_t, Environment&);
template uint64_t multiply_add(uint64_t, uint64_t, uint64_t, Environment&);
template uint32_t reciprocal_step(uint32_t, uint32_t, Environment&);
template uint64_t reciprocal_step(uint64_t, uint64_t, Environment&);
template uint32_t reciprocal_square_root_step(uint32_t, uint32_t, Environment&);
template uint64_t reciprocal_square_root_step(uint64_t, uint64_t, Environment&);

}
