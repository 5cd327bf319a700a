#pragma once

#include <array>
#include <cstdint>

namespace dormouse::emulator::jit::x64 {

// Operands in the code buffer, 16 bytes each.
enum class VectorConstant : uint8_t {
    AbsoluteS,
    AbsoluteD,
    SignS,
    SignD,
    SmallestNormalS,
    SmallestNormalD,
    LargestSubnormalS,
    LargestSubnormalD,
    LargestS,
    LargestD,
    DefaultNanS,
    DefaultNanD,
    HalfS,
    HalfD,
    OneS,
    OneD,
    OneAndAHalfS,
    OneAndAHalfD,
    TwoS,
    TwoD,
    NoFractionS, // from here on all numbers are integers
    NoFractionD,
    HalvableS, // half of what is greater is a normal number
    HalvableD,
    UpperOnesS, // 0, 0, 1.0, 1.0
    Two32S, // 2^32 as single
    Two32D,
    Two63S,
    Two63D,
    Two31S,
    Below32S, // the greatest below 2^32
    Below63D, // the greatest below 2^63
    LargestHalf, // of half precision, as single
    AbsoluteHalf,
    SmallestNormalHalf,
    HalfExponents, // the highest exponent of half precision
    LowBytes, // 0xff in lanes of 16 bits
    LowHalves, // 0xffff in lanes of 32 bits
    BytesOne,
    HalvesOne,
    Nibbles, // 0x0f in all bytes
    BitCounts, // of 0 to 15
    LeadingZeros, // of 0 to 15 as four bits
    Reversed, // 0 to 15
    ReversedUpwards, // the same in the upper four bits
    LowByteS,
    LowByteD,
    IntegerOneS,
    IntegerOneD,
    LowBytesTwice, // of lanes of 16 bits
    PlacesLeft, // see emit_simd_shift_by_register.cpp
    PlacesRight,
    PowersOfTwo, // of 0 to 7, then zeros
    SplitBytes, // the even bytes, then the odd ones
    SplitHalves,
    Reverse16Bytes,
    Reverse32Bytes,
    Reverse32Halves,
    Reverse64Bytes,
    Reverse64Halves,
    TableLimit, // 0x70 in all bytes: what is added to an index so that bit 7 says that it is not below 16
    Bytes16, // 16 in all bytes
    SignBytes, // 0x80 in all bytes
    Crc32, // see emit_crypto.cpp
    Sha1K0,
    Sha1K1,
    Sha1K2,
    Count
};

struct VectorConstantValue {
    uint64_t low;
    uint64_t high;
};

constexpr VectorConstantValue all_words(uint32_t value)
{
    uint64_t const twice = uint64_t { value } << 32 | value;
    return { twice, twice };
}
constexpr VectorConstantValue all_doublewords(uint64_t value)
{
    return { value, value };
}

inline constexpr std::array<VectorConstantValue, static_cast<unsigned>(VectorConstant::Count)> kVectorConstants { {
    all_words(0x7fff'ffff),
    all_doublewords(0x7fff'ffff'ffff'ffff),
    all_words(0x8000'0000),
    all_doublewords(0x8000'0000'0000'0000),
    all_words(0x0080'0000),
    all_doublewords(0x0010'0000'0000'0000),
    all_words(0x007f'ffff),
    all_doublewords(0x000f'ffff'ffff'ffff),
    all_words(0x7f7f'ffff),
    all_doublewords(0x7fef'ffff'ffff'ffff),
    all_words(0x7fc0'0000),
    all_doublewords(0x7ff8'0000'0000'0000),
    all_words(0x3f00'0000),
    all_doublewords(0x3fe0'0000'0000'0000),
    all_words(0x3f80'0000),
    all_doublewords(0x3ff0'0000'0000'0000),
    all_words(0x3fc0'0000),
    all_doublewords(0x3ff8'0000'0000'0000),
    all_words(0x4000'0000),
    all_doublewords(0x4000'0000'0000'0000),
    all_words(0x4b00'0000),
    all_doublewords(0x4330'0000'0000'0000),
    all_words(0x0100'0000),
    all_doublewords(0x0020'0000'0000'0000),
    { 0, 0x3f80'0000'3f80'0000 },
    all_words(0x4f80'0000),
    all_doublewords(0x41f0'0000'0000'0000),
    all_words(0x5f00'0000),
    all_doublewords(0x43e0'0000'0000'0000),
    all_words(0x4f00'0000),
    all_words(0x4f7f'ffff),
    all_doublewords(0x43df'ffff'ffff'ffff),
    all_words(0x477f'e000),
    all_words(0x7fff'7fff),
    all_words(0x0400'0400),
    all_words(0x7c00'7c00),
    all_words(0x00ff'00ff),
    all_words(0x0000'ffff),
    all_words(0x0101'0101),
    all_words(0x0001'0001),
    all_words(0x0f0f'0f0f),
    { 0x0302'0201'0201'0100, 0x0403'0302'0302'0201 },
    { 0x0101'0101'0202'0304, 0 },
    { 0x0e06'0a02'0c04'0800, 0x0f07'0b03'0d05'0901 },
    { 0xe060'a020'c040'8000, 0xf070'b030'd050'9010 },
    all_words(0xff),
    all_doublewords(0xff),
    all_words(1),
    all_doublewords(1),
    { 0x0606'0404'0202'0000, 0x0e0e'0c0c'0a0a'0808 },
    all_words(0xf800'f800),
    all_words(0x0810'0810),
    { 0x8040'2010'0804'0201, 0 },
    { 0x0e0c'0a08'0604'0200, 0x0f0d'0b09'0705'0301 },
    { 0x0d0c'0908'0504'0100, 0x0f0e'0b0a'0706'0302 },
    { 0x0607'0405'0203'0001, 0x0e0f'0c0d'0a0b'0809 },
    { 0x0405'0607'0001'0203, 0x0c0d'0e0f'0809'0a0b },
    { 0x0504'0706'0100'0302, 0x0d0c'0f0e'0908'0b0a },
    { 0x0001'0203'0405'0607, 0x0809'0a0b'0c0d'0e0f },
    { 0x0100'0302'0504'0706, 0x0908'0b0a'0d0c'0f0e },
    all_words(0x7070'7070),
    all_words(0x1010'1010),
    all_words(0x8080'8080),
    { 0xb4e5'b025'f701'1641, 0x0000'0001'db71'0641 },
    all_words(0x5a82'7999),
    all_words(0x6ed9'eba1),
    all_words(0x8f1b'bcdc),
} };

}
