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
    UpperOnesS, // 0, 0, 1.0, 1.0
    Two32S, // 2^32 as single
    Two32D,
    Two63S,
    Two63D,
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
    { 0, 0x3f80'0000'3f80'0000 },
    all_words(0x4f80'0000),
    all_doublewords(0x41f0'0000'0000'0000),
    all_words(0x5f00'0000),
    all_doublewords(0x43e0'0000'0000'0000),
} };

}
