// Advanced SIMD vector and scalar by indexed element: the second factor is one lane of Rm. [Arm DDI 0487, C4.1.96]
#include "engine/emulator/semantics/simd_lanes.h"
#include "engine/emulator/semantics/simd_multiply.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    // Rows of halfwords have a field M, which is part of the index; in rows of words it is part of Rm.
    template <typename Fields> constexpr unsigned element_size = requires(Fields f)
    {
        f.M();
    }
    ? 1 : 2;

    // The element, in all lanes.
    template <typename Fields> Vector element(Cpu const& cpu, Fields f)
    {
        Vector const& m = cpu.v[f.Rm()];
        if constexpr (element_size<Fields> == 1) {
            uint16_t const value = m.lane<uint16_t>(f.H() << 2 | f.L() << 1 | f.M());
            return build<uint16_t>(8, [&](unsigned) { return value; });
        } else {
            uint32_t const value = m.lane<uint32_t>(f.H() << 1 | f.L());
            return build<uint32_t>(4, [&](unsigned) { return value; });
        }
    }

    template <typename Lanes, typename Fields, typename Operation>
    Flow by_element(Cpu& cpu, Fields f, Operation operation)
    {
        return lanewise<Lanes>(cpu, f, element_size<Fields>, element(cpu, f), operation);
    }

    template <typename Lanes, typename Fields, typename Operation>
    Flow by_element_long(Cpu& cpu, Fields f, Operation operation)
    {
        return widening<Lanes>(cpu, f, element_size<Fields>, element(cpu, f), operation);
    }

    // The element is a group of four bytes.
    template <typename Byte, typename Fields> Flow dot_product(Cpu& cpu, Fields f)
    {
        Vector const& d = cpu.v[f.Rd()];
        Vector const& n = cpu.v[f.Rn()];
        Vector const m = element(cpu, f);
        cpu.v[f.Rd()] = build<uint32_t>(lane_count<uint32_t>(f), [&](unsigned i) {
            Int128 sum = d.lane<uint32_t>(i);
            for (unsigned j = 0; j < 4; j++)
                sum += Int128 { n.lane<Byte>(4 * i + j) } * m.lane<Byte>(j);
            return sum;
        });
        return Flow::Next;
    }

}

Flow MUL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element<UnsignedLanes>(cpu, fields::MUL_element_H { word }, multiply);
}

Flow MUL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element<UnsignedLanes>(cpu, fields::MUL_element_S { word }, multiply);
}

Flow MLA_element_H(Cpu& cpu, uint32_t word)
{
    return by_element<UnsignedLanes>(cpu, fields::MLA_element_H { word }, multiply_add);
}

Flow MLA_element_S(Cpu& cpu, uint32_t word)
{
    return by_element<UnsignedLanes>(cpu, fields::MLA_element_S { word }, multiply_add);
}

Flow MLS_element_H(Cpu& cpu, uint32_t word)
{
    return by_element<UnsignedLanes>(cpu, fields::MLS_element_H { word }, multiply_subtract);
}

Flow MLS_element_S(Cpu& cpu, uint32_t word)
{
    return by_element<UnsignedLanes>(cpu, fields::MLS_element_S { word }, multiply_subtract);
}

Flow SMULL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SMULL_element_H { word }, multiply);
}

Flow SMULL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SMULL_element_S { word }, multiply);
}

Flow UMULL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element_long<UnsignedLanes>(cpu, fields::UMULL_element_H { word }, multiply);
}

Flow UMULL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element_long<UnsignedLanes>(cpu, fields::UMULL_element_S { word }, multiply);
}

Flow SMLAL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SMLAL_element_H { word }, multiply_add);
}

Flow SMLAL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SMLAL_element_S { word }, multiply_add);
}

Flow UMLAL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element_long<UnsignedLanes>(cpu, fields::UMLAL_element_H { word }, multiply_add);
}

Flow UMLAL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element_long<UnsignedLanes>(cpu, fields::UMLAL_element_S { word }, multiply_add);
}

Flow SMLSL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SMLSL_element_H { word }, multiply_subtract);
}

Flow SMLSL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SMLSL_element_S { word }, multiply_subtract);
}

Flow UMLSL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element_long<UnsignedLanes>(cpu, fields::UMLSL_element_H { word }, multiply_subtract);
}

Flow UMLSL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element_long<UnsignedLanes>(cpu, fields::UMLSL_element_S { word }, multiply_subtract);
}

Flow SQDMULL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMULL_element_H { word }, saturating(cpu, multiply_doubling));
}

Flow SQDMULL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMULL_element_S { word }, saturating(cpu, multiply_doubling));
}

Flow SQDMULL_element_H_scalar(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(
        cpu, fields::SQDMULL_element_H_scalar { word }, saturating(cpu, multiply_doubling));
}

Flow SQDMULL_element_S_scalar(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(
        cpu, fields::SQDMULL_element_S_scalar { word }, saturating(cpu, multiply_doubling));
}

