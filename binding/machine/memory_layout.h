#pragma once

#include "base/bits.h"
#include "base/units.h"

#include <algorithm>
#include <cstdint>
#include <vector>

// The map of board virt-1. Addresses and interrupt numbers are those of QEMU's "virt" machine, so that stock firmware
// and kernels find everything where they are used to. [QEMU 10.2, hw/arm/virt.c, base_memmap and extended_memmap]
namespace dormouse::machine::layout {

struct Region {
    uint64_t base { 0 };
    uint64_t size { 0 };
    constexpr uint64_t end() const { return base + size; }
    bool operator==(Region const&) const = default;
};

constexpr Region kFlash0 { 0x0000'0000, 0x0400'0000 };
constexpr Region kFlash1 { 0x0400'0000, 0x0400'0000 };
constexpr Region kGicDistributor { 0x0800'0000, 0x1'0000 };
constexpr Region kGicIts { 0x0808'0000, 0x2'0000 };
constexpr Region kGicRedistributors { 0x080a'0000, 0xf6'0000 };
constexpr Region kUart0 { 0x0900'0000, 0x1000 };
constexpr Region kRtc { 0x0901'0000, 0x1000 };
constexpr Region kFwCfg { 0x0902'0000, 0x18 };
constexpr Region kGpio { 0x0903'0000, 0x1000 };
constexpr Region kUart1 { 0x0904'0000, 0x1000 };
constexpr Region kVirtioMmio { 0x0a00'0000, 0x200 }; // one slot; 32 of them in a row
constexpr Region kPlatformBus { 0x0c00'0000, 0x0200'0000 };
constexpr Region kPcieMmio32 { 0x1000'0000, 0x2eff'0000 };
constexpr Region kPcieIo { 0x3eff'0000, 0x1'0000 };
constexpr Region kPcieEcamLow { 0x3f00'0000, 0x0100'0000 };
constexpr uint64_t kRamBase = 0x4000'0000;

constexpr uint64_t kRedistributorSize = 0x2'0000; // RD_base frame and SGI_base frame
constexpr unsigned kCpusInFirstRegion = 123;
constexpr unsigned kCpusInSecondRegion = 512; // 64 MiB
constexpr unsigned kMaxCpus = kCpusInFirstRegion + kCpusInSecondRegion;

// SPI numbers; INTID = 32 + SPI.
constexpr unsigned kUart0Spi = 1;
constexpr unsigned kRtcSpi = 2;
constexpr unsigned kPcieFirstSpi = 3;
constexpr unsigned kGpioSpi = 7;
constexpr unsigned kUart1Spi = 8;
constexpr unsigned kVirtioMmioFirstSpi = 16;

// INTIDs of the PPIs; the number in a device tree is 16 less.
constexpr unsigned kPmuIntid = 23;
constexpr unsigned kMaintenanceIntid = 25;
constexpr unsigned kHypervisorTimerIntid = 26;
constexpr unsigned kVirtualTimerIntid = 27;
constexpr unsigned kSecureTimerIntid = 29;
constexpr unsigned kPhysicalTimerIntid = 30;

// CPU n: Aff0 = n mod 16, Aff1 = n / 16, going on in Aff2, as KVM numbers them.
constexpr uint64_t mpidr_of_cpu(unsigned index)
{
    return (index & 15) | (uint64_t { (index >> 4) & 255 } << 8) | (uint64_t { index >> 12 } << 16);
}

// Where the regions above RAM begin: 256 GiB, or the end of RAM when that is higher.
constexpr uint64_t high_base(uint64_t ram_bytes)
{
    return std::max<uint64_t>(256_GiB, kRamBase + ram_bytes);
}

// 64 MiB for the redistributors of CPUs 123 and up.
constexpr Region second_redistributor_region(uint64_t ram_bytes)
{
    return { align_up(high_base(ram_bytes), 64_MiB), 64_MiB };
}

struct RedistributorRegion {
    Region region;
    unsigned cpus { 0 }; // how many CPUs have their frames in it
};

// The regions a board with `cpus` CPUs (1..kMaxCpus) has, in the order of the CPUs.
inline std::vector<RedistributorRegion> redistributor_regions(unsigned cpus, uint64_t ram_bytes)
{
    std::vector<RedistributorRegion> regions { { kGicRedistributors, std::min(cpus, kCpusInFirstRegion) } };
    if (cpus > kCpusInFirstRegion)
        regions.push_back({ second_redistributor_region(ram_bytes), cpus - kCpusInFirstRegion });
    return regions;
}

}
