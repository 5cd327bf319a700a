#pragma once

#include <array>
#include <cstdint>

// The field of AES, GF(2^8) modulo x^8 + x^4 + x^3 + x + 1, and its substitution boxes, computed at compile time from
// their definition. [FIPS 197, 4.2 and 5.1.1]
namespace dormouse::emulator::semantics::aes {

constexpr uint8_t multiply(uint8_t a, uint8_t b)
{
    unsigned product = 0;
    for (unsigned i = 0; i < 8; i++)
        product ^= (b >> i & 1u) ? unsigned { a } << i : 0u;
    for (unsigned i = 14; i >= 8; i--)
        product ^= (product >> i & 1u) ? 0x11bu << (i - 8) : 0u;
    return static_cast<uint8_t>(product);
}

constexpr std::array<uint8_t, 256> make_substitution()
{
    // Powers of the generator 3 and of its inverse 0xf6 walk all pairs (a, 1/a).
    std::array<uint8_t, 256> table {};
    table[0] = 0x63;
    uint8_t a = 1;
    uint8_t reciprocal = 1;
    for (unsigned i = 0; i < 255; i++) {
        uint8_t value = 0x63;
        for (unsigned turn = 0; turn < 5; turn++)
            value ^= static_cast<uint8_t>(reciprocal << turn | reciprocal >> (8 - turn));
        table[a] = value;
        a = multiply(a, 3);
        reciprocal = multiply(reciprocal, 0xf6);
    }
    return table;
}

constexpr std::array<uint8_t, 256> invert(std::array<uint8_t, 256> const& table)
{
    std::array<uint8_t, 256> inverted {};
    for (unsigned i = 0; i < 256; i++)
        inverted[table[i]] = static_cast<uint8_t>(i);
    return inverted;
}

inline constexpr std::array<uint8_t, 256> kSubstitution = make_substitution();
inline constexpr std::array<uint8_t, 256> kInverseSubstitution = invert(kSubstitution);

}
