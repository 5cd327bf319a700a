#include "engine/emulator/semantics/soft_float/estimate.h"

#include "engine/emulator/semantics/soft_float/round.h"

#include <array>

namespace dormouse::emulator::soft_float {

namespace {

    struct Scaled {
        int biased_exponent; // zero or negative for what was subnormal
        uint64_t fraction; // 52 bits, without the leading one
    };

    // As if the exponent had no lower limit. The number must not be zero.
    template <typename Word> Scaled scaled(Word number)
    {
        using F = Format<Word>;
        uint64_t fraction = uint64_t { F::fraction(number) } << (52 - F::kFractionBits);
        int exponent = F::biased_exponent(number);
        constexpr uint64_t kLeading = uint64_t { 1 } << 52;
        if (exponent == 0) {
            for (exponent = 1; (fraction & kLeading) == 0; --exponent)
                fraction <<= 1;
        }
        return { exponent, fraction & (kLeading - 1) };
    }

    constexpr uint32_t kFirstSquareRootOperand = 128;

    // Operands below 256 stand for [1/4, 1/2) in steps of 1/512, the others for [1/2, 1) in steps of 1/256: half of the
    // largest nine-bit root of the reciprocal of the middle of the operand's interval, rounded.
    constexpr std::array<uint16_t, 512 - kFirstSquareRootOperand> kSquareRootEstimates = [] {
        std::array<uint16_t, 512 - kFirstSquareRootOperand> table {};
        for (uint32_t operand = kFirstSquareRootOperand; operand < 512; ++operand) {
            uint64_t const middle = operand < 256 ? 2 * operand + 1 : ((operand & ~1u) + 1) * 2;
            uint64_t root = 512;
            while (middle * (root + 1) * (root + 1) < (uint64_t { 1 } << 28))
                ++root;
            table[operand - kFirstSquareRootOperand] = static_cast<uint16_t>((root + 1) / 2);
        }
        return table;
    }();

    template <typename Word> Word assemble(bool sign, int biased_exponent, uint64_t fraction)
    {
        using F = Format<Word>;
        return F::pack(sign, biased_exponent, static_cast<Word>(fraction >> (52 - F::kFractionBits)));
    }

}

uint32_t reciprocal_table(uint32_t operand)
{
    // The reciprocal of the middle of the operand's interval, rounded to nearest.
    return ((uint32_t { 1 } << 19) / (2 * operand + 1) + 1) / 2;
}

uint32_t reciprocal_square_root_table(uint32_t operand)
{
    return kSquareRootEstimates[operand - kFirstSquareRootOperand];
}

template <typename Word> Word reciprocal_estimate(Word operand, Environment& env)
{
    using F = Format<Word>;
    Unpacked const number = unpack(operand, env);
    bool const sign = number.sign;
    if (number.is_nan())
        return process_nan(operand, env);
    if (number.kind == Kind::Infinity)
        return F::zero(sign);
    if (number.kind == Kind::Zero) {
        env.raise(kDivideByZero);
        return F::infinity(sign);
    }
    Scaled const input = scaled(operand);
    if (input.biased_exponent < -1) // below 2^-(bias + 1): the reciprocal is too large
        return overflow<Word>(sign, env.rounding(), env);
    int const exponent = 2 * F::kBias - 1 - input.biased_exponent;
    if (exponent <= 0 && env.flush_to_zero()) {
        env.raise(kUnderflow);
        return F::zero(sign);
    }

    auto const index = static_cast<uint32_t>(256 | input.fraction >> 44);
    uint64_t const estimate = uint64_t { reciprocal_table(index) } << 44; // with its leading one in bit 52
    if (exponent > 0)
        return assemble<Word>(sign, exponent, estimate & ((uint64_t { 1 } << 52) - 1));
    return assemble<Word>(sign, 0, estimate >> (1 - exponent));
}

template <typename Word> Word reciprocal_square_root_estimate(Word operand, Environment& env)
{
    using F = Format<Word>;
    Unpacked const number = unpack(operand, env);
    if (number.is_nan())
        return process_nan(operand, env);
    if (number.kind == Kind::Zero) {
        env.raise(kDivideByZero);
        return F::infinity(number.sign);
    }
    if (number.sign)
        return invalid_operation<Word>(env);
    if (number.kind == Kind::Infinity)
        return F::zero(false);

    Scaled const input = scaled(operand);
    bool const odd = input.biased_exponent % 2 != 0;
    auto const index = static_cast<uint32_t>(odd ? 128 | input.fraction >> 45 : 256 | input.fraction >> 44);
    int const exponent = (3 * F::kBias - 1 - input.biased_exponent) / 2;
    uint64_t const estimate = uint64_t { reciprocal_square_root_table(index) & 255 } << 44;
    return assemble<Word>(false, exponent, estimate);
}

template <typename Word> Word reciprocal_exponent(Word operand, Environment& env)
{
    using F = Format<Word>;
    Unpacked const number = unpack(operand, env);
    if (number.is_nan())
        return process_nan(operand, env);
    int const biased = F::biased_exponent(operand);
    return F::pack(number.sign, biased == 0 ? F::kSpecialExponent - 1 : F::kSpecialExponent & ~biased, 0);
}

template uint32_t reciprocal_estimate(uint32_t, Environment&);
template uint64_t reciprocal_estimate(uint64_t, Environment&);
template uint32_t reciprocal_square_root_estimate(uint32_t, Environment&);
template uint64_t reciprocal_square_root_estimate(uint64_t, Environment&);
template uint32_t reciprocal_exponent(uint32_t, Environment&);
template uint64_t reciprocal_exponent(uint64_t, Environment&);

}
