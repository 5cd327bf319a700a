// Advanced SIMD by indexed element, results as wide as the factors; dot products. [Arm DDI 0487, C4.1.96]
#include "engine/emulator/semantics/simd_element.h"
#include "engine/emulator/semantics/simd_multiply.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    template <typename Lanes, typename Fields, typename Operation>
    Flow by_element(Cpu& cpu, Fields f, Operation operation)
    {
        return lanewise<Lanes>(cpu, f, element_size<Fields>, element(cpu, f), operation);
    }

    // The element is a group of four bytes.
    template <typename Byte, typename Fields> Flow dot_product(Cpu& cpu, Fields f)
    {
        Vector const& d = cpu.v[f.Rd()];
        Vector const& n = cpu.v[f.Rn()];
        Vector const m = element(cpu, f);
        cpu.v[f.Rd()] = build<uint32_t>(lane_count<uint32_t>(f), [&](unsigned i) {
            int64_t sum = d.lane<uint32_t>(i);
            for (unsigned j = 0; j < 4; j++)
                sum += n.lane<Byte>(4 * i + j) * m.lane<Byte>(j);
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
