#include "engine/emulator/semantics/soft_float/estimate.h"

#include "engine/emulator/semantics/soft_float/outcome.h"

#include <bit>
#include <cmath>
#include <doctest/doctest.h>

using namespace dormouse::emulator::soft_float;

namespace {

Outcome<uint32_t> reciprocal(uint32_t fpcr, uint32_t operand)
{
    return evaluate(fpcr, reciprocal_estimate<uint32_t>, operand);
}

Outcome<uint32_t> root(uint32_t fpcr, uint32_t operand)
{
    return evaluate(fpcr, reciprocal_square_root_estimate<uint32_t>, operand);
}

}

TEST_CASE("table ends are those of the manual")
{
    CHECK(reciprocal_table(256) == 511);
    CHECK(reciprocal_table(511) == 256);
    CHECK(reciprocal_square_root_table(128) == 511);
    CHECK(reciprocal_square_root_table(511) == 256);
}

TEST_CASE("estimates are within one part in 256")
{
    for (uint32_t step = 0; step < 2048; ++step) {
        double const x = std::ldexp(1.0 + (step % 512) / 512.0, static_cast<int>(step / 512));
        uint64_t const bits = std::bit_cast<uint64_t>(x);
        INFO("operand " << x);
        auto const inverse = evaluate(kNearest, reciprocal_estimate<uint64_t>, bits);
        auto const inverse_root = evaluate(kNearest, reciprocal_square_root_estimate<uint64_t>, bits);
        CHECK(std::abs(std::bit_cast<double>(inverse.value) * x - 1) <= 1.0 / 256);
        CHECK(std::abs(std::bit_cast<double>(inverse_root.value) * std::sqrt(x) - 1) <= 1.0 / 256);
        CHECK((inverse.fpsr | inverse_root.fpsr) == 0);
    }
}

TEST_CASE("reciprocal estimate: special operands")
{
    CHECK(reciprocal(kNearest, 0x3f80'0000) == Outcome<uint32_t> { 0x3f7f'8000, 0 });
    CHECK(reciprocal(kNearest, 0x8000'0000) == Outcome<uint32_t> { 0xff80'0000, DZC });
    CHECK(reciprocal(kNearest, 0xff80'0000) == Outcome<uint32_t> { 0x8000'0000, 0 });
    CHECK(reciprocal(kNearest, 0x7f80'0001) == Outcome<uint32_t> { 0x7fc0'0001, IOC });
    // Below 2^-128 the reciprocal overflows, in the way FPCR rounds.
    CHECK(reciprocal(kNearest, 0x001f'ffff) == Outcome<uint32_t> { 0x7f80'0000, OFC | IXC });
    CHECK(reciprocal(kZero, 0x001f'ffff) == Outcome<uint32_t> { 0x7f7f'ffff, OFC | IXC });
    CHECK(reciprocal(kUp, 0x801f'ffff) == Outcome<uint32_t> { 0xff7f'ffff, OFC | IXC });
    CHECK(reciprocal(kNearest, 0x0020'0000) == Outcome<uint32_t> { 0x7f7f'8000, 0 });
    // From 2^126 on it is subnormal.
    CHECK(reciprocal(kNearest, 0x7e80'0000) == Outcome<uint32_t> { 0x007f'c000, 0 });
    CHECK(reciprocal(kFz, 0x7e80'0000) == Outcome<uint32_t> { 0, UFC });
    CHECK(reciprocal(kFz, 0x0020'0000) == Outcome<uint32_t> { 0x7f80'0000, DZC | IDC });
}

TEST_CASE("reciprocal square root estimate: special operands")
{
    CHECK(root(kNearest, 0x3f80'0000) == Outcome<uint32_t> { 0x3f7f'8000, 0 });
    CHECK(root(kNearest, 0x8000'0000) == Outcome<uint32_t> { 0xff80'0000, DZC });
    CHECK(root(kNearest, 0xbf80'0000) == Outcome<uint32_t> { 0x7fc0'0000, IOC });
    CHECK(root(kNearest, 0x7f80'0000) == Outcome<uint32_t> { 0, 0 });
    CHECK(root(kNearest, 0x0000'0001) == Outcome<uint32_t> { 0x64b4'8000, 0 }); // near 2^74.5
}

TEST_CASE("reciprocal exponent")
{
    auto const exponent
        = [](uint32_t fpcr, uint32_t operand) { return evaluate(fpcr, reciprocal_exponent<uint32_t>, operand); };
    CHECK(exponent(kNearest, 0x3f80'0000) == Outcome<uint32_t> { 0x4000'0000, 0 });
    CHECK(exponent(kNearest, 0x8000'0000) == Outcome<uint32_t> { 0xff00'0000, 0 });
    CHECK(exponent(kNearest, 0x7f80'0000) == Outcome<uint32_t> { 0, 0 });
    CHECK(exponent(kFz, 0x0000'0001) == Outcome<uint32_t> { 0x7f00'0000, IDC });
}
