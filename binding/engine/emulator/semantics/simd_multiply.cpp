// Advanced SIMD three same: multiplications and dot products, vector and scalar. [Arm DDI 0487, C4.1.96]
#include "engine/emulator/semantics/simd_multiply.h"
#include "engine/emulator/semantics/simd_lanes.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    // Each 32-bit lane of Rd gains the sum of four products of bytes.
    template <typename Byte, typename Fields> Flow dot_product(Cpu& cpu, Fields f)
    {
        Vector const& d = cpu.v[f.Rd()];
        Vector const& n = cpu.v[f.Rn()];
        Vector const& m = cpu.v[f.Rm()];
        cpu.v[f.Rd()] = build<uint32_t>(lane_count<uint32_t>(f), [&](unsigned i) {
            int64_t sum = d.lane<uint32_t>(i);
            for (unsigned j = 4 * i; j < 4 * i + 4; j++)
                sum += n.lane<Byte>(j) * m.lane<Byte>(j);
            return sum;
        });
        return Flow::Next;
    }

}

Flow MUL_vector(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::MUL_vector { word }, multiply);
}

Flow MLA_vector(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::MLA_vector { word }, multiply_add);
}

Flow MLS_vector(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::MLS_vector { word }, multiply_subtract);
}

Flow PMUL(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(
        cpu, fields::PMUL { word }, [](auto n, auto m) { return carryless_multiply<uint64_t>(n, m, 8); });
}

Flow SQDMULH_vector(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SQDMULH_vector { word }, doubling_high<false>(cpu));
}

Flow SQDMULH_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SQDMULH_scalar { word }, doubling_high<false>(cpu));
}

Flow SQRDMULH_vector(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SQRDMULH_vector { word }, doubling_high<true>(cpu));
}

Flow SQRDMULH_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SQRDMULH_scalar { word }, doubling_high<true>(cpu));
}

Flow SQRDMLAH_vector(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SQRDMLAH_vector { word }, doubling_high_accumulate<1>(cpu));
}

Flow SQRDMLAH_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SQRDMLAH_scalar { word }, doubling_high_accumulate<1>(cpu));
}

Flow SQRDMLSH_vector(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SQRDMLSH_vector { word }, doubling_high_accumulate<-1>(cpu));
}

Flow SQRDMLSH_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SQRDMLSH_scalar { word }, doubling_high_accumulate<-1>(cpu));
}

Flow SDOT_vector(Cpu& cpu, uint32_t word)
{
    return dot_product<int8_t>(cpu, fields::SDOT_vector { word });
}

Flow UDOT_vector(Cpu& cpu, uint32_t word)
{
    return dot_product<uint8_t>(cpu, fields::UDOT_vector { word });
}

}
