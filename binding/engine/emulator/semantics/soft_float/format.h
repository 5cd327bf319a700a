#pragma once

#include <cstdint>

namespace dormouse::emulator::soft_float {

// The interchange formats, named by the unsigned integer that holds one: uint16_t is binary16, uint32_t binary32,
// uint64_t binary64. [IEEE 754-2008, 3.6; Arm DDI 0487, A1.4 "Supported data types"]
template <typename Word> struct Format {
    static constexpr unsigned kBits = 8 * sizeof(Word);
    static constexpr unsigned kFractionBits = kBits == 16 ? 10 : kBits == 32 ? 23 : 52;
    static constexpr unsigned kExponentBits = kBits - 1 - kFractionBits;
    static constexpr int kBias = (1 << (kExponentBits - 1)) - 1;
    static constexpr int kMinimumExponent = 1 - kBias; // of the smallest normal number
    static constexpr int kSpecialExponent = (1 << kExponentBits) - 1; // biased exponent of infinities and NaNs

    static constexpr Word kSignMask = static_cast<Word>(Word { 1 } << (kBits - 1));
    static constexpr Word kFractionMask = static_cast<Word>((Word { 1 } << kFractionBits) - 1);
    static constexpr Word kQuietBit = static_cast<Word>(Word { 1 } << (kFractionBits - 1));

    static constexpr bool sign(Word word) { return (word & kSignMask) != 0; }
    static constexpr Word magnitude(Word word) { return static_cast<Word>(word & ~kSignMask); }
    static constexpr Word fraction(Word word) { return word & kFractionMask; }
    static constexpr int biased_exponent(Word word) { return static_cast<int>(magnitude(word) >> kFractionBits); }

    static constexpr Word pack(bool sign, int biased_exponent, Word fraction)
    {
        auto const exponent = static_cast<Word>(static_cast<Word>(biased_exponent) << kFractionBits);
        return static_cast<Word>((sign ? kSignMask : 0) | exponent | fraction);
    }
    static constexpr Word zero(bool sign) { return pack(sign, 0, 0); }
    static constexpr Word infinity(bool sign) { return pack(sign, kSpecialExponent, 0); }
    static constexpr Word max_normal(bool sign) { return pack(sign, kSpecialExponent - 1, kFractionMask); }
    static constexpr Word default_nan() { return pack(false, kSpecialExponent, kQuietBit); }
    static constexpr Word two(bool sign) { return pack(sign, kBias + 1, 0); }
    static constexpr Word one_point_five(bool sign) { return pack(sign, kBias, kQuietBit); }

    static constexpr bool is_infinity(Word word) { return magnitude(word) == infinity(false); }
    static constexpr bool is_nan(Word word) { return magnitude(word) > infinity(false); }
    static constexpr bool is_signalling_nan(Word word) { return is_nan(word) && (word & kQuietBit) == 0; }
    static constexpr bool is_quiet_nan(Word word) { return is_nan(word) && (word & kQuietBit) != 0; }
    static constexpr bool is_zero(Word word) { return magnitude(word) == 0; }
    static constexpr bool is_subnormal(Word word) { return biased_exponent(word) == 0 && fraction(word) != 0; }
};

// Sign operations never look at what the operand is: NaNs change sign as well and nothing is flushed.
// [Arm DDI 0487, shared/functions/float/fpabs and fpneg]
template <typename Word> constexpr Word absolute(Word word)
{
    return Format<Word>::magnitude(word);
}
template <typename Word> constexpr Word negate(Word word)
{
    return static_cast<Word>(word ^ Format<Word>::kSignMask);
}

}
