#include "engine/emulator/runtime/profile.h"

#include "engine/emulator/runtime/pmu.h"
#include "engine/emulator/runtime/pstate.h"
#include "engine/emulator/runtime/system_registers.h"
#include "engine/registers/portable_v1.h"

#include <algorithm>

namespace dormouse::emulator::runtime {

namespace {

    constexpr uint64_t field(unsigned low_bit, uint64_t value)
    {
        return value << low_bit;
    }

    // MIDR_EL1: implementer 0 ("reserved for software use"), so that no operating system finds the part in a list of
    // processors with errata, of processors in need of branch history loops, or of those safe without KPTI; what such
    // lists decide, the CSV2, CSV3, E0PD and SSBS fields below answer. Architecture 0xf: see the ID registers.
    constexpr uint64_t kMidr = field(24, 0x00) | field(20, 0x0) | field(16, 0xf) | field(4, 0x0d0) | field(0, 0x1);

    // AArch64 alone at EL0 and EL1. EL2 and EL3 exist for the guest's HVC and SMC only, so their fields read zero, as
    // under KVM. FP and AdvSIMD 0: present, without half-precision arithmetic. GIC system registers, DIT. CSV2 3: no
    // speculation across contexts by branch prediction nor branch history, which brings SCXTNUM_ELx; CSV3: no Meltdown.
    constexpr uint64_t kPfr0 = field(0, 1) | field(4, 1) | field(24, 1) | field(48, 1) | field(56, 3) | field(60, 1);
    // SSBS 2: with MSR and MRS.
    constexpr uint64_t kPfr1 = field(4, 2);
    // Armv8.0 debug, PMUv3 (its 3.1 would demand the STALL events), 6 breakpoints, 4 watchpoints, 2 context-aware
    // breakpoints, no OS double lock.
    constexpr uint64_t kDfr0 = field(0, 6) | field(8, 1) | field(12, 5) | field(20, 3) | field(28, 1) | field(36, 0xf);
    // AES with PMULL, SHA1, SHA256, CRC32, LSE, RDM, DotProd, FlagM, TLBI by range and outer shareable.
    constexpr uint64_t kIsar0 = field(4, 2) | field(8, 1) | field(12, 1) | field(16, 1) | field(20, 2) | field(28, 1)
        | field(44, 1) | field(52, 1) | field(56, 2);
    // DC CVAP, LRCPC2, SB.
    constexpr uint64_t kIsar1 = field(0, 1) | field(20, 2) | field(36, 1);
    // 48-bit physical addresses, 16-bit ASIDs, 16 KiB granule (1 = yes); 4 KiB and 64 KiB granules (0 = yes).
    constexpr uint64_t kMmfr0 = field(0, 5) | field(4, 2) | field(20, 1);
    // Hardware access flag and dirty state, hierarchical permission disable, PAN with AT S1E1RP and S1E1WP.
    constexpr uint64_t kMmfr1 = field(0, 2) | field(12, 1) | field(20, 2);
    // TTL hint in TLBI by address, E0PD.
    constexpr uint64_t kMmfr2 = field(48, 1) | field(60, 1);

    // Caches as a guest sees them: 64-byte lines, IDC (no clean to the point of unification needed), no DIC: IC IVAU
    // is what tells us about new code. L1 64 KiB 4-way data and instruction, L2 1 MiB 8-way unified.
    constexpr uint64_t kCtr
        = field(31, 1) | field(28, 1) | field(24, 4) | field(20, 4) | field(16, 4) | field(14, 3) | field(0, 4);
    constexpr uint64_t kClidr = field(0, 3) | field(3, 4) | field(24, 2);
    constexpr uint64_t kDczid = 4; // log2 of words: DC ZVA clears 64 bytes

    constexpr uint32_t ccsidr(uint32_t sets, uint32_t ways)
    {
        constexpr uint32_t kLineSize64 = 2; // log2(bytes) - 4
        return (sets - 1) << 13 | (ways - 1) << 3 | kLineSize64;
    }

    // Registers that are not here read as zero.
    constexpr IdentificationValue kIdentification[] = {
        { SystemRegister::MIDR_EL1, kMidr },
        { SystemRegister::ID_AA64PFR0_EL1, kPfr0 },
        { SystemRegister::ID_AA64PFR1_EL1, kPfr1 },
        { SystemRegister::ID_AA64DFR0_EL1, kDfr0 },
        { SystemRegister::ID_AA64ISAR0_EL1, kIsar0 },
        { SystemRegister::ID_AA64ISAR1_EL1, kIsar1 },
        { SystemRegister::ID_AA64MMFR0_EL1, kMmfr0 },
        { SystemRegister::ID_AA64MMFR1_EL1, kMmfr1 },
        { SystemRegister::ID_AA64MMFR2_EL1, kMmfr2 },
        { SystemRegister::CLIDR_EL1, kClidr },
        { SystemRegister::CTR_EL0, kCtr },
        { SystemRegister::DCZID_EL0, kDczid },
        { SystemRegister::PMCEID0_EL0, kPmuCommonEvents },
    };

