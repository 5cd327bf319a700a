#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

// What a guest can observe of the GICv3. [Arm IHI 0069, GIC architecture specification, chapters 4, 8 and 12]
namespace dormouse::arch::gic {

constexpr unsigned kPrivateLines = 32; // SGI 0..15, PPI 16..31
constexpr unsigned kSpis = 256;
constexpr unsigned kLines = kPrivateLines + kSpis;
constexpr unsigned kSpiBanks = kSpis / 32;
constexpr unsigned kSpurious = 1023; // "no interrupt" of the acknowledge registers
// Five priority bits: values are multiples of 8, 32 levels, so one active priorities register per group is enough.
constexpr unsigned kPriorityBits = 5;
constexpr uint8_t kPriorityMask = 0xf8;
constexpr uint8_t kIdlePriority = 0xff;
constexpr uint8_t kMinBpr0 = 7 - kPriorityBits;
constexpr uint8_t kMinBpr1 = kMinBpr0 + 1;
constexpr uint32_t kSgiMask = 0xffff;
constexpr uint64_t kRouteAny = uint64_t { 1 } << 31; // IROUTER.Interrupt_Routing_Mode: any participating PE
constexpr uint64_t kRouteMask = 0xff'80ff'ffff;

// 32 interrupt lines, one bit each.
struct LineBits {
    uint32_t group { 0 }; // 1: Group 1
    uint32_t enabled { 0 };
    uint32_t latched { 0 }; // pending by an edge, an SGI or a write to ISPENDR
    uint32_t level { 0 }; // the input wires
    uint32_t active { 0 };
    uint32_t edge { 0 }; // 1: edge-triggered
    std::array<uint8_t, 32> priority {};
    bool operator==(LineBits const&) const = default;

    uint32_t pending() const { return latched | (level & ~edge); }
};

struct CpuState {
    LineBits lines { .edge = kSgiMask };
    bool processor_sleep { true }; // GICR_WAKER
    uint8_t pmr { 0 };
    uint8_t bpr0 { kMinBpr0 };
    uint8_t bpr1 { kMinBpr1 };
    bool cbpr { false };
    bool eoimode { false };
    bool igrpen0 { false };
    bool igrpen1 { false };
    uint32_t ap0r { 0 };
    uint32_t ap1r { 0 };
    bool operator==(CpuState const&) const = default;
};

struct State {
    uint32_t ctlr { 0 }; // EnableGrp0 and EnableGrp1; the other bits are constant
    std::array<LineBits, kSpiBanks> spis {};
    std::array<uint64_t, kSpis> routes {};
    std::vector<CpuState> cpus;
    bool operator==(State const&) const = default;

    // As after a reset: everything but the input wires, which belong to the devices that drive them.
    State reset() const
    {
        State fresh;
        fresh.cpus.resize(cpus.size());
        for (size_t bank = 0; bank < kSpiBanks; ++bank)
            fresh.spis[bank].level = spis[bank].level;
        for (size_t cpu = 0; cpu < cpus.size(); ++cpu)
            fresh.cpus[cpu].lines.level = cpus[cpu].lines.level;
        return fresh;
    }
};

}
