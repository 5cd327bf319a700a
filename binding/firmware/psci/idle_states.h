#pragma once

#include "firmware/psci/version.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dormouse::firmware::psci {

// How deep an idle vCPU is invited to sleep through CPU_SUSPEND, beyond WFI, which every guest has anyway.
enum class IdleStates : uint8_t { None, Standby, PowerDown };

inline constexpr std::array<std::string_view, 3> kIdleStatesNames { "none", "standby", "power-down" };

constexpr std::optional<IdleStates> idle_states_from_name(std::string_view name)
{
    for (size_t i = 0; i < kIdleStatesNames.size(); ++i)
        if (kIdleStatesNames[i] == name)
            return static_cast<IdleStates>(i);
    return std::nullopt;
}

// One state as an operating system's idle governor weighs it. [Linux, devicetree/bindings/cpu/idle-states.yaml]
struct IdleState {
    std::string name; // of the node, and what the guest shows
    uint32_t power_state { 0 }; // argument of CPU_SUSPEND, in the format that the version has
    uint32_t entry_latency_us { 0 };
    uint32_t exit_latency_us { 0 };
    uint32_t min_residency_us { 0 }; // shorter sleeps cost more than they save
    bool operator==(IdleState const&) const = default;
};

// The states of a core that a guest is told of, shallow ones first; a deeper choice has the shallower states too.
std::vector<IdleState> idle_states(Version, IdleStates);

}
