#pragma once

#include "engine/emulator/semantics/simd_lanes.h"

// Multiplications on one lane, which the vector, scalar and by-element forms share.
namespace dormouse::emulator::semantics {

// Low bits alone, for which 64 unsigned bits do whatever the signs are.
inline constexpr auto multiply = [](auto n, auto m) { return static_cast<uint64_t>(n) * static_cast<uint64_t>(m); };
inline constexpr auto multiply_add = [](auto d, auto n, auto m) { return static_cast<uint64_t>(d) + multiply(n, m); };
inline constexpr auto multiply_subtract
    = [](auto d, auto n, auto m) { return static_cast<uint64_t>(d) - multiply(n, m); };

// For wide lanes.
inline constexpr auto multiply_doubling = [](auto n, auto m) { return 2 * (exact(n) * m); };

// The upper half of 2 * n * m. [Arm DDI 0487, SQDMULH, SQRDMULH]
template <bool Rounding> auto doubling_high(Cpu& cpu)
{
    return [&cpu](auto n, auto m) {
        constexpr unsigned bits = 8 * sizeof(n);
        constexpr Int128 round = Rounding ? Int128 { 1 } << (bits - 1) : 0;
        return saturate<decltype(n)>(cpu, (2 * (Int128 { n } * m) + round) >> bits);
    };
}

// The upper half of d * 2^bits + sign * 2 * n * m, rounded. [Arm DDI 0487, SQRDMLAH, SQRDMLSH]
template <int Sign> auto doubling_high_accumulate(Cpu& cpu)
{
    return [&cpu](auto d, auto n, auto m) {
        constexpr unsigned bits = 8 * sizeof(n);
        Int128 const sum = (Int128 { d } << bits) + Sign * 2 * (Int128 { n } * m) + (Int128 { 1 } << (bits - 1));
        return saturate<decltype(n)>(cpu, sum >> bits);
    };
}

// The product saturates on its own before it is added. [Arm DDI 0487, SQDMLAL, SQDMLSL]
template <int Sign> auto doubling_accumulate(Cpu& cpu)
{
    return [&cpu](auto d, auto n, auto m) {
        auto const product = exact(saturate<decltype(n)>(cpu, multiply_doubling(n, m)));
        return saturate<decltype(n)>(cpu, d + Sign * product);
    };
}

// Carry-less product: polynomials over {0,1}. [Arm DDI 0487, shared/functions "PolynomialMult"]
template <typename T> constexpr T carryless_multiply(T n, T m, unsigned bits)
{
    T product = 0;
    for (unsigned i = 0; i < bits; i++)
        product ^= (m >> i & 1) ? static_cast<T>(n << i) : T { 0 };
    return product;
}

}
