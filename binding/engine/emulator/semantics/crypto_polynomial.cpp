// PMULL of 64-bit lanes (FEAT_PMULL), the carry-less product behind GCM and CRCs. [Arm DDI 0487, PMULL]
#include "engine/emulator/semantics/simd_lanes.h"
#include "engine/emulator/semantics/simd_multiply.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    __extension__ typedef unsigned __int128 UInt128;

}

Flow PMULL_1Q(Cpu& cpu, uint32_t word)
{
    fields::PMULL_1Q const f { word };
    UInt128 const n = cpu.v[f.Rn()].d[f.Q()];
    UInt128 const m = cpu.v[f.Rm()].d[f.Q()];
    UInt128 const product = carryless_multiply(n, m, 64);
    cpu.v[f.Rd()] = Vector { { static_cast<uint64_t>(product), static_cast<uint64_t>(product >> 64) } };
    return Flow::Next;
}
}
