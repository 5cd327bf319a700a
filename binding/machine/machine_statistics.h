#pragma once

#include "engine/vcpu.h"
#include "firmware/platform.h"
#include "machine/exit_log.h"
#include "machine/machine_events.h"
#include "memory/memory_map.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace dormouse::machine {

struct VcpuStatistics {
    firmware::PowerState power { firmware::PowerState::Off };
    engine::VcpuCounters counters;
};

struct MachineStatistics {
    MachineState state { MachineState::Created };
    uint64_t resets { 0 };
    std::optional<ResetCause> last_reset; // empty: never
    uint64_t guest_time_ns { 0 };
    std::array<uint64_t, kExitKinds> exits {}; // indexed like engine::Exit, summed over the vCPUs
    std::vector<VcpuStatistics> vcpus;
    uint64_t memory_generation { 0 };
    struct Slot {
        std::string name;
        uint64_t base { 0 };
        uint64_t bytes { 0 };
        bool read_only { false };
    };
    std::vector<Slot> slots;
    uint64_t console_bytes { 0 };
};

}
