// Advanced SIMD shift right narrow and shift left long. [Arm DDI 0487, C4.1.96 "Advanced SIMD shift by immediate"]
#include "engine/emulator/semantics/simd_lanes.h"
#include "engine/emulator/semantics/simd_shift.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    template <bool Rounding, typename Fields> Flow shift_narrow(Cpu& cpu, Fields f)
    {
        return narrowing<UnsignedLanes>(cpu, f, immediate_lane_size(f), [&](auto zero, unsigned i) {
            using W = Wide<decltype(zero)>;
            return shift_right(cpu.v[f.Rn()].template lane<W>(i), right_shift_amount(f), Rounding);
        });
    }

    // From and To: how the wide source lane and the narrow destination lane are read.
    template <typename From, typename To, bool Rounding, typename Fields>
    Flow shift_narrow_saturating(Cpu& cpu, Fields f)
    {
        return narrowing<To>(cpu, f, immediate_lane_size(f), [&](auto zero, unsigned i) {
            using T = decltype(zero);
            using W = Wide<T>;
            using Source = std::conditional_t<std::is_same_v<From, SignedLanes>, std::make_signed_t<W>, W>;
            Source const value = cpu.v[f.Rn()].template lane<Source>(i);
            return saturate<T>(cpu, shift_right(value, right_shift_amount(f), Rounding));
        });
    }

    template <typename Lanes, typename Fields> Flow shift_long(Cpu& cpu, Fields f)
    {
        return widening<Lanes>(cpu, f, immediate_lane_size(f), Vector {},
            [amount = left_shift_amount(f)](auto n, auto) { return shift_left(n, amount); });
    }

}

Flow SHRN(Cpu& cpu, uint32_t word)
{
    return shift_narrow<false>(cpu, fields::SHRN { word });
}

Flow RSHRN(Cpu& cpu, uint32_t word)
{
    return shift_narrow<true>(cpu, fields::RSHRN { word });
}

Flow SQSHRN_vector(Cpu& cpu, uint32_t word)
{
    return shift_narrow_saturating<SignedLanes, SignedLanes, false>(cpu, fields::SQSHRN_vector { word });
}

Flow SQSHRN_scalar(Cpu& cpu, uint32_t word)
{
    return shift_narrow_saturating<SignedLanes, SignedLanes, false>(cpu, fields::SQSHRN_scalar { word });
}

Flow SQRSHRN_vector(Cpu& cpu, uint32_t word)
{
    return shift_narrow_saturating<SignedLanes, SignedLanes, true>(cpu, fields::SQRSHRN_vector { word });
}

Flow SQRSHRN_scalar(Cpu& cpu, uint32_t word)
{
    return shift_narrow_saturating<SignedLanes, SignedLanes, true>(cpu, fields::SQRSHRN_scalar { word });
}

Flow UQSHRN_vector(Cpu& cpu, uint32_t word)
{
    return shift_narrow_saturating<UnsignedLanes, UnsignedLanes, false>(cpu, fields::UQSHRN_vector { word });
}

Flow UQSHRN_scalar(Cpu& cpu, uint32_t word)
{
    return shift_narrow_saturating<UnsignedLanes, UnsignedLanes, false>(cpu, fields::UQSHRN_scalar { word });
}

Flow UQRSHRN_vector(Cpu& cpu, uint32_t word)
{
    return shift_narrow_saturating<UnsignedLanes, UnsignedLanes, true>(cpu, fields::UQRSHRN_vector { word });
}

Flow UQRSHRN_scalar(Cpu& cpu, uint32_t word)
{
    return shift_narrow_saturating<UnsignedLanes, UnsignedLanes, true>(cpu, fields::UQRSHRN_scalar { word });
}

Flow SQSHRUN_vector(Cpu& cpu, uint32_t word)
{
    return shift_narrow_saturating<SignedLanes, UnsignedLanes, false>(cpu, fields::SQSHRUN_vector { word });
}

Flow SQSHRUN_scalar(Cpu& cpu, uint32_t word)
{
    return shift_narrow_saturating<SignedLanes, UnsignedLanes, false>(cpu, fields::SQSHRUN_scalar { word });
}

Flow SQRSHRUN_vector(Cpu& cpu, uint32_t word)
{
    return shift_narrow_saturating<SignedLanes, UnsignedLanes, true>(cpu, fields::SQRSHRUN_vector { word });
}

Flow SQRSHRUN_scalar(Cpu& cpu, uint32_t word)
{
    return shift_narrow_saturating<SignedLanes, UnsignedLanes, true>(cpu, fields::SQRSHRUN_scalar { word });
}

Flow SSHLL(Cpu& cpu, uint32_t word)
{
    return shift_long<SignedLanes>(cpu, fields::SSHLL { word });
}

Flow USHLL(Cpu& cpu, uint32_t word)
{
    return shift_long<UnsignedLanes>(cpu, fields::USHLL { word });
}

}
