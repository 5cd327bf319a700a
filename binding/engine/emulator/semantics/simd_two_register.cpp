// Advanced SIMD two-register miscellaneous: signs, pairwise long additions, mixed saturating additions, and the
// integer estimates. [Arm DDI 0487, C4.1.96 "Advanced SIMD two-register miscellaneous"]
#include "engine/emulator/semantics/simd_lanes.h"
#include "engine/emulator/semantics/soft_float/estimate.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    constexpr auto absolute = [](auto n) { return n < 0 ? -exact(n) : exact(n); };
    constexpr auto negate = [](auto n) { return -exact(n); };

    template <typename Fields, typename Operation> Flow two_signed(Cpu& cpu, Fields f, Operation operation)
    {
        return two_register<SignedLanes>(cpu, f, lane_size(f), operation);
    }

    template <typename Operation> auto saturating_one(Cpu& cpu, Operation operation)
    {
        return [&cpu, operation](auto n) { return saturate<decltype(n)>(cpu, operation(n)); };
    }

    // Rd has the signedness of Lanes and Rn the other one; the sum saturates as Rd.
    template <typename Lanes, typename Fields> Flow add_other_sign(Cpu& cpu, Fields f)
    {
        return two_register<Lanes>(cpu, f, lane_size(f), [&cpu](auto d, auto n) {
            using T = decltype(d);
            using Other = std::conditional_t<std::is_signed_v<T>, std::make_unsigned_t<T>, std::make_signed_t<T>>;
            return saturate<T>(cpu, exact(d) + static_cast<Other>(n));
        });
    }

    template <typename Lanes, bool Accumulate, typename Fields> Flow add_long_pairwise(Cpu& cpu, Fields f)
    {
        with_narrow_lane_type<Lanes>(f.size(), [&](auto zero) {
            using T = decltype(zero);
            using W = Wide<T>;
            Vector const& d = cpu.v[f.Rd()];
            Vector const& n = cpu.v[f.Rn()];
            cpu.v[f.Rd()] = build<W>(lane_count<W>(f), [&](unsigned i) {
                int64_t const sum = int64_t { n.lane<T>(2 * i) } + n.lane<T>(2 * i + 1);
                return static_cast<uint64_t>(sum) + (Accumulate ? static_cast<uint64_t>(d.lane<W>(i)) : 0);
            });
        });
        return Flow::Next;
    }

    uint32_t unsigned_reciprocal_estimate(uint32_t n)
    {
        return n < 0x80000000 ? 0xffffffff : soft_float::reciprocal_table(n >> 23) << 23;
    }
    uint32_t unsigned_reciprocal_square_root_estimate(uint32_t n)
    {
        return n < 0x40000000 ? 0xffffffff : soft_float::reciprocal_square_root_table(n >> 23) << 23;
    }

    template <typename Fields> Flow estimate(Cpu& cpu, Fields f, uint32_t (*operation)(uint32_t))
    {
        Vector const& n = cpu.v[f.Rn()];
        cpu.v[f.Rd()]
            = build<uint32_t>(lane_count<uint32_t>(f), [&](unsigned i) { return operation(n.lane<uint32_t>(i)); });
        return Flow::Next;
    }

}

Flow ABS_vector(Cpu& cpu, uint32_t word)
{
    return two_signed(cpu, fields::ABS_vector { word }, absolute);
}

Flow ABS_scalar(Cpu& cpu, uint32_t word)
{
    return two_signed(cpu, fields::ABS_scalar { word }, absolute);
}

Flow NEG_vector(Cpu& cpu, uint32_t word)
{
    return two_signed(cpu, fields::NEG_vector { word }, negate);
}

Flow NEG_scalar(Cpu& cpu, uint32_t word)
{
    return two_signed(cpu, fields::NEG_scalar { word }, negate);
}

Flow SQABS_vector(Cpu& cpu, uint32_t word)
{
    return two_signed(cpu, fields::SQABS_vector { word }, saturating_one(cpu, absolute));
}

Flow SQABS_scalar(Cpu& cpu, uint32_t word)
{
    return two_signed(cpu, fields::SQABS_scalar { word }, saturating_one(cpu, absolute));
}

Flow SQNEG_vector(Cpu& cpu, uint32_t word)
{
    return two_signed(cpu, fields::SQNEG_vector { word }, saturating_one(cpu, negate));
}

Flow SQNEG_scalar(Cpu& cpu, uint32_t word)
{
    return two_signed(cpu, fields::SQNEG_scalar { word }, saturating_one(cpu, negate));
}

Flow SUQADD_vector(Cpu& cpu, uint32_t word)
{
    return add_other_sign<SignedLanes>(cpu, fields::SUQADD_vector { word });
}

Flow SUQADD_scalar(Cpu& cpu, uint32_t word)
{
    return add_other_sign<SignedLanes>(cpu, fields::SUQADD_scalar { word });
}

Flow USQADD_vector(Cpu& cpu, uint32_t word)
{
    return add_other_sign<UnsignedLanes>(cpu, fields::USQADD_vector { word });
}

Flow USQADD_scalar(Cpu& cpu, uint32_t word)
{
    return add_other_sign<UnsignedLanes>(cpu, fields::USQADD_scalar { word });
}

Flow SADDLP(Cpu& cpu, uint32_t word)
{
    return add_long_pairwise<SignedLanes, false>(cpu, fields::SADDLP { word });
}

Flow UADDLP(Cpu& cpu, uint32_t word)
{
    return add_long_pairwise<UnsignedLanes, false>(cpu, fields::UADDLP { word });
}

Flow SADALP(Cpu& cpu, uint32_t word)
{
    return add_long_pairwise<SignedLanes, true>(cpu, fields::SADALP { word });
}

Flow UADALP(Cpu& cpu, uint32_t word)
{
    return add_long_pairwise<UnsignedLanes, true>(cpu, fields::UADALP { word });
}

Flow URECPE(Cpu& cpu, uint32_t word)
{
    return estimate(cpu, fields::URECPE { word }, unsigned_reciprocal_estimate);
}

Flow URSQRTE(Cpu& cpu, uint32_t word)
{
    return estimate(cpu, fields::URSQRTE { word }, unsigned_reciprocal_square_root_estimate);
}

}
