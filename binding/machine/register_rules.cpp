#include "machine/register_rules.h"

#include "arch/system_register_encoding.h"

namespace dormouse::machine {

namespace {

    using When = RegisterRule::WhenMissing;

    constexpr uint64_t kWholeId = ~uint64_t { 0 };

    constexpr uint64_t sys(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2)
    {
        return engine::system_register_id(arch::system_register(op0, op1, crn, crm, op2)).value;
    }

    constexpr uint64_t firmware(uint64_t index)
    {
        return engine::kRegArm64 | engine::kRegSizeU64 | engine::kRegFirmware | index;
    }

    constexpr uint64_t kFirmwareBitmaps = engine::kRegArm64 | engine::kRegSizeU64 | 0x0016'0000;
    constexpr uint64_t kCacheSizes = engine::kRegArm64 | engine::kRegSizeU32 | 0x0011'0000;
    constexpr uint64_t kOwn = 0xff88; // EVENT and the three EXCLUSIVE_* of the emulator

    constexpr char kNoAarch32[] = "It belongs to AArch32, which the CPU profile does not offer.";
    constexpr char kNoSuchBreakpoint[]
        = "It belongs to a breakpoint or watchpoint that ID_AA64DFR0_EL1 does not count.";
    constexpr char kUnavailable[] = "The ID registers say that no instruction reaches it.";
    constexpr char kReserved[] = "The bits are reserved under the CPU profile.";
    constexpr char kNoDebugger[] = "There is no external debugger on the other end.";

