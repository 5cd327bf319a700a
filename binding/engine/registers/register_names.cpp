#include "engine/registers/register_names.h"

#include "arch/system_register_encoding.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <iterator>

namespace dormouse::engine {

namespace {

    using arch::system_register;

    struct SystemName {
        uint16_t encoding;
        char const* name;
    };

    // Sorted by encoding. AArch32 registers and those of newer architectures are here because KVM lists them.
    // clang-format off
    constexpr SystemName kSystemNames[] = {
        { system_register(2, 0, 0, 0, 2), "OSDTRRX_EL1" },
        { system_register(2, 0, 0, 0, 4), "DBGBVR0_EL1" },
        { system_register(2, 0, 0, 0, 5), "DBGBCR0_EL1" },
        { system_register(2, 0, 0, 0, 6), "DBGWVR0_EL1" },
        { system_register(2, 0, 0, 0, 7), "DBGWCR0_EL1" },
        { system_register(2, 0, 0, 1, 4), "DBGBVR1_EL1" },
        { system_register(2, 0, 0, 1, 5), "DBGBCR1_EL1" },
        { system_register(2, 0, 0, 1, 6), "DBGWVR1_EL1" },
        { system_register(2, 0, 0, 1, 7), "DBGWCR1_EL1" },
        { system_register(2, 0, 0, 2, 0), "MDCCINT_EL1" },
        { system_register(2, 0, 0, 2, 2), "MDSCR_EL1" },
        { system_register(2, 0, 0, 2, 4), "DBGBVR2_EL1" },
        { system_register(2, 0, 0, 2, 5), "DBGBCR2_EL1" },
        { system_register(2, 0, 0, 2, 6), "DBGWVR2_EL1" },
        { system_register(2, 0, 0, 2, 7), "DBGWCR2_EL1" },
        { system_register(2, 0, 0, 3, 2), "OSDTRTX_EL1" },
        { system_register(2, 0, 0, 3, 4), "DBGBVR3_EL1" },
        { system_register(2, 0, 0, 3, 5), "DBGBCR3_EL1" },
        { system_register(2, 0, 0, 3, 6), "DBGWVR3_EL1" },
        { system_register(2, 0, 0, 3, 7), "DBGWCR3_EL1" },
        { system_register(2, 0, 0, 4, 4), "DBGBVR4_EL1" },
        { system_register(2, 0, 0, 4, 5), "DBGBCR4_EL1" },
        { system_register(2, 0, 0, 4, 6), "DBGWVR4_EL1" },
        { system_register(2, 0, 0, 4, 7), "DBGWCR4_EL1" },
        { system_register(2, 0, 0, 5, 4), "DBGBVR5_EL1" },
        { system_register(2, 0, 0, 5, 5), "DBGBCR5_EL1" },
        { system_register(2, 0, 0, 5, 6), "DBGWVR5_EL1" },
        { system_register(2, 0, 0, 5, 7), "DBGWCR5_EL1" },
        { system_register(2, 0, 0, 6, 4), "DBGBVR6_EL1" },
        { system_register(2, 0, 0, 6, 5), "DBGBCR6_EL1" },
        { system_register(2, 0, 0, 6, 6), "DBGWVR6_EL1" },
        { system_register(2, 0, 0, 6, 7), "DBGWCR6_EL1" },
        { system_register(2, 0, 0, 7, 4), "DBGBVR7_EL1" },
        { system_register(2, 0, 0, 7, 5), "DBGBCR7_EL1" },
        { system_register(2, 0, 0, 7, 6), "DBGWVR7_EL1" },
        { system_register(2, 0, 0, 7, 7), "DBGWCR7_EL1" },
        { system_register(2, 0, 0, 8, 4), "DBGBVR8_EL1" },
        { system_register(2, 0, 0, 8, 5), "DBGBCR8_EL1" },
        { system_register(2, 0, 0, 8, 6), "DBGWVR8_EL1" },
        { system_register(2, 0, 0, 8, 7), "DBGWCR8_EL1" },
        { system_register(2, 0, 0, 9, 4), "DBGBVR9_EL1" },
        { system_register(2, 0, 0, 9, 5), "DBGBCR9_EL1" },
        { system_register(2, 0, 0, 9, 6), "DBGWVR9_EL1" },
        { system_register(2, 0, 0, 9, 7), "DBGWCR9_EL1" },
        { system_register(2, 0, 0, 10, 4), "DBGBVR10_EL1" },
        { system_register(2, 0, 0, 10, 5), "DBGBCR10_EL1" },
        { system_register(2, 0, 0, 10, 6), "DBGWVR10_EL1" },
        { system_register(2, 0, 0, 10, 7), "DBGWCR10_EL1" },
        { system_register(2, 0, 0, 11, 4), "DBGBVR11_EL1" },
        { system_register(2, 0, 0, 11, 5), "DBGBCR11_EL1" },
        { system_register(2, 0, 0, 11, 6), "DBGWVR11_EL1" },
        { system_register(2, 0, 0, 11, 7), "DBGWCR11_EL1" },
        { system_register(2, 0, 0, 12, 4), "DBGBVR12_EL1" },
        { system_register(2, 0, 0, 12, 5), "DBGBCR12_EL1" },
        { system_register(2, 0, 0, 12, 6), "DBGWVR12_EL1" },
        { system_register(2, 0, 0, 12, 7), "DBGWCR12_EL1" },
        { system_register(2, 0, 0, 13, 4), "DBGBVR13_EL1" },
        { system_register(2, 0, 0, 13, 5), "DBGBCR13_EL1" },
        { system_register(2, 0, 0, 13, 6), "DBGWVR13_EL1" },
        { system_register(2, 0, 0, 13, 7), "DBGWCR13_EL1" },
        { system_register(2, 0, 0, 14, 4), "DBGBVR14_EL1" },
        { system_register(2, 0, 0, 14, 5), "DBGBCR14_EL1" },
        { system_register(2, 0, 0, 14, 6), "DBGWVR14_EL1" },
        { system_register(2, 0, 0, 14, 7), "DBGWCR14_EL1" },
        { system_register(2, 0, 0, 15, 4), "DBGBVR15_EL1" },
        { system_register(2, 0, 0, 15, 5), "DBGBCR15_EL1" },
        { system_register(2, 0, 0, 15, 6), "DBGWVR15_EL1" },
        { system_register(2, 0, 0, 15, 7), "DBGWCR15_EL1" },
        { system_register(2, 0, 1, 1, 4), "OSLSR_EL1" },
        { system_register(2, 0, 1, 4, 4), "DBGPRCR_EL1" },
        { system_register(2, 0, 7, 9, 6), "DBGCLAIMCLR_EL1" },
        { system_register(2, 4, 0, 7, 0), "DBGVCR32_EL2" },
        { system_register(3, 0, 0, 0, 0), "MIDR_EL1" },
        { system_register(3, 0, 0, 0, 5), "MPIDR_EL1" },
        { system_register(3, 0, 0, 0, 6), "REVIDR_EL1" },
        { system_register(3, 0, 0, 1, 0), "ID_PFR0_EL1" },
        { system_register(3, 0, 0, 1, 1), "ID_PFR1_EL1" },
        { system_register(3, 0, 0, 1, 2), "ID_DFR0_EL1" },
        { system_register(3, 0, 0, 1, 3), "ID_AFR0_EL1" },
        { system_register(3, 0, 0, 1, 4), "ID_MMFR0_EL1" },
        { system_register(3, 0, 0, 1, 5), "ID_MMFR1_EL1" },
        { system_register(3, 0, 0, 1, 6), "ID_MMFR2_EL1" },
        { system_register(3, 0, 0, 1, 7), "ID_MMFR3_EL1" },
        { system_register(3, 0, 0, 2, 0), "ID_ISAR0_EL1" },
        { system_register(3, 0, 0, 2, 1), "ID_ISAR1_EL1" },
        { system_register(3, 0, 0, 2, 2), "ID_ISAR2_EL1" },
        { system_register(3, 0, 0, 2, 3), "ID_ISAR3_EL1" },
        { system_register(3, 0, 0, 2, 4), "ID_ISAR4_EL1" },
        { system_register(3, 0, 0, 2, 5), "ID_ISAR5_EL1" },
        { system_register(3, 0, 0, 2, 6), "ID_MMFR4_EL1" },
        { system_register(3, 0, 0, 2, 7), "ID_ISAR6_EL1" },
        { system_register(3, 0, 0, 3, 0), "MVFR0_EL1" },
        { system_register(3, 0, 0, 3, 1), "MVFR1_EL1" },
        { system_register(3, 0, 0, 3, 2), "MVFR2_EL1" },
        { system_register(3, 0, 0, 3, 4), "ID_PFR2_EL1" },
        { system_register(3, 0, 0, 3, 5), "ID_DFR1_EL1" },
        { system_register(3, 0, 0, 3, 6), "ID_MMFR5_EL1" },
        { system_register(3, 0, 0, 4, 0), "ID_AA64PFR0_EL1" },
        { system_register(3, 0, 0, 4, 1), "ID_AA64PFR1_EL1" },
        { system_register(3, 0, 0, 4, 2), "ID_AA64PFR2_EL1" },
        { system_register(3, 0, 0, 4, 4), "ID_AA64ZFR0_EL1" },
        { system_register(3, 0, 0, 4, 5), "ID_AA64SMFR0_EL1" },
        { system_register(3, 0, 0, 4, 7), "ID_AA64FPFR0_EL1" },
        { system_register(3, 0, 0, 5, 0), "ID_AA64DFR0_EL1" },
        { system_register(3, 0, 0, 5, 1), "ID_AA64DFR1_EL1" },
        { system_register(3, 0, 0, 5, 2), "ID_AA64DFR2_EL1" },
        { system_register(3, 0, 0, 5, 4), "ID_AA64AFR0_EL1" },
        { system_register(3, 0, 0, 5, 5), "ID_AA64AFR1_EL1" },
        { system_register(3, 0, 0, 6, 0), "ID_AA64ISAR0_EL1" },
        { system_register(3, 0, 0, 6, 1), "ID_AA64ISAR1_EL1" },
        { system_register(3, 0, 0, 6, 2), "ID_AA64ISAR2_EL1" },
        { system_register(3, 0, 0, 6, 3), "ID_AA64ISAR3_EL1" },
        { system_register(3, 0, 0, 7, 0), "ID_AA64MMFR0_EL1" },
        { system_register(3, 0, 0, 7, 1), "ID_AA64MMFR1_EL1" },
        { system_register(3, 0, 0, 7, 2), "ID_AA64MMFR2_EL1" },
        { system_register(3, 0, 0, 7, 3), "ID_AA64MMFR3_EL1" },
        { system_register(3, 0, 0, 7, 4), "ID_AA64MMFR4_EL1" },
        { system_register(3, 0, 1, 0, 0), "SCTLR_EL1" },
        { system_register(3, 0, 1, 0, 1), "ACTLR_EL1" },
        { system_register(3, 0, 1, 0, 2), "CPACR_EL1" },
        { system_register(3, 0, 1, 0, 3), "SCTLR2_EL1" },
        { system_register(3, 0, 2, 0, 0), "TTBR0_EL1" },
        { system_register(3, 0, 2, 0, 1), "TTBR1_EL1" },
        { system_register(3, 0, 2, 0, 2), "TCR_EL1" },
        { system_register(3, 0, 2, 0, 3), "TCR2_EL1" },
        { system_register(3, 0, 5, 1, 0), "AFSR0_EL1" },
        { system_register(3, 0, 5, 1, 1), "AFSR1_EL1" },
        { system_register(3, 0, 5, 2, 0), "ESR_EL1" },
        { system_register(3, 0, 6, 0, 0), "FAR_EL1" },
        { system_register(3, 0, 7, 4, 0), "PAR_EL1" },
        { system_register(3, 0, 9, 14, 1), "PMINTENSET_EL1" },
        { system_register(3, 0, 10, 2, 0), "MAIR_EL1" },
        { system_register(3, 0, 10, 2, 2), "PIRE0_EL1" },
        { system_register(3, 0, 10, 2, 3), "PIR_EL1" },
        { system_register(3, 0, 10, 2, 4), "POR_EL1" },
        { system_register(3, 0, 10, 3, 0), "AMAIR_EL1" },
        { system_register(3, 0, 12, 0, 0), "VBAR_EL1" },
        { system_register(3, 0, 12, 1, 1), "DISR_EL1" },
        { system_register(3, 0, 13, 0, 1), "CONTEXTIDR_EL1" },
        { system_register(3, 0, 13, 0, 4), "TPIDR_EL1" },
        { system_register(3, 0, 13, 0, 7), "SCXTNUM_EL1" },
        { system_register(3, 0, 14, 1, 0), "CNTKCTL_EL1" },
        { system_register(3, 1, 0, 0, 1), "CLIDR_EL1" },
        { system_register(3, 1, 0, 0, 7), "AIDR_EL1" },
        { system_register(3, 2, 0, 0, 0), "CSSELR_EL1" },
        { system_register(3, 3, 0, 0, 1), "CTR_EL0" },
        { system_register(3, 3, 9, 12, 0), "PMCR_EL0" },
        { system_register(3, 3, 9, 12, 1), "PMCNTENSET_EL0" },
        { system_register(3, 3, 9, 12, 5), "PMSELR_EL0" },
        { system_register(3, 3, 9, 12, 6), "PMCEID0_EL0" },
        { system_register(3, 3, 9, 12, 7), "PMCEID1_EL0" },
        { system_register(3, 3, 9, 13, 0), "PMCCNTR_EL0" },
        { system_register(3, 3, 9, 14, 0), "PMUSERENR_EL0" },
        { system_register(3, 3, 9, 14, 3), "PMOVSSET_EL0" },
        { system_register(3, 3, 13, 0, 2), "TPIDR_EL0" },
        { system_register(3, 3, 13, 0, 3), "TPIDRRO_EL0" },
        { system_register(3, 3, 13, 0, 7), "SCXTNUM_EL0" },
        { system_register(3, 3, 14, 8, 0), "PMEVCNTR0_EL0" },
        { system_register(3, 3, 14, 8, 1), "PMEVCNTR1_EL0" },
        { system_register(3, 3, 14, 8, 2), "PMEVCNTR2_EL0" },
        { system_register(3, 3, 14, 8, 3), "PMEVCNTR3_EL0" },
        { system_register(3, 3, 14, 8, 4), "PMEVCNTR4_EL0" },
        { system_register(3, 3, 14, 8, 5), "PMEVCNTR5_EL0" },
        { system_register(3, 3, 14, 12, 0), "PMEVTYPER0_EL0" },
        { system_register(3, 3, 14, 12, 1), "PMEVTYPER1_EL0" },
        { system_register(3, 3, 14, 12, 2), "PMEVTYPER2_EL0" },
        { system_register(3, 3, 14, 12, 3), "PMEVTYPER3_EL0" },
        { system_register(3, 3, 14, 12, 4), "PMEVTYPER4_EL0" },
        { system_register(3, 3, 14, 12, 5), "PMEVTYPER5_EL0" },
        { system_register(3, 3, 14, 15, 7), "PMCCFILTR_EL0" },
        { system_register(3, 4, 3, 0, 0), "DACR32_EL2" },
        { system_register(3, 4, 5, 0, 1), "IFSR32_EL2" },
        { system_register(3, 4, 5, 3, 0), "FPEXC32_EL2" },
    };
    // clang-format on

