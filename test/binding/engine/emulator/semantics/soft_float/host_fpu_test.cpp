// Ordinary values, rounded to nearest: the host's own floating-point unit must agree with every result and with what it
// says about exactness. (Underflow is left out: some hosts look for it after rounding. NaNs are left out as well.)

#include "engine/emulator/semantics/soft_float/arithmetic.h"
#include "engine/emulator/semantics/soft_float/convert.h"
#include "engine/emulator/semantics/soft_float/outcome.h"

#include <bit>
#include <cfenv>
#include <cmath>
#include <doctest/doctest.h>
#include <random>
#include <type_traits>
#include <utility>

using namespace dormouse::emulator::soft_float;

namespace {

constexpr uint64_t kSeed = 0x5eed'f10a;
constexpr int kCases = 200'000;

// The volatile variables keep the compiler from computing across the calls that read and clear the flags.
template <typename Number, typename Operation> auto on_host(Operation operation, Number a, Number b, Number c)
{
    Number const volatile x = a;
    Number const volatile y = b;
    Number const volatile z = c;
    std::feclearexcept(FE_ALL_EXCEPT);
    auto const volatile result = operation(x, y, z);
    int const raised = std::fetestexcept(FE_ALL_EXCEPT);
    uint32_t const fpsr
        = ((raised & FE_INEXACT) ? IXC : 0) | ((raised & FE_OVERFLOW) ? OFC : 0) | ((raised & FE_DIVBYZERO) ? DZC : 0);
    return std::pair { +result, fpsr };
}

template <typename Word> using NumberOf = std::conditional_t<sizeof(Word) == 4, float, double>;

// Exponents near one another, so that additions cancel and products stay in range, and now and then any bits.
template <typename Word> Word ordinary(std::mt19937_64& random)
{
    constexpr unsigned kFractionBits = sizeof(Word) == 4 ? 23 : 52;
    constexpr Word kExponentOfOne = sizeof(Word) == 4 ? 127 : 1023;
    for (;;) {
        auto const bits = static_cast<Word>(random());
        Word const near_one
            = (bits & ~((2 * kExponentOfOne + 1) << kFractionBits)) | (kExponentOfOne - 8 + bits % 17) << kFractionBits;
        Word const word = random() % 4 == 0 ? bits : near_one;
        if (!std::isnan(std::bit_cast<NumberOf<Word>>(word)))
            return word;
    }
}

template <typename Word, typename Ours, typename Host> void agree(char const* name, Ours ours, Host host)
{
    using Number = NumberOf<Word>;
    std::mt19937_64 random { kSeed };
    for (int i = 0; i < kCases; ++i) {
        Word const a = ordinary<Word>(random);
        Word const b = ordinary<Word>(random);
        Word const c = ordinary<Word>(random);
        auto const [number, fpsr]
            = on_host(host, std::bit_cast<Number>(a), std::bit_cast<Number>(b), std::bit_cast<Number>(c));
        if (std::isnan(number))
            continue;
        auto outcome = evaluate(kNearest, ours, a, b, c);
        outcome.fpsr &= IXC | OFC | DZC;
        INFO(name << " seed " << kSeed << " case " << i << " " << hex(a) << " " << hex(b) << " " << hex(c));
        REQUIRE(outcome == decltype(outcome) { std::bit_cast<decltype(outcome.value)>(number), fpsr });
    }
}

template <typename Word> void agree_on_arithmetic()
{
    agree<Word>(
        "add", [](Word a, Word b, Word, Environment& env) { return add(a, b, env); },
        [](auto a, auto b, auto) { return a + b; });
    agree<Word>(
        "subtract", [](Word a, Word b, Word, Environment& env) { return subtract(a, b, env); },
        [](auto a, auto b, auto) { return a - b; });
    agree<Word>(
        "multiply", [](Word a, Word b, Word, Environment& env) { return multiply(a, b, env); },
        [](auto a, auto b, auto) { return a * b; });
    agree<Word>(
        "divide", [](Word a, Word b, Word, Environment& env) { return divide(a, b, env); },
        [](auto a, auto b, auto) { return a / b; });
    agree<Word>(
        "square root", [](Word a, Word, Word, Environment& env) { return square_root(a, env); },
        [](auto a, auto, auto) { return std::sqrt(a); });
}

}

TEST_CASE("single precision arithmetic is the host's")
{
    agree_on_arithmetic<uint32_t>();
}

TEST_CASE("double precision arithmetic is the host's")
{
    agree_on_arithmetic<uint64_t>();
}

TEST_CASE("fused multiply-add is the host's")
{
    // The C library may compute in software, so that its exceptions are not looked at.
    std::mt19937_64 random { kSeed };
    for (int i = 0; i < kCases; ++i) {
        auto const a = ordinary<uint64_t>(random);
        auto const b = ordinary<uint64_t>(random);
        auto const c = ordinary<uint64_t>(random);
        double const host = std::fma(std::bit_cast<double>(a), std::bit_cast<double>(b), std::bit_cast<double>(c));
        if (std::isnan(host))
            continue;
        INFO("seed " << kSeed << " case " << i);
        REQUIRE(evaluate(kNearest, multiply_add<uint64_t>, c, a, b).value == std::bit_cast<uint64_t>(host));
    }
}

TEST_CASE("narrowing and integer conversions are the host's")
{
    agree<uint64_t>(
        "narrow",
        [](uint64_t a, uint64_t, uint64_t, Environment& env) { return convert<uint32_t>(a, env.rounding(), env); },
        [](double a, double, double) { return static_cast<float>(a); });
    std::mt19937_64 random { kSeed };
    for (int i = 0; i < kCases; ++i) {
        auto const value = static_cast<int64_t>(random()) >> (random() % 64);
        INFO("seed " << kSeed << " value " << value);
        REQUIRE(evaluate(kNearest, from_fixed<uint64_t, int64_t>, value, 0u, Rounding::TiesToEven).value
            == std::bit_cast<uint64_t>(static_cast<double>(value)));
        REQUIRE(evaluate(kNearest, from_fixed<uint32_t, int64_t>, value, 0u, Rounding::TiesToEven).value
            == std::bit_cast<uint32_t>(static_cast<float>(value)));
    }
}
