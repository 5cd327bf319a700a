// Advanced SIMD narrowing and widening of lanes without a shift, and across-lanes reductions. [Arm DDI 0487, C4.1.96]
#include "engine/emulator/semantics/simd_lanes.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    // From and To: how the wide source lane and the narrow destination lane are read.
    template <typename From, typename To, typename Fields> Flow extract_narrow(Cpu& cpu, Fields f)
    {
        return narrowing<To>(cpu, f, f.size(), [&](auto zero, unsigned i) {
            using T = decltype(zero);
            using W = Wide<T>;
            using Source = std::conditional_t<std::is_same_v<From, SignedLanes>, std::make_signed_t<W>, W>;
            return saturate<T>(cpu, exact(cpu.v[f.Rn()].template lane<Source>(i)));
        });
    }

    // One lane out of all of Rn's; Result is what the lanes are accumulated in.
    template <typename Lanes, bool Long, typename Fields, typename Operation>
    Flow across(Cpu& cpu, Fields f, Operation operation)
    {
        with_narrow_lane_type<Lanes>(f.size(), [&](auto zero) {
            using T = decltype(zero);
            using Result = std::conditional_t<Long, Wide<T>, T>;
            Vector const n = cpu.v[f.Rn()];
            int64_t value = n.lane<T>(0);
            for (unsigned i = 1; i < lane_count<T>(f); i++)
                value = operation(value, int64_t { n.lane<T>(i) });
            cpu.v[f.Rd()] = build<Result>(1, [&](unsigned) { return value; });
        });
        return Flow::Next;
    }

    constexpr auto add = [](int64_t n, int64_t m) { return n + m; };
    constexpr auto maximum = [](int64_t n, int64_t m) { return n > m ? n : m; };
    constexpr auto minimum = [](int64_t n, int64_t m) { return n < m ? n : m; };

}

Flow XTN(Cpu& cpu, uint32_t word)
{
    fields::XTN const f { word };
    return narrowing<UnsignedLanes>(
        cpu, f, f.size(), [&](auto zero, unsigned i) { return cpu.v[f.Rn()].template lane<Wide<decltype(zero)>>(i); });
}

Flow SQXTN_vector(Cpu& cpu, uint32_t word)
{
    return extract_narrow<SignedLanes, SignedLanes>(cpu, fields::SQXTN_vector { word });
}

Flow SQXTN_scalar(Cpu& cpu, uint32_t word)
{
    return extract_narrow<SignedLanes, SignedLanes>(cpu, fields::SQXTN_scalar { word });
}

Flow UQXTN_vector(Cpu& cpu, uint32_t word)
{
    return extract_narrow<UnsignedLanes, UnsignedLanes>(cpu, fields::UQXTN_vector { word });
}

Flow UQXTN_scalar(Cpu& cpu, uint32_t word)
{
    return extract_narrow<UnsignedLanes, UnsignedLanes>(cpu, fields::UQXTN_scalar { word });
}

Flow SQXTUN_vector(Cpu& cpu, uint32_t word)
{
    return extract_narrow<SignedLanes, UnsignedLanes>(cpu, fields::SQXTUN_vector { word });
}

Flow SQXTUN_scalar(Cpu& cpu, uint32_t word)
{
    return extract_narrow<SignedLanes, UnsignedLanes>(cpu, fields::SQXTUN_scalar { word });
}

// Shift left long by exactly the width of the narrow lane, which SSHLL cannot encode.
Flow SHLL(Cpu& cpu, uint32_t word)
{
    fields::SHLL const f { word };
    return widening<UnsignedLanes>(
        cpu, f, f.size(), Vector {}, [](auto n, auto) { return static_cast<uint64_t>(n) << (4 * sizeof(n)); });
}

Flow ADDV(Cpu& cpu, uint32_t word)
{
    return across<UnsignedLanes, false>(cpu, fields::ADDV { word }, add);
}

Flow SADDLV(Cpu& cpu, uint32_t word)
{
    return across<SignedLanes, true>(cpu, fields::SADDLV { word }, add);
}

Flow UADDLV(Cpu& cpu, uint32_t word)
{
    return across<UnsignedLanes, true>(cpu, fields::UADDLV { word }, add);
}

Flow SMAXV(Cpu& cpu, uint32_t word)
{
    return across<SignedLanes, false>(cpu, fields::SMAXV { word }, maximum);
}

Flow UMAXV(Cpu& cpu, uint32_t word)
{
    return across<UnsignedLanes, false>(cpu, fields::UMAXV { word }, maximum);
}

Flow SMINV(Cpu& cpu, uint32_t word)
{
    return across<SignedLanes, false>(cpu, fields::SMINV { word }, minimum);
}

Flow UMINV(Cpu& cpu, uint32_t word)
{
    return across<UnsignedLanes, false>(cpu, fields::UMINV { word }, minimum);
}

Flow ADDP_scalar(Cpu& cpu, uint32_t word)
{
    fields::ADDP_scalar const f { word };
    Vector const& n = cpu.v[f.Rn()];
    cpu.v[f.Rd()] = Vector { { n.d[0] + n.d[1], 0 } };
    return Flow::Next;
}
}