    // Numbers that do not follow the encoding: KVM exchanged two of the virtual timer's, and some registers of the
    // emulator hold what no architectural register does.
    constexpr SystemName kOtherNames[] = {
        { 0xdf01, "CNTPCT_EL0" },
        { 0xdf02, "CNTV_CVAL_EL0" },
        { 0xdf11, "CNTP_CTL_EL0" },
        { 0xdf12, "CNTP_CVAL_EL0" },
        { 0xdf19, "CNTV_CTL_EL0" },
        { 0xdf1a, "CNTVCT_EL0" },
        { 0xff88, "EVENT" },
        { 0xff89, "EXCLUSIVE_CONTROL" },
        { 0xff8a, "EXCLUSIVE_ADDRESS" },
        { 0xff8b, "EXCLUSIVE_VALUE" },
    };

    struct Name {
        RegisterId id;
        char const* name;
    };

    constexpr RegisterId u64(uint64_t group, uint64_t index)
    {
        return { kRegArm64 | kRegSizeU64 | group | index };
    }
    constexpr uint64_t kRegFirmwareBitmap = 0x0016'0000;
    constexpr uint64_t kRegCacheSize = kRegArm64 | kRegSizeU32 | 0x0011'0000;

    constexpr Name kNames[] = {
        { kRegisterSp, "SP_EL0" },
        { kRegisterPc, "PC" },
        { kRegisterPstate, "PSTATE" },
        { kRegisterSpEl1, "SP_EL1" },
        { kRegisterElrEl1, "ELR_EL1" },
        { kRegisterSpsrEl1, "SPSR_EL1" },
        { core_register_u64(0x4a), "SPSR_abt" },
        { core_register_u64(0x4c), "SPSR_und" },
        { core_register_u64(0x4e), "SPSR_irq" },
        { core_register_u64(0x50), "SPSR_fiq" },
        { kRegisterFpsr, "FPSR" },
        { kRegisterFpcr, "FPCR" },
        { u64(kRegFirmware, 0), "KVM_REG_ARM_PSCI_VERSION" },
        { u64(kRegFirmware, 1), "KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_1" },
        { u64(kRegFirmware, 2), "KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_2" },
        { u64(kRegFirmware, 3), "KVM_REG_ARM_SMCCC_ARCH_WORKAROUND_3" },
        { u64(kRegFirmwareBitmap, 0), "KVM_REG_ARM_STD_BMAP" },
        { u64(kRegFirmwareBitmap, 1), "KVM_REG_ARM_STD_HYP_BMAP" },
        { u64(kRegFirmwareBitmap, 2), "KVM_REG_ARM_VENDOR_HYP_BMAP" },
        { u64(kRegFirmwareBitmap, 3), "KVM_REG_ARM_VENDOR_HYP_BMAP_2" },
    };

