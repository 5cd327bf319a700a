#pragma once

#include "firmware/psci/error_code.h"
#include "firmware/psci/version.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace dormouse::firmware::psci {

enum class Function : uint8_t {
    PsciVersion,
    CpuSuspend,
    CpuOff,
    CpuOn,
    AffinityInfo,
    Migrate,
    MigrateInfoType,
    MigrateInfoUpCpu,
    SystemOff,
    SystemReset,
    PsciFeatures,
    CpuFreeze,
    CpuDefaultSuspend,
    NodeHwState,
    SystemSuspend,
    PsciSetSuspendMode,
    PsciStatResidency,
    PsciStatCount,
    SystemReset2,
    MemProtect,
    MemProtectCheckRange,
    SystemOff2,
};

enum class Presence : uint8_t { Mandatory, Optional };

// One PSCI function in all its versions. [Arm DEN 0022 F.b, PSCI, sections 5.1 to 5.22, Tables 1 and 17]
struct FunctionRow {
    Function function;
    std::string_view name; // Arm's spelling
    uint32_t id32; // 0: no such form
    uint32_t id64; // 0: no such form
    uint32_t id_0_1; // version 0.1 has no fixed ids: the device tree names these, which KVM and QEMU use; 0: absent
    Version since; // first version with fixed ids that has it
    Presence presence;
    bool implemented; // by us; a mandatory function always is
    // Errors the function may return, by version.
    ErrorSet errors_0_1;
    ErrorSet errors_0_2;
    ErrorSet errors_1_0; // and 1.1
    ErrorSet errors_1_2; // and 1.3
};

std::span<FunctionRow const> function_table();
FunctionRow const& row_of(Function);

// The function that `id` names in this version, implemented or not; empty when the version has no such id.
std::optional<Function> find_function(Version, uint32_t id);

// May a guest of this version call it and find it served? PSCI_FEATURES, the calls and the device tree all ask here.
bool is_served(Version, uint32_t id);

ErrorSet allowed_errors(Function, Version);

// The code this version may return in place of `code`: itself where the version knows it, else the nearest older one.
ErrorCode error_for(Function, Version, ErrorCode code);

// "CPU_ON", or empty when no version knows the id.
std::string_view function_name(uint32_t id);

}
