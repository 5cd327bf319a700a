#pragma once

#include "firmware/psci/version.h"

#include <cstdint>
#include <optional>

namespace dormouse::firmware::psci {

// Power levels of this platform: a core, its cluster (all that share the affinity above Aff0), the whole system.
constexpr unsigned kCoreLevel = 0;
constexpr unsigned kSystemLevel = 2;

// What a power_state argument asks for: the deepest level that may sleep, and how.
struct PowerRequest {
    bool power_down { false }; // else standby: context is kept
    unsigned level { kCoreLevel };
    bool operator==(PowerRequest const&) const = default;
};

// PSCI 1.0 and newer use the extended StateID format, older versions know the original one only.
// [Arm DEN 0022 F.b, 5.4.2, Tables 7 and 8]
constexpr bool uses_extended_state(Version version)
{
    return version >= Version::V1_0;
}

// The states we have are one standby and one power-down per level. Reserved bits that are set, and states we do not
// have, give nothing.
//   original: PowerLevel [25:24] is the level, StateType [16], StateID 0
//   extended: StateType [30]; StateID has one digit (four bits) per level from the core up, 1 for standby and 3 for
//             power-down, so 0x3, 0x33, 0x333; StateID 0 means the core alone. [Arm DEN 0022 F.b, 6.5]
std::optional<PowerRequest> decode_power_state(Version, uint32_t power_state);

// The argument that asks for this state; of two ways to write it, the one that names each level. `level` is at most
// kSystemLevel.
uint32_t encode_power_state(Version, PowerRequest);

}
