// Advanced SIMD three same: addition, comparison of magnitude, multiplication. [Arm DDI 0487, C4.1.96]
#include "engine/emulator/semantics/simd_lanes.h"
#include "engine/emulator/semantics/simd_multiply.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    constexpr auto add = [](auto n, auto m) { return exact(n) + m; };
    constexpr auto subtract = [](auto n, auto m) { return exact(n) - m; };
    constexpr auto wrapping_add = [](auto n, auto m) { return static_cast<decltype(n)>(n + m); };
    constexpr auto wrapping_subtract = [](auto n, auto m) { return static_cast<decltype(n)>(n - m); };
    // Not (n + m) >> 1: GCC 12 for arm64 makes an unsigned average of it for signed lanes.
    constexpr auto add_halving = [](auto n, auto m) { return (n >> 1) + (m >> 1) + (n & m & 1); };
    constexpr auto add_halving_rounding = [](auto n, auto m) { return (n >> 1) + (m >> 1) + ((n | m) & 1); };
    constexpr auto subtract_halving = [](auto n, auto m) { return (exact(n) - m) >> 1; };
    constexpr auto maximum = [](auto n, auto m) { return n > m ? n : m; };
    constexpr auto minimum = [](auto n, auto m) { return n < m ? n : m; };
    constexpr auto difference = [](auto n, auto m) { return n > m ? exact(n) - m : exact(m) - n; };
    constexpr auto accumulate_difference = [](auto d, auto n, auto m) { return d + difference(n, m); };

    // Lane i combines lanes 2i and 2i+1 of Rm:Rn.
    template <typename Lanes, typename Fields, typename Operation>
    Flow pairwise(Cpu& cpu, Fields f, Operation operation)
    {
        with_lane_type<Lanes>(f.size(), [&](auto zero) {
            using T = decltype(zero);
            unsigned const count = lane_count<T>(f);
            auto const at = [&](unsigned i) {
                return i < count ? cpu.v[f.Rn()].template lane<T>(i) : cpu.v[f.Rm()].template lane<T>(i - count);
            };
            cpu.v[f.Rd()] = build<T>(count, [&](unsigned i) { return operation(at(2 * i), at(2 * i + 1)); });
        });
        return Flow::Next;
    }

}

Flow SHADD(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SHADD { word }, add_halving);
}

Flow UHADD(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::UHADD { word }, add_halving);
}

Flow SRHADD(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SRHADD { word }, add_halving_rounding);
}

Flow URHADD(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::URHADD { word }, add_halving_rounding);
}

Flow SHSUB(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SHSUB { word }, subtract_halving);
}

Flow UHSUB(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::UHSUB { word }, subtract_halving);
}

Flow SQADD_vector(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SQADD_vector { word }, saturating(cpu, add));
}

Flow SQADD_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SQADD_scalar { word }, saturating(cpu, add));
}

Flow UQADD_vector(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::UQADD_vector { word }, saturating(cpu, add));
}

Flow UQADD_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::UQADD_scalar { word }, saturating(cpu, add));
}

Flow SQSUB_vector(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SQSUB_vector { word }, saturating(cpu, subtract));
}

Flow SQSUB_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SQSUB_scalar { word }, saturating(cpu, subtract));
}

Flow UQSUB_vector(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::UQSUB_vector { word }, saturating(cpu, subtract));
}

Flow UQSUB_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::UQSUB_scalar { word }, saturating(cpu, subtract));
}

Flow ADD_vector(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::ADD_vector { word }, wrapping_add);
}

Flow ADD_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::ADD_scalar { word }, wrapping_add);
}

Flow SUB_vector(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::SUB_vector { word }, wrapping_subtract);
}

Flow SUB_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::SUB_scalar { word }, wrapping_subtract);
}

Flow ADDP_vector(Cpu& cpu, uint32_t word)
{
    return pairwise<UnsignedLanes>(cpu, fields::ADDP_vector { word }, wrapping_add);
}

Flow SMAX(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SMAX { word }, maximum);
}

Flow UMAX(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::UMAX { word }, maximum);
}

Flow SMIN(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SMIN { word }, minimum);
}

Flow UMIN(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::UMIN { word }, minimum);
}

Flow SMAXP(Cpu& cpu, uint32_t word)
{
    return pairwise<SignedLanes>(cpu, fields::SMAXP { word }, maximum);
}

Flow UMAXP(Cpu& cpu, uint32_t word)
{
    return pairwise<UnsignedLanes>(cpu, fields::UMAXP { word }, maximum);
}

Flow SMINP(Cpu& cpu, uint32_t word)
{
    return pairwise<SignedLanes>(cpu, fields::SMINP { word }, minimum);
}

Flow UMINP(Cpu& cpu, uint32_t word)
{
    return pairwise<UnsignedLanes>(cpu, fields::UMINP { word }, minimum);
}

Flow SABD(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SABD { word }, difference);
}

Flow UABD(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::UABD { word }, difference);
}

Flow SABA(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SABA { word }, accumulate_difference);
}

Flow UABA(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::UABA { word }, accumulate_difference);
}

}