    constexpr CpuProfile kDormouseV1 {
        "dormouse-v1",
        kIdentification,
        { ccsidr(256, 4), ccsidr(256, 4), ccsidr(2048, 8) },
        ~uint32_t { 0 },
        true,
        true,
        {},
        {},
        {},
        48,
    };

    constexpr uint64_t portable(unsigned op1, unsigned crm, unsigned op2)
    {
        return engine::portable_value(arch::system_register(3, op1, 0, crm, op2));
    }

    constexpr IdentificationValue kPortableIdentification[] = {
        { SystemRegister::MIDR_EL1, kMidr },
        { SystemRegister::ID_AA64PFR0_EL1, portable(0, 4, 0) },
        { SystemRegister::ID_AA64DFR0_EL1, portable(0, 5, 0) },
        { SystemRegister::ID_AA64ISAR0_EL1, portable(0, 6, 0) },
        { SystemRegister::ID_AA64MMFR0_EL1, portable(0, 7, 0) },
        { SystemRegister::CLIDR_EL1, portable(1, 0, 1) },
        { SystemRegister::CTR_EL0, portable(3, 0, 1) },
        { SystemRegister::DCZID_EL0, kDczid },
    };
    // FEAT_PAN, FEAT_DIT, FEAT_SSBS2, FEAT_CSV2_2.
    constexpr SystemRegister kPortableAbsent[] = { SystemRegister::PAN, SystemRegister::DIT, SystemRegister::SSBS,
        SystemRegister::SCXTNUM_EL1, SystemRegister::SCXTNUM_EL0 };
    constexpr uint64_t kPortableReservedPstate = kSpsrPan | kSpsrDit | kSpsrSsbs;
    constexpr RegisterBits kPortableReserved[] = {
        { SystemRegister::SCTLR_EL1, field(23, 1) | field(44, 1) }, // SPAN, DSSBS
        // HA and HD, HPD0 and HPD1, E0PD0 and E0PD1.
        { SystemRegister::TCR_EL1, field(39, 3) | field(41, 3) | field(55, 3) },
        { SystemRegister::SPSR_EL1, kPortableReservedPstate },
    };
    constexpr RegisterBits kPortableLoadable[] = {
        { SystemRegister::MIDR_EL1, 0xffff'ffff }, { SystemRegister::REVIDR_EL1, ~uint64_t { 0 } },
        { SystemRegister::AIDR_EL1, ~uint64_t { 0 } },
        { SystemRegister::CTR_EL0, field(20, 0xff) }, // ERG and CWG: granules of what has no observable size here
    };

    constexpr CpuProfile kPortable {
        engine::kPortableV1,
        kPortableIdentification,
        { engine::kPortableCacheSize, engine::kPortableCacheSize, 0 },
        1u << static_cast<unsigned>(isa::Feature::Base) | 1u << static_cast<unsigned>(isa::Feature::Crc32),
        false,
        false,
        kPortableAbsent,
        kPortableReserved,
        kPortableLoadable,
        40,
    };

    uint64_t bits_of(std::span<RegisterBits const> list, SystemRegister which)
    {
        for (RegisterBits const& each : list)
            if (each.which == which)
                return each.bits;
        return 0;
    }

}

CpuProfile const& profile_dormouse_v1()
{
    return kDormouseV1;
}

CpuProfile const& profile_portable_v1()
{
    return kPortable;
}

CpuProfile const* find_profile(std::string_view name)
{
    for (CpuProfile const* each : { &kDormouseV1, &kPortable })
        if (name == each->name)
            return each;
    return nullptr;
}

bool CpuProfile::has(SystemRegister which) const
{
    bool const is_pmu
        = system_register_row(which).behaviour == RegisterBehaviour::Pmu || which == SystemRegister::PMUSERENR_EL0;
    return (pmu || !is_pmu) && std::find(absent.begin(), absent.end(), which) == absent.end();
}

uint64_t CpuProfile::reserved_bits(SystemRegister which) const
{
    return bits_of(reserved, which);
}

uint64_t CpuProfile::loadable_bits(SystemRegister which) const
{
    return bits_of(loadable, which);
}

uint32_t zero_block_bytes(CpuProfile const& profile)
{
    for (IdentificationValue const& value : profile.identification)
        if (value.which == SystemRegister::DCZID_EL0)
            return uint32_t { 4 } << (value.value & 0xf); // BS is log2 of words
    return 0;
}

uint64_t cache_size(CpuProfile const& profile, uint64_t cache_selection)
{
    // CSSELR_EL1: InD [0], Level [3:1].
    switch (cache_selection & 0xf) {
    case 0: return profile.cache_size[0];
    case 1: return profile.cache_size[1];
    case 2: return profile.cache_size[2];
    default: return 0; // UNKNOWN for caches that do not exist [CCSIDR_EL1]
    }
}

}