    constexpr RegisterRule kRules[] {
        // --- KVM has it, the emulator has not ---------------------------------------------------------------------
        { kWholeId, firmware(0), When::Drop, 0, true, 0,
            "The machine's own firmware answers PSCI and keeps its version." },
        // SMCCC_ARCH_WORKAROUND_1 to 3: a guest that calls one where none is needed gets an answer that it ignores.
        { kWholeId, firmware(1), When::Drop, 0, true, 0, "Workarounds for processor faults are not needed there." },
        { kWholeId, firmware(2), When::Drop, 0, true, 0, "Workarounds for processor faults are not needed there." },
        { kWholeId, firmware(3), When::Drop, 0, true, 0, "Workarounds for processor faults are not needed there." },
        { ~uint64_t { 0xff }, kFirmwareBitmaps, When::DropIfEqual, 0, true, 0,
            "Its bits are firmware services of KVM; without any there is nothing to lose." },
        // What KVM makes up for every guest: 64-byte lines, one set, one way.
        { ~uint64_t { 0xff }, kCacheSizes, When::DropIfEqual, 2, true, 0,
            "It is the cache size of the CPU profile, which the other side has in no list." },
        // AArch32 (its identification: see below).
        { kWholeId, sys(2, 4, 0, 7, 0), When::Drop, 0, true, 0, kNoAarch32 }, // DBGVCR32_EL2
        { kWholeId, sys(3, 4, 3, 0, 0), When::Drop, 0, true, 0, kNoAarch32 }, // DACR32_EL2
        { kWholeId, sys(3, 4, 5, 0, 1), When::Drop, 0, true, 0, kNoAarch32 }, // IFSR32_EL2
        { kWholeId, sys(3, 4, 5, 3, 0), When::Drop, 0, true, 0, kNoAarch32 }, // FPEXC32_EL2
        { kWholeId, engine::core_register_u64(0x4a).value, When::Drop, 0, true, 0, kNoAarch32 }, // SPSR_abt
        { kWholeId, engine::core_register_u64(0x4c).value, When::Drop, 0, true, 0, kNoAarch32 },
        { kWholeId, engine::core_register_u64(0x4e).value, When::Drop, 0, true, 0, kNoAarch32 },
        { kWholeId, engine::core_register_u64(0x50).value, When::Drop, 0, true, 0, kNoAarch32 }, // SPSR_fiq
        // Of newer architectures; some kernels list them whether a guest has them or not.
        { kWholeId, sys(3, 0, 1, 0, 3), When::Drop, 0, true, 0, kUnavailable }, // SCTLR2_EL1
        { kWholeId, sys(3, 0, 2, 0, 3), When::Drop, 0, true, 0, kUnavailable }, // TCR2_EL1
        { kWholeId, sys(3, 0, 10, 2, 2), When::Drop, 0, true, 0, kUnavailable }, // PIRE0_EL1
        { kWholeId, sys(3, 0, 10, 2, 3), When::Drop, 0, true, 0, kUnavailable }, // PIR_EL1
        { kWholeId, sys(3, 0, 10, 2, 4), When::Drop, 0, true, 0, kUnavailable }, // POR_EL1
        { kWholeId, sys(3, 0, 12, 1, 1), When::Drop, 0, true, 0, kUnavailable }, // DISR_EL1
        // --- the emulator has it, KVM has not ---------------------------------------------------------------------
        // Entering a guest is an exception return, which sets the event register and clears the exclusive monitor.
        // [Arm DDI 0487, D1.7.1 "Wait for Event", B2.12.5 "Load-Exclusive and Store-Exclusive instruction usage"]
        { kWholeId, sys(0, 0, 0, 0, 0) | kOwn, When::Drop, 1, true, 0,
            "An exception return sets the event register; WFE may then go on early, which it always may." },
        { kWholeId, sys(0, 0, 0, 0, 0) | (kOwn + 1), When::Drop, 0, true, 0,
            "An exception return clears the exclusive monitor; the guest tries again." },
        { kWholeId, sys(0, 0, 0, 0, 0) | (kOwn + 2), When::Drop, 0, true, 0,
            "An exception return clears the exclusive monitor; the guest tries again." },
        { kWholeId, engine::kRegArm64 | engine::kRegSizeU128 | engine::kRegSystem | (kOwn + 3), When::Drop, 0, true, 0,
            "An exception return clears the exclusive monitor; the guest tries again." },
        { kWholeId, sys(2, 0, 0, 0, 2), When::DropIfEqual, 0, true, 0, kNoDebugger }, // OSDTRRX_EL1
        { kWholeId, sys(2, 0, 0, 3, 2), When::DropIfEqual, 0, true, 0, kNoDebugger }, // OSDTRTX_EL1
        { kWholeId, sys(2, 0, 1, 4, 4), When::DropIfEqual, 0, true, 0, kNoDebugger }, // DBGPRCR_EL1
        { kWholeId, sys(2, 0, 7, 9, 6), When::DropIfEqual, 0, true, 0, kNoDebugger }, // DBGCLAIMCLR_EL1
        // --- both have it, with other bits ------------------------------------------------------------------------
        // All but EE and E0E, with which a guest would run big-endian: where the ID registers agree, the rest of the
        // bits that differ belong to features that neither offers.
        { kWholeId, sys(3, 0, 1, 0, 0), When::Refuse, 0, false, ~uint64_t { 0x0300'0000 }, kReserved }, // SCTLR_EL1
        { kWholeId, sys(3, 0, 2, 0, 2), When::Refuse, 0, false, ~uint64_t { 0 }, kReserved }, // TCR_EL1
        { kWholeId, sys(3, 0, 1, 0, 2), When::Refuse, 0, false, ~uint64_t { 0x0030'0000 }, kReserved }, // CPACR_EL1
        { kWholeId, sys(3, 0, 1, 0, 1), When::Refuse, 0, false, ~uint64_t { 0 },
            "The register is implementation defined." }, // ACTLR_EL1
        { kWholeId, sys(3, 0, 5, 1, 0), When::Refuse, 0, false, ~uint64_t { 0 },
            "The register is implementation defined." }, // AFSR0_EL1
        { kWholeId, sys(3, 0, 5, 1, 1), When::Refuse, 0, false, ~uint64_t { 0 },
            "The register is implementation defined." }, // AFSR1_EL1
        { kWholeId, sys(3, 0, 10, 3, 0), When::Refuse, 0, false, ~uint64_t { 0 },
            "The register is implementation defined." }, // AMAIR_EL1
        { kWholeId, sys(3, 0, 5, 2, 0), When::Refuse, 0, false, ~uint64_t { 0xffff'ffff }, kReserved }, // ESR_EL1
        { kWholeId, sys(3, 0, 13, 0, 1), When::Refuse, 0, false, ~uint64_t { 0xffff'ffff },
            kReserved }, // CONTEXTIDR_EL1
        { kWholeId, sys(3, 0, 2, 0, 0), When::Refuse, 0, false, 1, kReserved }, // TTBR0_EL1.CnP
        { kWholeId, sys(3, 0, 2, 0, 1), When::Refuse, 0, false, 1, kReserved }, // TTBR1_EL1.CnP
        { kWholeId, sys(3, 0, 12, 0, 0), When::Refuse, 0, false, 0x7ff, kReserved }, // VBAR_EL1
        { kWholeId, sys(3, 2, 0, 0, 0), When::Refuse, 0, false, ~uint64_t { 0xf }, kReserved }, // CSSELR_EL1
        { kWholeId, sys(3, 0, 14, 1, 0), When::Refuse, 0, false, ~uint64_t { 0x3ff }, kReserved }, // CNTKCTL_EL1
        { kWholeId, sys(2, 0, 0, 2, 2), When::Refuse, 0, false, ~uint64_t { 0 }, kReserved }, // MDSCR_EL1
        { kWholeId, sys(2, 0, 0, 2, 0), When::Refuse, 0, false, ~uint64_t { 0 }, kNoDebugger }, // MDCCINT_EL1
    };

    // DBGBVRn, DBGBCRn, DBGWVRn, DBGWCRn: KVM lists sixteen of each.
    constexpr RegisterRule kBreakpoint { 0, 0, When::DropIfEqual, 0, true, ~uint64_t { 0 }, kNoSuchBreakpoint };
    constexpr RegisterRule kAarch32Identification { 0, 0, When::Drop, 0, true, ~uint64_t { 0 }, kNoAarch32 };

    // op0=2 op1=0 CRn=0, op2=4..7
    bool is_breakpoint(uint64_t id)
    {
        return (id & ~uint64_t { 0x78 | 3 }) == sys(2, 0, 0, 0, 4);
    }

    // op0=3 op1=0 CRn=0 CRm=1..3
    bool is_aarch32_identification(uint64_t id)
    {
        return id >= sys(3, 0, 0, 1, 0) && id <= sys(3, 0, 0, 3, 7);
    }

}

RegisterRule const* register_rule(engine::RegisterId id)
{
    if (is_breakpoint(id.value))
        return &kBreakpoint;
    if (is_aarch32_identification(id.value))
        return &kAarch32Identification;
    for (RegisterRule const& rule : kRules)
        if ((id.value & rule.id_mask) == rule.id)
            return &rule;
    return nullptr;
}

}
