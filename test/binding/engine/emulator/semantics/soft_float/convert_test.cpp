#include "engine/emulator/semantics/soft_float/convert.h"

#include "engine/emulator/semantics/soft_float/format.h"
#include "engine/emulator/semantics/soft_float/outcome.h"

#include <bit>
#include <doctest/doctest.h>

using namespace dormouse::emulator::soft_float;

namespace {

template <typename Integer>
Outcome<Integer> integer(double value, Rounding rounding, unsigned fraction_bits = 0, uint32_t fpcr = kNearest)
{
    return evaluate(fpcr, [&](Environment& env) {
        return to_fixed<Integer>(std::bit_cast<uint64_t>(value), fraction_bits, rounding, env);
    });
}

Outcome<uint64_t> integral(double value, Rounding rounding, Inexactness report = Inexactness::Ignored)
{
    return evaluate(kNearest, round_to_integral<uint64_t>, std::bit_cast<uint64_t>(value), rounding, report);
}

Outcome<uint64_t> number(double value, uint32_t fpsr = 0)
{
    return { std::bit_cast<uint64_t>(value), fpsr };
}

template <typename To, typename From> Outcome<To> converted(uint32_t fpcr, From value)
{
    return evaluate(fpcr, [&](Environment& env) { return convert<To>(value, env.rounding(), env); });
}

}

TEST_CASE("round to integral in all directions")
{
    CHECK(integral(2.5, Rounding::TiesToEven) == number(2.0));
    CHECK(integral(3.5, Rounding::TiesToEven) == number(4.0));
    CHECK(integral(2.5, Rounding::TiesToAway) == number(3.0));
    CHECK(integral(-2.5, Rounding::TiesToAway) == number(-3.0));
    CHECK(integral(2.25, Rounding::TowardPlusInfinity) == number(3.0));
    CHECK(integral(-2.75, Rounding::TowardPlusInfinity) == number(-2.0));
    CHECK(integral(-2.25, Rounding::TowardMinusInfinity) == number(-3.0));
    CHECK(integral(-2.75, Rounding::TowardZero) == number(-2.0));
    CHECK(integral(-0.25, Rounding::TiesToEven) == number(-0.0)); // the sign stays
    CHECK(integral(0x1p-1074, Rounding::TowardPlusInfinity) == number(1.0));
    CHECK(integral(0x1.8p60, Rounding::TiesToEven, Inexactness::Reported) == number(0x1.8p60));
    CHECK(integral(2.5, Rounding::TiesToEven, Inexactness::Reported) == number(2.0, IXC));
}

TEST_CASE("to integers: saturation is invalid and not inexact")
{
    CHECK(integer<int32_t>(-1.5, Rounding::TowardZero) == Outcome<int32_t> { -1, IXC });
    CHECK(integer<int32_t>(0x1p31, Rounding::TowardZero) == Outcome<int32_t> { INT32_MAX, IOC });
    CHECK(integer<int32_t>(-0x1p31, Rounding::TowardZero) == Outcome<int32_t> { INT32_MIN, 0 });
    CHECK(integer<int32_t>(-2147483648.5, Rounding::TowardZero) == Outcome<int32_t> { INT32_MIN, IXC });
    CHECK(integer<int32_t>(-2147483648.5, Rounding::TowardMinusInfinity) == Outcome<int32_t> { INT32_MIN, IOC });
    CHECK(integer<int32_t>(2147483647.5, Rounding::TiesToEven) == Outcome<int32_t> { INT32_MAX, IOC });
    CHECK(integer<uint32_t>(-0.5, Rounding::TiesToEven) == Outcome<uint32_t> { 0, IXC });
    CHECK(integer<uint32_t>(-0.75, Rounding::TiesToEven) == Outcome<uint32_t> { 0, IOC });
    CHECK(integer<uint64_t>(0x1p63, Rounding::TowardZero) == Outcome<uint64_t> { uint64_t { 1 } << 63, 0 });
    CHECK(integer<uint64_t>(0x1p64, Rounding::TowardZero) == Outcome<uint64_t> { UINT64_MAX, IOC });
    CHECK(integer<int64_t>(0x1p1000, Rounding::TowardZero) == Outcome<int64_t> { INT64_MAX, IOC });
    CHECK(integer<int64_t>(-0x1p1000, Rounding::TowardZero) == Outcome<int64_t> { INT64_MIN, IOC });
    CHECK(integer<int64_t>(std::bit_cast<double>(kInfinity | kMinus), Rounding::TowardZero)
        == Outcome<int64_t> { INT64_MIN, IOC });
    CHECK(integer<int64_t>(std::bit_cast<double>(kQuietNan), Rounding::TowardZero) == Outcome<int64_t> { 0, IOC });
    CHECK(integer<int32_t>(2.5, Rounding::TiesToAway) == Outcome<int32_t> { 3, IXC });
    CHECK(integer<int32_t>(0x1p-1074, Rounding::TowardPlusInfinity) == Outcome<int32_t> { 1, IXC });
    CHECK(integer<int32_t>(0x1p-1074, Rounding::TowardPlusInfinity, 0, kFz) == Outcome<int32_t> { 0, IDC });
}

