#include "engine/emulator/semantics/soft_float/arithmetic.h"

#include "engine/emulator/semantics/soft_float/outcome.h"

#include <doctest/doctest.h>

using namespace dormouse::emulator::soft_float;

namespace {

struct Binary {
    uint32_t fpcr;
    uint64_t a;
    uint64_t b;
    Outcome<uint64_t> expected;
};

template <size_t Count> void check(char const* name, auto function, Binary const (&cases)[Count])
{
    for (Binary const& row : cases) {
        INFO(name << " fpcr " << hex(row.fpcr) << " " << hex(row.a) << " " << hex(row.b));
        CHECK(evaluate(row.fpcr, function, row.a, row.b) == row.expected);
    }
}

}

TEST_CASE("addition: infinities, zeros, rounding and flushing")
{
    constexpr uint64_t kHalfUlpOfOne = 0x3ca0'0000'0000'0000; // 2^-53
    check("add", add<uint64_t>,
        {
            { kNearest, kInfinity, kInfinity | kMinus, { kDefaultNan, IOC } },
            { kNearest, kInfinity, kMax | kMinus, { kInfinity, 0 } },
            { kNearest, kMinus, kMinus, { kMinus, 0 } },
            { kNearest, 0, kMinus, { 0, 0 } },
            { kDown, 0, kMinus, { kMinus, 0 } },
            { kNearest, kOne, kOne | kMinus, { 0, 0 } },
            { kDown, kOne, kOne | kMinus, { kMinus, 0 } },
            { kNearest, kOne, kHalfUlpOfOne, { kOne, IXC } }, // a tie goes to the even neighbour
            { kNearest, kOne + 1, kHalfUlpOfOne, { kOne + 2, IXC } },
            { kNearest, kOne, kHalfUlpOfOne + 1, { kOne + 1, IXC } },
            { kUp, kOne, kMinSubnormal, { kOne + 1, IXC } },
            { kDown, kOne, kMinSubnormal | kMinus, { kOne - 1, IXC } },
            { kZero, kOne, kMinSubnormal | kMinus, { kOne - 1, IXC } },
            { kUp, kOne, kMinSubnormal | kMinus, { kOne, IXC } },
            { kNearest, kMax, kMax, { kInfinity, OFC | IXC } },
            { kZero, kMax, kMax, { kMax, OFC | IXC } },
            { kDown, kMax, kMax, { kMax, OFC | IXC } },
            { kUp, kMax, kMax, { kInfinity, OFC | IXC } },
            { kUp, kMax | kMinus, kMax | kMinus, { kMax | kMinus, OFC | IXC } },
            { kNearest, kMinSubnormal, kMinSubnormal, { 2, 0 } }, // tiny but exact: no underflow
            { kFz, kMinSubnormal, kOne, { kOne, IDC } },
            { kFz, kMinSubnormal | kMinus, kMinus, { kMinus, IDC } },
            { kFz, kMinNormal + 1, kMinNormal | kMinus, { 0, UFC } },
        });
    check("subtract", subtract<uint64_t>,
        {
            { kNearest, kInfinity, kInfinity, { kDefaultNan, IOC } }, { kNearest, kOne, kOne, { 0, 0 } },
            { kNearest, kOne, kQuietNan, { kQuietNan, 0 } }, // the sign of the NaN stays
        });
}

TEST_CASE("NaN operands: signalling ones first, then left to right; DN gives the default NaN")
{
    check("add", add<uint64_t>,
        {
            { kNearest, kQuietNan, kSignallingNan, { kQuietedNan, IOC } },
            { kNearest, kSignallingNan, kQuietNan, { kQuietedNan, IOC } },
            { kNearest, kQuietNan, kDefaultNan + 1, { kQuietNan, 0 } }, { kNearest, kOne, kQuietNan, { kQuietNan, 0 } },
            { kDn, kOne, kQuietNan, { kDefaultNan, 0 } }, { kDn, kSignallingNan, kOne, { kDefaultNan, IOC } },
            { kFz, kMinSubnormal, kQuietNan, { kQuietNan, IDC } }, // flushing is reported all the same
        });
}

