#pragma once

#include "firmware/psci/error_code.h"
#include "firmware/psci/version.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

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

struct Argument {
    std::string_view name; // empty: there is no such argument
    bool native { false }; // as wide as the calling convention; else 32 bits in both
};

// One PSCI function in all its versions. [Arm DEN 0022 F.b, PSCI, sections 5.1 to 5.22, Tables 1 and 17]
struct FunctionRow {
    Function function;
    std::string_view name; // Arm's spelling
    uint32_t id32; // 0: no such form
    uint32_t id64; // 0: no such form
    uint32_t id_0_1; // version 0.1 has no fixed ids: the device tree names these, which KVM and QEMU use; 0: absent
    Version since; // first version with fixed ids that has it
    Presence presence;
    std::array<Argument, 3> arguments; // from x1 up
    std::string_view unserved; // why we answer NOT_SUPPORTED; empty: served. A mandatory function always is.
    // Errors the function may return, by version.
    ErrorSet errors_0_1;
    ErrorSet errors_0_2;
    ErrorSet errors_1_0; // and 1.1
    ErrorSet errors_1_2; // and 1.3
    bool gives_number; // success is a figure, which an error code must not be read out of

    constexpr bool served() const { return unserved.empty(); }
    constexpr size_t argument_count() const
    {
        size_t count = 0;
        while (count < arguments.size() && !arguments[count].name.empty())
            ++count;
        return count;
    }
};

std::span<FunctionRow const> function_table();
FunctionRow const& row_of(Function);

// Does the version define the function, served or not?
bool has_function(Version, FunctionRow const&);

// The function that `id` names in this version, served or not; empty when the version has no such id.
std::optional<Function> find_function(Version, uint32_t id);

// May a guest of this version call it and find it served? PSCI_FEATURES, the calls and the device tree all ask here.
bool is_served(Version, uint32_t id);

// In version 0.2 an AArch64 caller must use the 64-bit id where there is one; 1.0 allowed both.
// [Arm DEN 0022 F.b, 5.2.1 and Table 1]
bool is_wrong_width(Version, uint32_t id);

ErrorSet allowed_errors(Function, Version);

// The code this version may return in place of `code`: itself where the version knows it, else the nearest older one.
ErrorCode error_for(Function, Version, ErrorCode code);

// What a system-wide call returns that the host has refused. Arm gives only SYSTEM_SUSPEND a code for that; the others
// return what KVM leaves in x0 of a call whose machine is run again. [Linux 7.1, arch/arm64/kvm/psci.c]
ErrorCode refusal_of(Function);

// By any version's id; null when no version knows it.
FunctionRow const* row_of_id(uint32_t id);
// "CPU_ON", or empty when no version knows the id.
std::string_view function_name(uint32_t id);
// In the order of their numbers, -1 first.
std::vector<ErrorCode> codes_of(ErrorSet);
// "DENIED".
std::string_view error_name(ErrorCode);

}
