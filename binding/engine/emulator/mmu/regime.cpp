#include "engine/emulator/mmu/regime.h"

#include "base/bits.h"

#include <algorithm>

namespace dormouse::emulator {

namespace {

    unsigned granule_bits(unsigned tg, bool upper)
    {
        // TG0 and TG1 number the granules differently. Reserved values act as 4 KiB.
        if (upper)
            return tg == 1 ? 14 : tg == 3 ? 16 : 12;
        return tg == 1 ? 16 : tg == 2 ? 14 : 12;
    }

    RegimeHalf make_half(uint64_t ttbr, unsigned size_field, unsigned granule, unsigned output_bits)
    {
        RegimeHalf half;
        // 16..39 without FEAT_LVA and FEAT_TTST; values outside act as the nearest one. [Arm DDI 0487, TCR_EL1.T0SZ]
        half.input_bits = static_cast<uint8_t>(64 - std::clamp(size_field, 16u, 39u));
        half.granule_bits = static_cast<uint8_t>(granule);
        unsigned const stride = granule - 3;
        unsigned const levels = (half.input_bits - granule + stride - 1) / stride;
        half.start_level = static_cast<uint8_t>(4 - levels);
        unsigned const first_index_bits = half.input_bits - granule - (levels - 1) * stride;
        half.table = bits<47, 1>(ttbr) << 1 & ~low_mask(first_index_bits + 3);
        half.table_out_of_range = (half.table >> output_bits) != 0;
        return half;
    }

}

bool Regime::is_in_range(uint64_t address) const
{
    RegimeHalf const& half = half_of(address);
    uint64_t const significant = half.ignores_top_byte ? static_cast<uint64_t>(sign_extend(address, 56)) : address;
    if (!enabled)
        return (half.ignores_top_byte ? bits<55, 0>(address) : address) >> kPhysicalAddressBits == 0;
    uint64_t const above = significant >> half.input_bits;
    return above == (bit<55>(address) ? ~uint64_t { 0 } >> half.input_bits : 0);
}

uint64_t Regime::without_tag(uint64_t address) const
{
    if (!half_of(address).ignores_top_byte)
        return address;
    return static_cast<uint64_t>(sign_extend(address, 56));
}

Regime make_regime(RegimeRegisters const& registers)
{
    uint64_t const tcr = registers.tcr;
    static constexpr uint8_t kOutputBits[8] { 32, 36, 40, 42, 44, 48, 48, 48 };
    Regime regime;
    regime.enabled = bit<0>(registers.sctlr);
    regime.checks_alignment = bit<1>(registers.sctlr);
    regime.write_implies_never_execute = bit<19>(registers.sctlr);
    regime.updates_access_flag = bit<39>(tcr);
    regime.updates_dirty_state = bit<39>(tcr) && bit<40>(tcr);
    regime.wide_asid = bit<36>(tcr);
    // A larger IPS acts as the size there is. [Arm DDI 0487, TCR_EL1.IPS]
    regime.output_bits
        = static_cast<uint8_t>(std::min<unsigned>(kOutputBits[bits<34, 32>(tcr)], registers.physical_address_bits));
    uint64_t const asid = bits<63, 48>(bit<22>(tcr) ? registers.ttbr1 : registers.ttbr0);
    regime.asid = static_cast<uint16_t>(regime.wide_asid ? asid : asid & 0xff);
    regime.mair = registers.mair;

    regime.halves[0] = make_half(registers.ttbr0, static_cast<unsigned>(bits<5, 0>(tcr)),
        granule_bits(static_cast<unsigned>(bits<15, 14>(tcr)), false), regime.output_bits);
    regime.halves[0].walks_disabled = bit<7>(tcr);
    regime.halves[0].ignores_top_byte = bit<37>(tcr);
    regime.halves[0].ignores_table_permissions = bit<41>(tcr);
    regime.halves[0].hidden_from_el0 = bit<55>(tcr);

    regime.halves[1] = make_half(registers.ttbr1, static_cast<unsigned>(bits<21, 16>(tcr)),
        granule_bits(static_cast<unsigned>(bits<31, 30>(tcr)), true), regime.output_bits);
    regime.halves[1].walks_disabled = bit<23>(tcr);
    regime.halves[1].ignores_top_byte = bit<38>(tcr);
    regime.halves[1].ignores_table_permissions = bit<42>(tcr);
    regime.halves[1].hidden_from_el0 = bit<56>(tcr);
    return regime;
}

}