TEST_CASE("multiplication: tininess is found before rounding")
{
    constexpr uint64_t kHalf = 0x3fe0'0000'0000'0000;
    constexpr uint64_t kBelowOne = 0x3fef'ffff'ffff'ffff;
    check("multiply", multiply<uint64_t>,
        {
            { kNearest, kInfinity, 0, { kDefaultNan, IOC } },
            { kNearest, kInfinity | kMinus, kTwo, { kInfinity | kMinus, 0 } },
            { kNearest, kMinNormal, kHalf, { kMinNormal >> 1, 0 } },
            { kNearest, kMinSubnormal, kHalf, { 0, UFC | IXC } },
            { kUp, kMinSubnormal, kHalf, { kMinSubnormal, UFC | IXC } },
            // Rounds up to the smallest normal number: hosts that look after rounding see no underflow.
            { kNearest, kMinNormal, kBelowOne, { kMinNormal, UFC | IXC } },
            { kFz, kMinNormal, kBelowOne, { 0, UFC } },
            { kFz, kMinNormal | kMinus, kHalf, { kMinus, UFC } },
            { kNearest, kMax, kTwo, { kInfinity, OFC | IXC } },
        });
    check("multiply_extended", multiply_extended<uint64_t>,
        {
            { kNearest, kInfinity | kMinus, 0, { kTwo | kMinus, 0 } },
            { kFz, kMinSubnormal, kInfinity, { kTwo, IDC } },
            { kNearest, kTwo, kTwo, { 0x4010'0000'0000'0000, 0 } },
        });
}

TEST_CASE("division and square root")
{
    check("divide", divide<uint64_t>,
        {
            { kNearest, kOne, 0, { kInfinity, DZC } },
            { kNearest, kOne, kMinus, { kInfinity | kMinus, DZC } },
            { kFz, kOne, kMinSubnormal, { kInfinity, DZC | IDC } },
            { kNearest, 0, 0, { kDefaultNan, IOC } },
            { kNearest, kInfinity, kInfinity, { kDefaultNan, IOC } },
            { kNearest, kInfinity, 0, { kInfinity, 0 } },
            { kNearest, kOne, kInfinity | kMinus, { kMinus, 0 } },
            { kNearest, kOne, 0x4008'0000'0000'0000, { 0x3fd5'5555'5555'5555, IXC } },
            { kUp, kOne, 0x4008'0000'0000'0000, { 0x3fd5'5555'5555'5556, IXC } },
            { kNearest, kMax, kMinSubnormal, { kInfinity, OFC | IXC } },
        });
    auto const root = [](uint64_t a, uint64_t, Environment& env) { return square_root(a, env); };
    check("square_root", root,
        {
            { kNearest, kOne | kMinus, 0, { kDefaultNan, IOC } },
            { kNearest, kMinus, 0, { kMinus, 0 } },
            { kNearest, kInfinity, 0, { kInfinity, 0 } },
            { kNearest, 0x4010'0000'0000'0000, 0, { kTwo, 0 } },
            { kNearest, kTwo, 0, { 0x3ff6'a09e'667f'3bcd, IXC } },
            { kDown, kTwo, 0, { 0x3ff6'a09e'667f'3bcc, IXC } },
            { kNearest, kMinSubnormal, 0, { 0x1e60'0000'0000'0000, 0 } }, // 2^-537
            { kFz, kMinSubnormal | kMinus, 0, { kMinus, IDC } },
            { kNearest, kSignallingNan | kMinus, 0, { kQuietedNan | kMinus, IOC } },
        });
}

TEST_CASE("fused multiply-add rounds once and looks at the addend first")
{
    auto const fused = [](uint32_t fpcr, uint64_t c, uint64_t a, uint64_t b) {
        return evaluate(fpcr, multiply_add<uint64_t>, c, a, b);
    };
    // (1 + 2^-52)^2 - (1 + 2^-51) = 2^-104
    CHECK(fused(kNearest, 0xbff0'0000'0000'0002, kOne + 1, kOne + 1) == Outcome<uint64_t> { 0x3970'0000'0000'0000, 0 });
    CHECK(fused(kNearest, kQuietNan, kInfinity, 0) == Outcome<uint64_t> { kDefaultNan, IOC });
    CHECK(fused(kNearest, kSignallingNan, kInfinity, 0) == Outcome<uint64_t> { kQuietedNan, IOC });
    CHECK(fused(kNearest, kQuietNan, kDefaultNan + 1, kOne) == Outcome<uint64_t> { kQuietNan, 0 });
    CHECK(fused(kNearest, kQuietNan, kSignallingNan, kOne) == Outcome<uint64_t> { kQuietedNan, IOC });
    CHECK(fused(kNearest, kInfinity | kMinus, kInfinity, kOne) == Outcome<uint64_t> { kDefaultNan, IOC });
    CHECK(fused(kNearest, kMinus, kMinus, kOne) == Outcome<uint64_t> { kMinus, 0 });
    CHECK(fused(kDown, 0, kMinus, kOne) == Outcome<uint64_t> { kMinus, 0 });
    CHECK(fused(kNearest, kOne | kMinus, kOne, kOne) == Outcome<uint64_t> { 0, 0 });
    CHECK(fused(kNearest, kOne, kMinSubnormal, kMinSubnormal) == Outcome<uint64_t> { kOne, IXC });
    CHECK(fused(kUp, kOne, kMinSubnormal, kMinSubnormal) == Outcome<uint64_t> { kOne + 1, IXC });
}

TEST_CASE("steps of Newton's iterations")
{
    check("reciprocal_step", reciprocal_step<uint64_t>,
        {
            { kNearest, kInfinity, 0, { kTwo, 0 } }, { kNearest, kInfinity, kOne, { kInfinity | kMinus, 0 } },
            { kNearest, kOne, kOne, { kOne, 0 } }, { kNearest, kOne, kTwo, { 0, 0 } },
            { kNearest, kQuietNan, kOne, { kQuietNan ^ kMinus, 0 } }, // negated before it is propagated
        });
    check("reciprocal_square_root_step", reciprocal_square_root_step<uint64_t>,
        {
            { kNearest, 0, kInfinity, { 0x3ff8'0000'0000'0000, 0 } },
            { kNearest, kOne, kOne, { kOne, 0 } },
            { kNearest, kMax, kMax, { kInfinity | kMinus, OFC | IXC } },
        });
}
