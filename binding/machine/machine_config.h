#pragma once

#include "base/result.h"
#include "firmware/psci/idle_states.h"
#include "firmware/psci/version.h"
#include "machine/policy_desk.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dormouse::machine {

enum class OnReset {
    Reboot, // load the kernel again and go on
    Stop, // end the machine with Outcome::Reset
};

// What a machine is built from. Field names in error sentences are those of binding/index.d.ts.
struct MachineConfig {
    std::string engine { "emulator" }; // or "kvm"
    std::string cpu_profile { "native" }; // what the engine has of its own; or "dormouse-v1", "portable-v1", "host"
    bool jit { false }; // the emulator translates hot code; KVM has no use for it
    bool perf_map { false }; // the JIT tells Linux's perf which guest code it is that executes
    // CNTFRQ_EL0, kMinCounterFrequency to kMaxCounterFrequency; 0: the engine's own.
    uint64_t counter_frequency_hz { 0 };
    unsigned cpus { 1 }; // 1 to layout::kMaxCpus
    uint64_t memory_bytes { 0 }; // a multiple of 2 MiB, at least kMinMemory, at most the host's memory
    std::string kernel; // path
    std::optional<std::string> initrd; // path
    std::string command_line; // at most kMaxCommandLine bytes
    firmware::psci::Version psci_version { firmware::psci::kNewestVersion };
    firmware::psci::IdleStates idle_states { firmware::psci::IdleStates::None }; // named in the device tree
    bool sdei { true };
    std::vector<uint32_t> sdei_events; // vendor events besides event 0: at most sdei::kMaxVendorEvents, all different
    OnReset on_reset { OnReset::Reboot };
    int64_t wall_clock_offset_seconds { 0 };
    Policy policy; // at first, towards the guest's system-wide calls
    std::optional<uint64_t> seed; // of the device tree's kaslr-seed and rng-seed; empty: the host's random numbers
};

constexpr uint64_t kMinCounterFrequency = 1'000'000;
constexpr uint64_t kMaxCounterFrequency = 1'000'000'000;
constexpr uint64_t kMinMemory = uint64_t { 16 } << 20;
constexpr uint64_t kMemoryGranule = uint64_t { 2 } << 20;
constexpr size_t kMaxCommandLine = 2047; // arm64's COMMAND_LINE_SIZE without the final zero

// Checks every field that needs no file. Fails with InvalidArgument whose sentence starts with the field's name, as in
// "memoryBytes is 0 MiB: at least 16 MiB are needed".
Result<void> validate(MachineConfig const&);

}