    std::string hexadecimal(uint64_t value)
    {
        char text[24];
        std::snprintf(text, sizeof(text), "0x%" PRIx64, value);
        return text;
    }

    std::string system_name(RegisterId id)
    {
        auto const encoding = static_cast<uint16_t>(id.value);
        for (SystemName const& other : kOtherNames)
            if (other.encoding == encoding)
                return other.name;
        auto const* const row = std::lower_bound(std::begin(kSystemNames), std::end(kSystemNames), encoding,
            [](SystemName const& entry, uint16_t wanted) { return entry.encoding < wanted; });
        if (row != std::end(kSystemNames) && row->encoding == encoding)
            return row->name;
        char text[24];
        std::snprintf(text, sizeof(text), "S%u_%u_C%u_C%u_%u", encoding >> 14 & 3u, encoding >> 11 & 7u,
            encoding >> 7 & 15u, encoding >> 3 & 15u, encoding & 7u);
        return text;
    }

}

std::string register_name(RegisterId id)
{
    for (unsigned n = 0; n < 31; ++n)
        if (id == x_register(n))
            return "X" + std::to_string(n);
    for (unsigned n = 0; n < 32; ++n)
        if (id == v_register(n))
            return "V" + std::to_string(n);
    for (Name const& entry : kNames)
        if (entry.id == id)
            return entry.name;
    if ((id.value & ~uint64_t { 0xff }) == kRegCacheSize)
        return "CCSIDR_EL1 for CSSELR_EL1 " + std::to_string(id.value & 0xff);
    uint64_t const group = kRegArm64 | kRegSystem;
    if ((id.value & ~uint64_t { 0x00f0'0000'0000'ffff }) == group)
        return system_name(id);
    return hexadecimal(id.value);
}

}
