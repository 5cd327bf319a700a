// Advanced SIMD three different: long, wide and narrow forms. [Arm DDI 0487, C4.1.96]
#include "engine/emulator/semantics/simd_lanes.h"
#include "engine/emulator/semantics/simd_multiply.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    constexpr auto add = [](auto n, auto m) { return static_cast<uint64_t>(n) + static_cast<uint64_t>(m); };
    constexpr auto subtract = [](auto n, auto m) { return static_cast<uint64_t>(n) - static_cast<uint64_t>(m); };
    constexpr auto difference = [](auto n, auto m) { return n > m ? subtract(n, m) : subtract(m, n); };
    constexpr auto accumulate_difference = [](auto d, auto n, auto m) { return add(d, difference(n, m)); };

    template <typename Lanes, typename Fields, typename Operation>
    Flow three_long(Cpu& cpu, Fields f, Operation operation)
    {
        return widening<Lanes>(cpu, f, f.size(), cpu.v[f.Rm()], operation);
    }

    // The first operand is wide already.
    template <typename Lanes, typename Fields, typename Operation>
    Flow three_wide(Cpu& cpu, Fields f, Operation operation)
    {
        with_narrow_lane_type<Lanes>(f.size(), [&](auto zero) {
            using T = decltype(zero);
            Vector const& n = cpu.v[f.Rn()];
            Vector const& m = cpu.v[f.Rm()];
            unsigned const start = half_start<T>(f);
            cpu.v[f.Rd()] = build<Wide<T>>(
                half_count<T>(f), [&](unsigned i) { return operation(n.lane<Wide<T>>(i), m.lane<T>(start + i)); });
        });
        return Flow::Next;
    }

    // The upper half of the wide result, optionally rounded.
    template <bool Rounding, typename Fields, typename Operation>
    Flow high_narrow(Cpu& cpu, Fields f, Operation operation)
    {
        return narrowing<UnsignedLanes>(cpu, f, f.size(), [&](auto zero, unsigned i) {
            using W = Wide<decltype(zero)>;
            constexpr unsigned bits = 8 * sizeof(zero);
            constexpr uint64_t round = Rounding ? uint64_t { 1 } << (bits - 1) : 0;
            Vector const& n = cpu.v[f.Rn()];
            Vector const& m = cpu.v[f.Rm()];
            return (operation(n.lane<W>(i), m.lane<W>(i)) + round) >> bits;
        });
    }

}

Flow SADDL(Cpu& cpu, uint32_t word)
{
    return three_long<SignedLanes>(cpu, fields::SADDL { word }, add);
}

Flow UADDL(Cpu& cpu, uint32_t word)
{
    return three_long<UnsignedLanes>(cpu, fields::UADDL { word }, add);
}

Flow SADDW(Cpu& cpu, uint32_t word)
{
    return three_wide<SignedLanes>(cpu, fields::SADDW { word }, add);
}

Flow UADDW(Cpu& cpu, uint32_t word)
{
    return three_wide<UnsignedLanes>(cpu, fields::UADDW { word }, add);
}

Flow SSUBL(Cpu& cpu, uint32_t word)
{
    return three_long<SignedLanes>(cpu, fields::SSUBL { word }, subtract);
}

Flow USUBL(Cpu& cpu, uint32_t word)
{
    return three_long<UnsignedLanes>(cpu, fields::USUBL { word }, subtract);
}

Flow SSUBW(Cpu& cpu, uint32_t word)
{
    return three_wide<SignedLanes>(cpu, fields::SSUBW { word }, subtract);
}

Flow USUBW(Cpu& cpu, uint32_t word)
{
    return three_wide<UnsignedLanes>(cpu, fields::USUBW { word }, subtract);
}

Flow ADDHN(Cpu& cpu, uint32_t word)
{
    return high_narrow<false>(cpu, fields::ADDHN { word }, add);
}

Flow RADDHN(Cpu& cpu, uint32_t word)
{
    return high_narrow<true>(cpu, fields::RADDHN { word }, add);
}

Flow SUBHN(Cpu& cpu, uint32_t word)
{
    return high_narrow<false>(cpu, fields::SUBHN { word }, subtract);
}

Flow RSUBHN(Cpu& cpu, uint32_t word)
{
    return high_narrow<true>(cpu, fields::RSUBHN { word }, subtract);
}

Flow SABAL(Cpu& cpu, uint32_t word)
{
    return three_long<SignedLanes>(cpu, fields::SABAL { word }, accumulate_difference);
}

Flow UABAL(Cpu& cpu, uint32_t word)
{
    return three_long<UnsignedLanes>(cpu, fields::UABAL { word }, accumulate_difference);
}

Flow SABDL(Cpu& cpu, uint32_t word)
{
    return three_long<SignedLanes>(cpu, fields::SABDL { word }, difference);
}

Flow UABDL(Cpu& cpu, uint32_t word)
{
    return three_long<UnsignedLanes>(cpu, fields::UABDL { word }, difference);
}

Flow SMULL_vector(Cpu& cpu, uint32_t word)
{
    return three_long<SignedLanes>(cpu, fields::SMULL_vector { word }, multiply);
}

Flow UMULL_vector(Cpu& cpu, uint32_t word)
{
    return three_long<UnsignedLanes>(cpu, fields::UMULL_vector { word }, multiply);
}

Flow SMLAL_vector(Cpu& cpu, uint32_t word)
{
    return three_long<SignedLanes>(cpu, fields::SMLAL_vector { word }, multiply_add);
}

Flow UMLAL_vector(Cpu& cpu, uint32_t word)
{
    return three_long<UnsignedLanes>(cpu, fields::UMLAL_vector { word }, multiply_add);
}

Flow SMLSL_vector(Cpu& cpu, uint32_t word)
{
    return three_long<SignedLanes>(cpu, fields::SMLSL_vector { word }, multiply_subtract);
}

Flow UMLSL_vector(Cpu& cpu, uint32_t word)
{
    return three_long<UnsignedLanes>(cpu, fields::UMLSL_vector { word }, multiply_subtract);
}

Flow SQDMULL_vector(Cpu& cpu, uint32_t word)
{
    return three_long<SignedLanes>(cpu, fields::SQDMULL_vector { word }, saturating(cpu, multiply_doubling));
}

Flow SQDMULL_scalar(Cpu& cpu, uint32_t word)
{
    return three_long<SignedLanes>(cpu, fields::SQDMULL_scalar { word }, saturating(cpu, multiply_doubling));
}

Flow SQDMLAL_vector(Cpu& cpu, uint32_t word)
{
    return three_long<SignedLanes>(cpu, fields::SQDMLAL_vector { word }, doubling_accumulate<1>(cpu));
}

Flow SQDMLAL_scalar(Cpu& cpu, uint32_t word)
{
    return three_long<SignedLanes>(cpu, fields::SQDMLAL_scalar { word }, doubling_accumulate<1>(cpu));
}

Flow SQDMLSL_vector(Cpu& cpu, uint32_t word)
{
    return three_long<SignedLanes>(cpu, fields::SQDMLSL_vector { word }, doubling_accumulate<-1>(cpu));
}

Flow SQDMLSL_scalar(Cpu& cpu, uint32_t word)
{
    return three_long<SignedLanes>(cpu, fields::SQDMLSL_scalar { word }, doubling_accumulate<-1>(cpu));
}

Flow PMULL(Cpu& cpu, uint32_t word)
{
    fields::PMULL const f { word };
    return widening<UnsignedLanes>(
        cpu, f, 0, cpu.v[f.Rm()], [](auto n, auto m) { return carryless_multiply<uint64_t>(n, m, 8); });
}
}
