#pragma once

#include <cstdint>

namespace dormouse::emulator {

// The registers that configure the EL1&0 translation regime.
struct RegimeRegisters {
    uint64_t sctlr { 0 };
    uint64_t tcr { 0 };
    uint64_t ttbr0 { 0 };
    uint64_t ttbr1 { 0 };
    uint64_t mair { 0 };
    unsigned physical_address_bits { 48 }; // ID_AA64MMFR0_EL1.PARange
    bool operator==(RegimeRegisters const&) const = default;
};

// One half of the address space: what TTBR0_EL1 or TTBR1_EL1 and their fields of TCR_EL1 say.
struct RegimeHalf {
    uint64_t table { 0 }; // physical address of the first table
    uint8_t input_bits { 0 }; // 64 - TxSZ
    uint8_t granule_bits { 12 }; // 12, 14 or 16
    uint8_t start_level { 0 };
    bool ignores_top_byte { false }; // TBI
    bool walks_disabled { false }; // EPD
    bool hidden_from_el0 { false }; // E0PD
    bool ignores_table_permissions { false }; // HPD
    bool table_out_of_range { false }; // TTBR beyond the output size: address size fault, level 0
};

// The EL1&0 stage 1 regime in a form that is fast to use. [Arm DDI 0487, TCR_EL1, D8.2]
struct Regime {
    bool enabled { false }; // SCTLR_EL1.M
    bool checks_alignment { false }; // SCTLR_EL1.A
    bool write_implies_never_execute { false }; // WXN
    bool updates_access_flag { false }; // TCR_EL1.HA
    bool updates_dirty_state { false }; // TCR_EL1.HD
    bool wide_asid { false }; // TCR_EL1.AS
    uint8_t output_bits { 48 };
    uint16_t asid { 0 };
    uint64_t mair { 0 };
    RegimeHalf halves[2]; // [0]: TTBR0, [1]: TTBR1

    RegimeHalf const& half_of(uint64_t address) const { return halves[(address >> 55) & 1]; }
    // Whether the bits above the input size are all equal to bit 55 (the top byte set aside under TBI).
    bool is_in_range(uint64_t address) const;
    // The address without its tag: what PC, the second-level TLB and page walks use.
    uint64_t without_tag(uint64_t address) const;
};

constexpr unsigned kPhysicalAddressBits = 48;

Regime make_regime(RegimeRegisters const&);

}
