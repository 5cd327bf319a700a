#pragma once

#include "engine/emulator/semantics/simd_lanes.h"

// The second factor of by-element instructions. [Arm DDI 0487, C4.1.96 "Advanced SIMD vector x indexed element"]
namespace dormouse::emulator::semantics {

// Rows of halfwords have a field M, which is part of the index; in rows of words it is part of Rm.
template <typename Fields> constexpr bool has_halfword_element = requires(Fields f)
{
    f.M();
};
template <typename Fields> constexpr unsigned element_size = has_halfword_element<Fields> ? 1 : 2;

// The element, in all lanes.
template <typename Fields> Vector element(Cpu const& cpu, Fields f)
{
    Vector const& m = cpu.v[f.Rm()];
    if constexpr (has_halfword_element<Fields>) {
        uint16_t const value = m.lane<uint16_t>(f.H() << 2 | f.L() << 1 | f.M());
        return build<uint16_t>(8, [&](unsigned) { return value; });
    } else {
        uint32_t const value = m.lane<uint32_t>(f.H() << 1 | f.L());
        return build<uint32_t>(4, [&](unsigned) { return value; });
    }
}

}
