#pragma once

#include <cstdint>

// What guests of these tests call, each in its widest calling convention. [Arm DEN 0022, section 5]
namespace dormouse::machine::psci {

constexpr uint64_t kCpuSuspend = 0xc400'0001;
constexpr uint64_t kCpuOff = 0x8400'0002;
constexpr uint64_t kCpuOn = 0xc400'0003;
constexpr uint64_t kSystemOff = 0x8400'0008;
constexpr uint64_t kSystemReset = 0x8400'0009;
constexpr uint64_t kCpuDefaultSuspend = 0xc400'000c;
constexpr uint64_t kSystemSuspend = 0xc400'000e;
constexpr uint64_t kSystemReset2 = 0xc400'0012;
constexpr uint64_t kMemProtect = 0x8400'0013;
constexpr uint64_t kSystemOff2 = 0xc400'0015;

// CPU_SUSPEND's power_state: power-down of a core, in the extended format.
constexpr uint64_t kPowerDown = 0x4000'0003;

}
