#include "engine/emulator/semantics/soft_float/compare.h"

#include "engine/emulator/semantics/soft_float/outcome.h"

#include <doctest/doctest.h>

using namespace dormouse::emulator::soft_float;

namespace {

Outcome<int> relation(uint32_t fpcr, uint64_t a, uint64_t b, NanPolicy policy)
{
    return evaluate(fpcr, [&](Environment& env) { return static_cast<int>(compare(a, b, policy, env)); });
}

Outcome<int> is(Relation expected, uint32_t fpsr = 0)
{
    return { static_cast<int>(expected), fpsr };
}

}

TEST_CASE("comparison orders numbers and ignores the sign of zero")
{
    constexpr NanPolicy kQuiet = NanPolicy::SignallingIsInvalid;
    CHECK(relation(kNearest, 0, kMinus, kQuiet) == is(Relation::Equal));
    CHECK(relation(kNearest, kOne, kTwo, kQuiet) == is(Relation::Less));
    CHECK(relation(kNearest, kOne | kMinus, kTwo | kMinus, kQuiet) == is(Relation::Greater));
    CHECK(relation(kNearest, kInfinity | kMinus, kMax | kMinus, kQuiet) == is(Relation::Less));
    CHECK(relation(kNearest, kMinSubnormal, 0, kQuiet) == is(Relation::Greater));
    CHECK(relation(kFz, kMinSubnormal, 0, kQuiet) == is(Relation::Equal, IDC));
}

TEST_CASE("comparison with a NaN is unordered; the policy says when that is invalid")
{
    CHECK(relation(kNearest, kQuietNan, kOne, NanPolicy::SignallingIsInvalid) == is(Relation::Unordered));
    CHECK(relation(kNearest, kQuietNan, kOne, NanPolicy::AnyIsInvalid) == is(Relation::Unordered, IOC));
    CHECK(relation(kNearest, kOne, kSignallingNan, NanPolicy::SignallingIsInvalid) == is(Relation::Unordered, IOC));
}

TEST_CASE("maximum and minimum: signed zeros and NaNs")
{
    CHECK(evaluate(kNearest, maximum<uint64_t>, kMinus, uint64_t { 0 }) == Outcome<uint64_t> { 0, 0 });
    CHECK(evaluate(kNearest, minimum<uint64_t>, uint64_t { 0 }, kMinus) == Outcome<uint64_t> { kMinus, 0 });
    CHECK(
        evaluate(kNearest, maximum<uint64_t>, kOne | kMinus, kTwo | kMinus) == Outcome<uint64_t> { kOne | kMinus, 0 });
    CHECK(evaluate(kNearest, minimum<uint64_t>, kOne, kInfinity) == Outcome<uint64_t> { kOne, 0 });
    CHECK(evaluate(kNearest, maximum<uint64_t>, kOne, kQuietNan) == Outcome<uint64_t> { kQuietNan, 0 });
    CHECK(evaluate(kFz, maximum<uint64_t>, kMinSubnormal, kMinus) == Outcome<uint64_t> { 0, IDC });
}

TEST_CASE("maximumNumber and minimumNumber prefer a number to a quiet NaN")
{
    CHECK(evaluate(kNearest, maximum_number<uint64_t>, kQuietNan, kOne | kMinus)
        == Outcome<uint64_t> { kOne | kMinus, 0 });
    CHECK(evaluate(kNearest, minimum_number<uint64_t>, kOne, kQuietNan) == Outcome<uint64_t> { kOne, 0 });
    CHECK(evaluate(kNearest, maximum_number<uint64_t>, kQuietNan, kDefaultNan) == Outcome<uint64_t> { kQuietNan, 0 });
    CHECK(evaluate(kNearest, maximum_number<uint64_t>, kQuietNan, kSignallingNan)
        == Outcome<uint64_t> { kQuietedNan, IOC });
    CHECK(evaluate(kNearest, minimum_number<uint64_t>, kSignallingNan, kOne) == Outcome<uint64_t> { kQuietedNan, IOC });
}
