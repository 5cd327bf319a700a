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
    std::vector<engine::NamedCounter> details;
};

struct MachineStatistics {
    MachineState state { MachineState::Created };
    uint64_t resets { 0 };
    std::optional<ResetCause> last_reset; // empty: never
    uint64_t guest_time_ns { 0 };
    std::array<uint64_t, kExitKinds> exits {}; // indexed like engine::Exit, summed over the vCPUs
    std::vector<VcpuStatistics> vcpus;
    struct Slot {
        std::string name;
        uint64_t base { 0 };
        uint64_t bytes { 0 };
        uint64_t maximum_bytes { 0 }; // to which it can be resized
        bool read_only { false };
        bool log_dirty { false };
    };
    struct MemoryMap {
        uint64_t generation { 0 };
        std::vector<Slot> slots; // by base
    };
    MemoryMap memory_map;
    uint64_t console_bytes { 0 };
    uint64_t last_parking_ns { 0 }; // [QuiesceGate::last_parking]
};

}
