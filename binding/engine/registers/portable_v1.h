#pragma once

#include "arch/system_register_encoding.h"
#include "engine/register_id.h"

// CPU profile portable-v1: an Armv8.0-A processor that the emulator implements in full and that KVM can present on
// hosts whose processors offer at least as much and let it hide the rest. docs/adr/0014 has the reasons for each
// choice. Frozen: a change is another profile. [Arm DDI 0487, D23.2]
namespace dormouse::engine {

constexpr char kPortableV1[] = "portable-v1";

struct IdentificationRegister {
    uint16_t encoding;
    uint64_t value;
};

constexpr uint32_t kPortableCacheSize = 2; // CCSIDR_EL1 of every cache: 64-byte lines, as KVM makes them up

constexpr IdentificationRegister kPortableRegisters[] {
    // AArch64 alone at EL0 and EL1; FP and AdvSIMD without half precision; GIC system registers; no Meltdown.
    { arch::system_register(3, 0, 0, 4, 0), 0x1000'0000'0100'0011 }, // ID_AA64PFR0_EL1
    { arch::system_register(3, 0, 0, 4, 1), 0 }, // ID_AA64PFR1_EL1
    { arch::system_register(3, 0, 0, 4, 2), 0 }, // ID_AA64PFR2_EL1
    { arch::system_register(3, 0, 0, 4, 4), 0 }, // ID_AA64ZFR0_EL1
    { arch::system_register(3, 0, 0, 4, 5), 0 }, // ID_AA64SMFR0_EL1
    { arch::system_register(3, 0, 0, 4, 7), 0 }, // ID_AA64FPFR0_EL1
    // Armv8.0 debug with 6 breakpoints, 4 watchpoints, 2 context-aware breakpoints; no PMU, no OS double lock.
    { arch::system_register(3, 0, 0, 5, 0), 0xf0'1030'5006 }, // ID_AA64DFR0_EL1
    { arch::system_register(3, 0, 0, 5, 1), 0 }, // ID_AA64DFR1_EL1
    // CRC32.
    { arch::system_register(3, 0, 0, 6, 0), 0x1'0000 }, // ID_AA64ISAR0_EL1
    { arch::system_register(3, 0, 0, 6, 1), 0 }, // ID_AA64ISAR1_EL1
    { arch::system_register(3, 0, 0, 6, 2), 0 }, // ID_AA64ISAR2_EL1
    { arch::system_register(3, 0, 0, 6, 3), 0 }, // ID_AA64ISAR3_EL1
    // 40-bit physical addresses, 16-bit ASIDs, granules of 4 and 64 KiB.
    { arch::system_register(3, 0, 0, 7, 0), 0x22 }, // ID_AA64MMFR0_EL1
    { arch::system_register(3, 0, 0, 7, 1), 0 }, // ID_AA64MMFR1_EL1
    { arch::system_register(3, 0, 0, 7, 2), 0 }, // ID_AA64MMFR2_EL1
    { arch::system_register(3, 0, 0, 7, 3), 0 }, // ID_AA64MMFR3_EL1
    { arch::system_register(3, 0, 0, 7, 4), 0 }, // ID_AA64MMFR4_EL1
    { arch::system_register(3, 1, 0, 0, 1), 0x0920'0003 }, // CLIDR_EL1: one level, the rest is nobody's business
    // 64-byte lines; the guest cleans and invalidates what it is going to execute.
    { arch::system_register(3, 3, 0, 0, 1), 0x8444'c004 }, // CTR_EL0
};

constexpr uint64_t portable_value(uint16_t encoding)
{
    for (IdentificationRegister const& each : kPortableRegisters)
        if (each.encoding == encoding)
            return each.value;
    return 0;
}

}
