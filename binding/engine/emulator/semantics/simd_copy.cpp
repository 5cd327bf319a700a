// Advanced SIMD copy: lanes to and from other lanes and general registers. [Arm DDI 0487, C4.1.96 "Advanced SIMD copy"]
#include "engine/emulator/semantics/simd_lanes.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

#include <bit>

namespace dormouse::emulator::semantics {

namespace {

    // imm5: the lowest bit set gives the size of the lane, the bits above it the index.
    template <typename Fields> unsigned lane_size_of_imm5(Fields f)
    {
        return static_cast<unsigned>(std::countr_zero(f.imm5()));
    }
    template <typename Fields> unsigned index_of_imm5(Fields f)
    {
        return f.imm5() >> (lane_size_of_imm5(f) + 1);
    }

    template <typename Fields> Flow duplicate_element(Cpu& cpu, Fields f)
    {
        with_lane_type<UnsignedLanes>(lane_size_of_imm5(f), [&](auto zero) {
            using T = decltype(zero);
            T const value = cpu.v[f.Rn()].template lane<T>(index_of_imm5(f));
            cpu.v[f.Rd()] = build<T>(lane_count<T>(f), [&](unsigned) { return value; });
        });
        return Flow::Next;
    }

}

Flow DUP_element_vector(Cpu& cpu, uint32_t word)
{
    return duplicate_element(cpu, fields::DUP_element_vector { word });
}

Flow DUP_element_scalar(Cpu& cpu, uint32_t word)
{
    return duplicate_element(cpu, fields::DUP_element_scalar { word });
}

Flow DUP_general(Cpu& cpu, uint32_t word)
{
    fields::DUP_general const f { word };
    with_lane_type<UnsignedLanes>(lane_size_of_imm5(f), [&](auto zero) {
        using T = decltype(zero);
        cpu.v[f.Rd()] = build<T>(lane_count<T>(f), [&](unsigned) { return cpu.x[f.Rn()]; });
    });
    return Flow::Next;
}

Flow INS_general(Cpu& cpu, uint32_t word)
{
    fields::INS_general const f { word };
    with_lane_type<UnsignedLanes>(lane_size_of_imm5(f), [&](auto zero) {
        using T = decltype(zero);
        cpu.v[f.Rd()].template set_lane<T>(index_of_imm5(f), static_cast<T>(cpu.x[f.Rn()]));
    });
    return Flow::Next;
}

Flow INS_element(Cpu& cpu, uint32_t word)
{
    fields::INS_element const f { word };
    with_lane_type<UnsignedLanes>(lane_size_of_imm5(f), [&](auto zero) {
        using T = decltype(zero);
        T const value = cpu.v[f.Rn()].template lane<T>(f.imm4() >> lane_size_of_imm5(f));
        cpu.v[f.Rd()].template set_lane<T>(index_of_imm5(f), value);
    });
    return Flow::Next;
}

Flow SMOV(Cpu& cpu, uint32_t word)
{
    fields::SMOV const f { word };
    with_narrow_lane_type<SignedLanes>(lane_size_of_imm5(f), [&](auto zero) {
        int64_t const value = cpu.v[f.Rn()].template lane<decltype(zero)>(index_of_imm5(f));
        cpu.set_x(f.Rd(), f.Q() ? static_cast<uint64_t>(value) : static_cast<uint32_t>(value));
    });
    return Flow::Next;
}

Flow UMOV(Cpu& cpu, uint32_t word)
{
    fields::UMOV const f { word };
    with_lane_type<UnsignedLanes>(lane_size_of_imm5(f),
        [&](auto zero) { cpu.set_x(f.Rd(), cpu.v[f.Rn()].template lane<decltype(zero)>(index_of_imm5(f))); });
    return Flow::Next;
}
}