Flow SQDMLAL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMLAL_element_H { word }, doubling_accumulate<1>(cpu));
}

Flow SQDMLAL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMLAL_element_S { word }, doubling_accumulate<1>(cpu));
}

Flow SQDMLAL_element_H_scalar(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMLAL_element_H_scalar { word }, doubling_accumulate<1>(cpu));
}

Flow SQDMLAL_element_S_scalar(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMLAL_element_S_scalar { word }, doubling_accumulate<1>(cpu));
}

Flow SQDMLSL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMLSL_element_H { word }, doubling_accumulate<-1>(cpu));
}

Flow SQDMLSL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMLSL_element_S { word }, doubling_accumulate<-1>(cpu));
}

Flow SQDMLSL_element_H_scalar(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMLSL_element_H_scalar { word }, doubling_accumulate<-1>(cpu));
}

Flow SQDMLSL_element_S_scalar(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMLSL_element_S_scalar { word }, doubling_accumulate<-1>(cpu));
}

Flow SQDMULH_element_H(Cpu& cpu, uint32_t word)
{
    return by_element<SignedLanes>(cpu, fields::SQDMULH_element_H { word }, doubling_high<false>(cpu));
}

Flow SQDMULH_element_S(Cpu& cpu, uint32_t word)
{
    return by_element<SignedLanes>(cpu, fields::SQDMULH_element_S { word }, doubling_high<false>(cpu));
}

Flow SQDMULH_element_H_scalar(Cpu& cpu, uint32_t word)
{
    return by_element<SignedLanes>(cpu, fields::SQDMULH_element_H_scalar { word }, doubling_high<false>(cpu));
}

Flow SQDMULH_element_S_scalar(Cpu& cpu, uint32_t word)
{
    return by_element<SignedLanes>(cpu, fields::SQDMULH_element_S_scalar { word }, doubling_high<false>(cpu));
}

Flow SQRDMULH_element_H(Cpu& cpu, uint32_t word)
{
    return by_element<SignedLanes>(cpu, fields::SQRDMULH_element_H { word }, doubling_high<true>(cpu));
}

Flow SQRDMULH_element_S(Cpu& cpu, uint32_t word)
{
    return by_element<SignedLanes>(cpu, fields::SQRDMULH_element_S { word }, doubling_high<true>(cpu));
}

Flow SQRDMULH_element_H_scalar(Cpu& cpu, uint32_t word)
{
    return by_element<SignedLanes>(cpu, fields::SQRDMULH_element_H_scalar { word }, doubling_high<true>(cpu));
}

Flow SQRDMULH_element_S_scalar(Cpu& cpu, uint32_t word)
{
    return by_element<SignedLanes>(cpu, fields::SQRDMULH_element_S_scalar { word }, doubling_high<true>(cpu));
}

Flow SQRDMLAH_element_H(Cpu& cpu, uint32_t word)
{
    return by_element<SignedLanes>(cpu, fields::SQRDMLAH_element_H { word }, doubling_high_accumulate<1>(cpu));
}

Flow SQRDMLAH_element_S(Cpu& cpu, uint32_t word)
{
    return by_element<SignedLanes>(cpu, fields::SQRDMLAH_element_S { word }, doubling_high_accumulate<1>(cpu));
}

Flow SQRDMLAH_element_H_scalar(Cpu& cpu, uint32_t word)
{
    return by_element<SignedLanes>(cpu, fields::SQRDMLAH_element_H_scalar { word }, doubling_high_accumulate<1>(cpu));
}

Flow SQRDMLAH_element_S_scalar(Cpu& cpu, uint32_t word)
{
    return by_element<SignedLanes>(cpu, fields::SQRDMLAH_element_S_scalar { word }, doubling_high_accumulate<1>(cpu));
}

Flow SQRDMLSH_element_H(Cpu& cpu, uint32_t word)
{
    return by_element<SignedLanes>(cpu, fields::SQRDMLSH_element_H { word }, doubling_high_accumulate<-1>(cpu));
}

Flow SQRDMLSH_element_S(Cpu& cpu, uint32_t word)
{
    return by_element<SignedLanes>(cpu, fields::SQRDMLSH_element_S { word }, doubling_high_accumulate<-1>(cpu));
}

Flow SQRDMLSH_element_H_scalar(Cpu& cpu, uint32_t word)
{
    return by_element<SignedLanes>(cpu, fields::SQRDMLSH_element_H_scalar { word }, doubling_high_accumulate<-1>(cpu));
}

Flow SQRDMLSH_element_S_scalar(Cpu& cpu, uint32_t word)
{
    return by_element<SignedLanes>(cpu, fields::SQRDMLSH_element_S_scalar { word }, doubling_high_accumulate<-1>(cpu));
}

Flow SDOT_element(Cpu& cpu, uint32_t word)
{
    return dot_product<int8_t>(cpu, fields::SDOT_element { word });
}

Flow UDOT_element(Cpu& cpu, uint32_t word)
{
    return dot_product<uint8_t>(cpu, fields::UDOT_element { word });
}

}
