// Advanced SIMD permute, extract and table lookup. [Arm DDI 0487, C4.1.96]
#include "engine/emulator/semantics/simd_lanes.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

#include <array>

namespace dormouse::emulator::semantics {

namespace {

    // Lane i of the result is lane source(i, count) of Rm:Rn, `count` lanes each.
    template <typename Fields, typename Source> Flow permute(Cpu& cpu, Fields f, Source source)
    {
        with_lane_type<UnsignedLanes>(f.size(), [&](auto zero) {
            using T = decltype(zero);
            Vector const& n = cpu.v[f.Rn()];
            Vector const& m = cpu.v[f.Rm()];
            unsigned const count = lane_count<T>(f);
            cpu.v[f.Rd()] = build<T>(count, [&](unsigned i) {
                unsigned const from = source(i, count);
                return from < count ? n.lane<T>(from) : m.lane<T>(from - count);
            });
        });
        return Flow::Next;
    }

    // Zip takes pairs from the same place of both registers, unzip every second lane, transpose lanes of one parity.
    template <unsigned Part>
    constexpr auto zip = [](unsigned i, unsigned count) { return Part * count / 2 + i / 2 + (i % 2) * count; };
    template <unsigned Part> constexpr auto unzip = [](unsigned i, unsigned) { return 2 * i + Part; };
    template <unsigned Part>
    constexpr auto transpose = [](unsigned i, unsigned count) { return i - i % 2 + Part + (i % 2) * count; };

    // Bytes of Registers consecutive registers, modulo 32, chosen by Rm's bytes; `outside` gives those past the end.
    template <unsigned Registers, typename Fields, typename Outside> Flow look_up(Cpu& cpu, Fields f, Outside outside)
    {
        std::array<Vector, Registers> table;
        for (unsigned i = 0; i < Registers; i++)
            table[i] = cpu.v[(f.Rn() + i) % 32];
        Vector const& m = cpu.v[f.Rm()];
        cpu.v[f.Rd()] = build<uint8_t>(lane_count<uint8_t>(f), [&](unsigned i) {
            unsigned const index = m.lane<uint8_t>(i);
            return index < 16 * Registers ? table[index / 16].template lane<uint8_t>(index % 16) : outside(i);
        });
        return Flow::Next;
    }

    template <unsigned Registers, typename Fields> Flow table_zero(Cpu& cpu, Fields f)
    {
        return look_up<Registers>(cpu, f, [](unsigned) { return uint8_t { 0 }; });
    }
    template <unsigned Registers, typename Fields> Flow table_keep(Cpu& cpu, Fields f)
    {
        return look_up<Registers>(
            cpu, f, [&, old = cpu.v[f.Rd()]](unsigned i) { return old.template lane<uint8_t>(i); });
    }

}

Flow ZIP1(Cpu& cpu, uint32_t word)
{
    return permute(cpu, fields::ZIP1 { word }, zip<0>);
}

Flow ZIP2(Cpu& cpu, uint32_t word)
{
    return permute(cpu, fields::ZIP2 { word }, zip<1>);
}

Flow UZP1(Cpu& cpu, uint32_t word)
{
    return permute(cpu, fields::UZP1 { word }, unzip<0>);
}

Flow UZP2(Cpu& cpu, uint32_t word)
{
    return permute(cpu, fields::UZP2 { word }, unzip<1>);
}

Flow TRN1(Cpu& cpu, uint32_t word)
{
    return permute(cpu, fields::TRN1 { word }, transpose<0>);
}

Flow TRN2(Cpu& cpu, uint32_t word)
{
    return permute(cpu, fields::TRN2 { word }, transpose<1>);
}

Flow EXT(Cpu& cpu, uint32_t word)
{
    fields::EXT const f { word };
    Vector const& n = cpu.v[f.Rn()];
    Vector const& m = cpu.v[f.Rm()];
    unsigned const count = lane_count<uint8_t>(f);
    cpu.v[f.Rd()] = build<uint8_t>(count, [&](unsigned i) {
        unsigned const from = i + f.imm4();
        return from < count ? n.lane<uint8_t>(from) : m.lane<uint8_t>(from - count);
    });
    return Flow::Next;
}

Flow TBL_1(Cpu& cpu, uint32_t word)
{
    return table_zero<1>(cpu, fields::TBL_1 { word });
}

Flow TBL_2(Cpu& cpu, uint32_t word)
{
    return table_zero<2>(cpu, fields::TBL_2 { word });
}

Flow TBL_3(Cpu& cpu, uint32_t word)
{
    return table_zero<3>(cpu, fields::TBL_3 { word });
}

Flow TBL_4(Cpu& cpu, uint32_t word)
{
    return table_zero<4>(cpu, fields::TBL_4 { word });
}

Flow TBX_1(Cpu& cpu, uint32_t word)
{
    return table_keep<1>(cpu, fields::TBX_1 { word });
}

Flow TBX_2(Cpu& cpu, uint32_t word)
{
    return table_keep<2>(cpu, fields::TBX_2 { word });
}

Flow TBX_3(Cpu& cpu, uint32_t word)
{
    return table_keep<3>(cpu, fields::TBX_3 { word });
}

Flow TBX_4(Cpu& cpu, uint32_t word)
{
    return table_keep<4>(cpu, fields::TBX_4 { word });
}

}
