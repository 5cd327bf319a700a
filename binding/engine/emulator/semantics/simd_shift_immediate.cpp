// Advanced SIMD shift by immediate, vector and scalar: results as wide as the source. [Arm DDI 0487, C4.1.96]
#include "base/bits.h"
#include "engine/emulator/semantics/simd_lanes.h"
#include "engine/emulator/semantics/simd_shift.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    template <typename Lanes, bool Rounding, typename Fields> Flow right(Cpu& cpu, Fields f)
    {
        return two_register<Lanes>(cpu, f, immediate_lane_size(f),
            [amount = right_shift_amount(f)](auto n) { return shift_right(n, amount, Rounding); });
    }

    template <typename Lanes, bool Rounding, typename Fields> Flow right_accumulate(Cpu& cpu, Fields f)
    {
        return two_register<Lanes>(cpu, f, immediate_lane_size(f),
            [amount = right_shift_amount(f)](auto d, auto n) { return exact(d) + shift_right(n, amount, Rounding); });
    }

    template <typename Fields> Flow left(Cpu& cpu, Fields f)
    {
        return two_register<UnsignedLanes>(cpu, f, immediate_lane_size(f),
            [amount = left_shift_amount(f)](auto n) { return uint64_t { n } << amount; });
    }

    // The bits of Rd that nothing was shifted into stay.
    template <typename Fields> Flow left_insert(Cpu& cpu, Fields f)
    {
        return two_register<UnsignedLanes>(
            cpu, f, immediate_lane_size(f), [amount = left_shift_amount(f)](auto d, auto n) {
                uint64_t const kept = low_mask(amount);
                return (d & kept) | (uint64_t { n } << amount & ~kept);
            });
    }
    template <typename Fields> Flow right_insert(Cpu& cpu, Fields f)
    {
        return two_register<UnsignedLanes>(
            cpu, f, immediate_lane_size(f), [amount = right_shift_amount(f)](auto d, auto n) {
                uint64_t const inserted = low_mask(8 * sizeof(n) - amount);
                return (d & ~inserted) | (static_cast<uint64_t>(shift_right(n, amount, false)) & inserted);
            });
    }

    // The value is read as Lanes and saturated to To, a lane type of the same size.
    template <typename Lanes, bool ToUnsigned, typename Fields> Flow left_saturating(Cpu& cpu, Fields f)
    {
        return two_register<Lanes>(cpu, f, immediate_lane_size(f), [&cpu, amount = left_shift_amount(f)](auto n) {
            using T = decltype(n);
            using To = std::conditional_t<ToUnsigned, std::make_unsigned_t<T>, T>;
            return saturate<To>(cpu, shift_left(n, amount));
        });
    }

}

Flow SSHR_vector(Cpu& cpu, uint32_t word)
{
    return right<SignedLanes, false>(cpu, fields::SSHR_vector { word });
}

Flow SSHR_scalar(Cpu& cpu, uint32_t word)
{
    return right<SignedLanes, false>(cpu, fields::SSHR_scalar { word });
}

Flow USHR_vector(Cpu& cpu, uint32_t word)
{
    return right<UnsignedLanes, false>(cpu, fields::USHR_vector { word });
}

Flow USHR_scalar(Cpu& cpu, uint32_t word)
{
    return right<UnsignedLanes, false>(cpu, fields::USHR_scalar { word });
}

Flow SRSHR_vector(Cpu& cpu, uint32_t word)
{
    return right<SignedLanes, true>(cpu, fields::SRSHR_vector { word });
}

Flow SRSHR_scalar(Cpu& cpu, uint32_t word)
{
    return right<SignedLanes, true>(cpu, fields::SRSHR_scalar { word });
}

Flow URSHR_vector(Cpu& cpu, uint32_t word)
{
    return right<UnsignedLanes, true>(cpu, fields::URSHR_vector { word });
}

Flow URSHR_scalar(Cpu& cpu, uint32_t word)
{
    return right<UnsignedLanes, true>(cpu, fields::URSHR_scalar { word });
}

Flow SSRA_vector(Cpu& cpu, uint32_t word)
{
    return right_accumulate<SignedLanes, false>(cpu, fields::SSRA_vector { word });
}

Flow SSRA_scalar(Cpu& cpu, uint32_t word)
{
    return right_accumulate<SignedLanes, false>(cpu, fields::SSRA_scalar { word });
}

Flow USRA_vector(Cpu& cpu, uint32_t word)
{
    return right_accumulate<UnsignedLanes, false>(cpu, fields::USRA_vector { word });
}

Flow USRA_scalar(Cpu& cpu, uint32_t word)
{
    return right_accumulate<UnsignedLanes, false>(cpu, fields::USRA_scalar { word });
}

Flow SRSRA_vector(Cpu& cpu, uint32_t word)
{
    return right_accumulate<SignedLanes, true>(cpu, fields::SRSRA_vector { word });
}

Flow SRSRA_scalar(Cpu& cpu, uint32_t word)
{
    return right_accumulate<SignedLanes, true>(cpu, fields::SRSRA_scalar { word });
}

Flow URSRA_vector(Cpu& cpu, uint32_t word)
{
    return right_accumulate<UnsignedLanes, true>(cpu, fields::URSRA_vector { word });
}

Flow URSRA_scalar(Cpu& cpu, uint32_t word)
{
    return right_accumulate<UnsignedLanes, true>(cpu, fields::URSRA_scalar { word });
}

Flow SHL_vector(Cpu& cpu, uint32_t word)
{
    return left(cpu, fields::SHL_vector { word });
}

Flow SHL_scalar(Cpu& cpu, uint32_t word)
{
    return left(cpu, fields::SHL_scalar { word });
}

Flow SLI_vector(Cpu& cpu, uint32_t word)
{
    return left_insert(cpu, fields::SLI_vector { word });
}

Flow SLI_scalar(Cpu& cpu, uint32_t word)
{
    return left_insert(cpu, fields::SLI_scalar { word });
}

Flow SRI_vector(Cpu& cpu, uint32_t word)
{
    return right_insert(cpu, fields::SRI_vector { word });
}

Flow SRI_scalar(Cpu& cpu, uint32_t word)
{
    return right_insert(cpu, fields::SRI_scalar { word });
}

Flow SQSHL_immediate_vector(Cpu& cpu, uint32_t word)
{
    return left_saturating<SignedLanes, false>(cpu, fields::SQSHL_immediate_vector { word });
}

Flow SQSHL_immediate_scalar(Cpu& cpu, uint32_t word)
{
    return left_saturating<SignedLanes, false>(cpu, fields::SQSHL_immediate_scalar { word });
}

Flow UQSHL_immediate_vector(Cpu& cpu, uint32_t word)
{
    return left_saturating<UnsignedLanes, false>(cpu, fields::UQSHL_immediate_vector { word });
}

Flow UQSHL_immediate_scalar(Cpu& cpu, uint32_t word)
{
    return left_saturating<UnsignedLanes, false>(cpu, fields::UQSHL_immediate_scalar { word });
}

Flow SQSHLU_immediate_vector(Cpu& cpu, uint32_t word)
{
    return left_saturating<SignedLanes, true>(cpu, fields::SQSHLU_immediate_vector { word });
}

Flow SQSHLU_immediate_scalar(Cpu& cpu, uint32_t word)
{
    return left_saturating<SignedLanes, true>(cpu, fields::SQSHLU_immediate_scalar { word });
}

}