TEST_CASE("fixed-point numbers both ways")
{
    CHECK(integer<int32_t>(-1.75, Rounding::TowardZero, 2) == Outcome<int32_t> { -7, 0 });
    CHECK(integer<uint64_t>(0x1p-64, Rounding::TowardZero, 64) == Outcome<uint64_t> { 1, 0 });
    CHECK(integer<uint64_t>(1.0, Rounding::TowardZero, 64) == Outcome<uint64_t> { UINT64_MAX, IOC });

    auto const from = from_fixed<uint64_t, int64_t>;
    CHECK(evaluate(kNearest, from, int64_t { -7 }, 2u, Rounding::TiesToEven) == number(-1.75));
    CHECK(evaluate(kNearest, from, int64_t { 0 }, 64u, Rounding::TiesToEven) == number(0.0));
    CHECK(evaluate(kNearest, from, INT64_MIN, 0u, Rounding::TiesToEven) == number(-0x1p63));
    CHECK(evaluate(kNearest, from, INT64_MAX, 0u, Rounding::TiesToEven) == number(0x1p63, IXC));
    CHECK(evaluate(kNearest, from, INT64_MAX, 0u, Rounding::TowardZero) == number(0x1.fffffffffffffp62, IXC));
    CHECK(
        evaluate(kNearest, from_fixed<uint64_t, uint64_t>, UINT64_MAX, 64u, Rounding::TiesToEven) == number(1.0, IXC));
}

TEST_CASE("every half precision number survives the way to single and double precision and back")
{
    for (uint32_t fpcr : { kNearest, kAhp }) {
        for (uint32_t bits = 0; bits < 0x1'0000; ++bits) {
            auto const half = static_cast<uint16_t>(bits);
            if (fpcr == kNearest && Format<uint16_t>::is_signalling_nan(half))
                continue;
            auto const single = converted<uint32_t>(fpcr, half);
            auto const wide = converted<uint64_t>(fpcr, half);
            bool const same = converted<uint16_t>(fpcr, single.value) == Outcome<uint16_t> { half, 0 }
                && converted<uint16_t>(fpcr, wide.value) == Outcome<uint16_t> { half, 0 }
                && converted<uint64_t>(fpcr, single.value) == wide && single.fpsr == 0;
            INFO("half precision " << bits << " fpcr " << fpcr);
            REQUIRE(same);
        }
    }
}

TEST_CASE("half precision: range, rounding, the alternative format")
{
    CHECK(converted<uint16_t>(kNearest, std::bit_cast<uint32_t>(65519.0f)) == Outcome<uint16_t> { 0x7bff, IXC });
    CHECK(converted<uint16_t>(kNearest, std::bit_cast<uint32_t>(65520.0f)) == Outcome<uint16_t> { 0x7c00, OFC | IXC });
    CHECK(converted<uint16_t>(kAhp, std::bit_cast<uint32_t>(65536.0f)) == Outcome<uint16_t> { 0x7c00, 0 });
    CHECK(converted<uint16_t>(kAhp, std::bit_cast<uint32_t>(-131072.0f)) == Outcome<uint16_t> { 0xffff, IOC });
    CHECK(converted<uint16_t>(kAhp, kInfinity) == Outcome<uint16_t> { 0x7fff, IOC });
    CHECK(converted<uint16_t>(kAhp, kQuietNan) == Outcome<uint16_t> { 0x8000, IOC });
    CHECK(converted<uint64_t>(kAhp, uint16_t { 0x7c00 }) == number(65536.0));
    CHECK(converted<uint64_t>(kNearest, uint16_t { 0x7c00 }) == Outcome<uint64_t> { kInfinity, 0 });
    // Halfway between zero and the smallest subnormal.
    CHECK(converted<uint16_t>(kNearest, std::bit_cast<uint32_t>(0x1p-25f)) == Outcome<uint16_t> { 0, UFC | IXC });
    CHECK(converted<uint16_t>(kUp, std::bit_cast<uint32_t>(0x1p-25f)) == Outcome<uint16_t> { 1, UFC | IXC });
    // FZ is for single and double precision: half precision results and operands are not flushed.
    CHECK(converted<uint16_t>(kFz, std::bit_cast<uint32_t>(0x1p-24f)) == Outcome<uint16_t> { 1, 0 });
    CHECK(converted<uint32_t>(kFz, uint16_t { 1 }) == Outcome<uint32_t> { std::bit_cast<uint32_t>(0x1p-24f), 0 });
}

TEST_CASE("NaNs keep the upper part of their payload between formats")
{
    CHECK(converted<uint32_t>(kNearest, uint64_t { 0xfff8'0000'2000'0001 }) == Outcome<uint32_t> { 0xffc0'0001, 0 });
    CHECK(converted<uint32_t>(kNearest, uint64_t { 0x7ff0'0000'2000'0000 }) == Outcome<uint32_t> { 0x7fc0'0001, IOC });
    CHECK(converted<uint64_t>(kNearest, uint16_t { 0x7c01 }) == Outcome<uint64_t> { 0x7ff8'0400'0000'0000, IOC });
    CHECK(converted<uint32_t>(kDn, uint64_t { 0xfff8'0000'2000'0001 }) == Outcome<uint32_t> { 0x7fc0'0000, 0 });
}

TEST_CASE("rounding to odd keeps the trace of what was cut off")
{
    auto const odd = [](double value) {
        return evaluate(kNearest, convert<uint32_t, uint64_t>, std::bit_cast<uint64_t>(value), Rounding::ToOdd);
    };
    CHECK(odd(1.0 + 0x1p-40) == Outcome<uint32_t> { 0x3f80'0001, IXC });
    CHECK(odd(1.0 + 0x1.8p-23) == Outcome<uint32_t> { 0x3f80'0001, IXC });
    CHECK(odd(1.0) == Outcome<uint32_t> { 0x3f80'0000, 0 });
    CHECK(odd(1e300) == Outcome<uint32_t> { 0x7f7f'ffff, OFC | IXC });
    CHECK(odd(0x1p-1000) == Outcome<uint32_t> { 1, UFC | IXC });
}
