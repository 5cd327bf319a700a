#include "firmware/psci/function_table.h"

#include <algorithm>
#include <array>

namespace dormouse::firmware::psci {

namespace {

    using enum ErrorCode;
    using enum Presence;
    using enum Version;
    using F = Function;

    constexpr ErrorSet kNone;
    constexpr ErrorSet kAbsent = ErrorSet {} | NotSupported;
    constexpr ErrorSet kCpuOff0_1 = ErrorSet {} | NotSupported | InvalidParameters | Denied;
    constexpr ErrorSet kCpuOn0_2 = ErrorSet {} | InvalidParameters | AlreadyOn | OnPending | InternalFailure;
    constexpr ErrorSet kCpuOn1_0 = kCpuOn0_2 | InvalidAddress;
    constexpr ErrorSet kSuspend1_0 = ErrorSet {} | InvalidParameters | InvalidAddress | Denied;
    constexpr ErrorSet kAffinity = ErrorSet {} | InvalidParameters | Disabled;
    constexpr ErrorSet kMigrate
        = ErrorSet {} | NotSupported | InvalidParameters | Denied | InternalFailure | NotPresent;
    constexpr ErrorSet kDenied = ErrorSet {} | Denied;
    constexpr ErrorSet kInvalid = ErrorSet {} | InvalidParameters;
    constexpr ErrorSet kFreeze = kAbsent | Denied;
    constexpr ErrorSet kParameters = kAbsent | InvalidParameters;
    constexpr ErrorSet kAddress = kAbsent | InvalidAddress;
    constexpr ErrorSet kSystemSuspend = kAddress | Denied | AlreadyOn;
    constexpr ErrorSet kSetMode = kParameters | Denied;

    using Arguments = std::array<Argument, 3>;
    constexpr Arguments kNoArguments {};
    constexpr Arguments kTarget { { { "target_cpu", true } } };
    constexpr Arguments kTargetAndState { { { "target_cpu", true }, { "power_state" } } };
    constexpr Arguments kEntry { { { "entry_point_address", true }, { "context_id", true } } };

    constexpr std::string_view kServed;
    constexpr std::string_view kNoTrustedOs = "there is no Trusted OS that could migrate (MIGRATE_INFO_TYPE is 2)";

    // clang-format off
constexpr std::array<FunctionRow, 22> kTable { {
    // function              name                        id32         id64         id in 0.1    since presence
    //     arguments; why it is not served; errors 0.1, 0.2, 1.0 and 1.1, 1.2 and 1.3; success is a number
    { F::PsciVersion,          "PSCI_VERSION",             0x8400'0000, 0,           0,           V0_2, Mandatory,
        kNoArguments, kServed, kAbsent, kNone, kNone, kNone, true },
    { F::CpuSuspend,           "CPU_SUSPEND",              0x8400'0001, 0xc400'0001, 0x95c1'ba5e, V0_2, Mandatory,
        { { { "power_state" }, { "entry_point_address", true }, { "context_id", true } } }, kServed,
        kCpuOff0_1, kInvalid, kSuspend1_0, kSuspend1_0, false },
    { F::CpuOff,               "CPU_OFF",                  0x8400'0002, 0,           0x95c1'ba5f, V0_2, Mandatory,
        kNoArguments, kServed, kCpuOff0_1, kDenied, kDenied, kDenied, false },
    { F::CpuOn,                "CPU_ON",                   0x8400'0003, 0xc400'0003, 0x95c1'ba60, V0_2, Mandatory,
        { { { "target_cpu", true }, { "entry_point_address", true }, { "context_id", true } } }, kServed,
        kCpuOff0_1, kCpuOn0_2, kCpuOn1_0, kCpuOn1_0 | Denied, false },
    { F::AffinityInfo,         "AFFINITY_INFO",            0x8400'0004, 0xc400'0004, 0,           V0_2, Mandatory,
        { { { "target_affinity", true }, { "lowest_affinity_level" } } }, kServed,
        kAbsent, kAffinity, kAffinity, kAffinity, true },
    { F::Migrate,              "MIGRATE",                  0x8400'0005, 0xc400'0005, 0x95c1'ba61, V0_2, Optional,
        kTarget, kNoTrustedOs, kCpuOff0_1, kMigrate, kMigrate, kMigrate, false },
    { F::MigrateInfoType,      "MIGRATE_INFO_TYPE",        0x8400'0006, 0,           0,           V0_2, Optional,
        kNoArguments, kServed, kAbsent, kAbsent, kAbsent, kAbsent, true },
    { F::MigrateInfoUpCpu,     "MIGRATE_INFO_UP_CPU",      0x8400'0007, 0xc400'0007, 0,           V0_2, Optional,
        kNoArguments, kNoTrustedOs, kAbsent, kAbsent, kAbsent, kAbsent, true },
    { F::SystemOff,            "SYSTEM_OFF",               0x8400'0008, 0,           0,           V0_2, Mandatory,
        kNoArguments, kServed, kAbsent, kNone, kNone, kNone, false },
    { F::SystemReset,          "SYSTEM_RESET",             0x8400'0009, 0,           0,           V0_2, Mandatory,
        kNoArguments, kServed, kAbsent, kNone, kNone, kNone, false },
    { F::PsciFeatures,         "PSCI_FEATURES",            0x8400'000a, 0,           0,           V1_0, Mandatory,
        { { { "psci_func_id" } } }, kServed, kAbsent, kAbsent, kAbsent, kAbsent, true },
    { F::CpuFreeze,            "CPU_FREEZE",               0x8400'000b, 0,           0,           V1_0, Optional,
        kNoArguments, kServed, kAbsent, kAbsent, kFreeze, kFreeze, false },
    { F::CpuDefaultSuspend,    "CPU_DEFAULT_SUSPEND",      0x8400'000c, 0xc400'000c, 0,           V1_0, Optional,
        kEntry, kServed, kAbsent, kAbsent, kAddress, kAddress, false },
    { F::NodeHwState,          "NODE_HW_STATE",            0x8400'000d, 0xc400'000d, 0,           V1_0, Optional,
        { { { "target_cpu", true }, { "power_level" } } }, kServed,
        kAbsent, kAbsent, kParameters, kParameters, true },
    { F::SystemSuspend,        "SYSTEM_SUSPEND",           0x8400'000e, 0xc400'000e, 0,           V1_0, Optional,
        kEntry, kServed, kAbsent, kAbsent, kSystemSuspend, kSystemSuspend, false },
    { F::PsciSetSuspendMode,   "PSCI_SET_SUSPEND_MODE",    0x8400'000f, 0,           0,           V1_0, Optional,
        { { { "mode" } } }, kServed, kAbsent, kAbsent, kSetMode, kSetMode, false },
    { F::PsciStatResidency,    "PSCI_STAT_RESIDENCY",      0x8400'0010, 0xc400'0010, 0,           V1_0, Optional,
        kTargetAndState, kServed, kAbsent, kAbsent, kAbsent, kAbsent, true },
    { F::PsciStatCount,        "PSCI_STAT_COUNT",          0x8400'0011, 0xc400'0011, 0,           V1_0, Optional,
        kTargetAndState, kServed, kAbsent, kAbsent, kAbsent, kAbsent, true },
    { F::SystemReset2,         "SYSTEM_RESET2",            0x8400'0012, 0xc400'0012, 0,           V1_1, Optional,
        { { { "reset_type" }, { "cookie", true } } }, kServed,
        kAbsent, kAbsent, kParameters, kParameters, false },
    { F::MemProtect,           "MEM_PROTECT",              0x8400'0013, 0,           0,           V1_1, Optional,
        { { { "enable" } } }, kServed, kAbsent, kAbsent, kAbsent, kAbsent, true },
    { F::MemProtectCheckRange, "MEM_PROTECT_CHECK_RANGE",  0x8400'0014, 0xc400'0014, 0,           V1_1, Optional,
        { { { "base", true }, { "length", true } } }, kServed,
        kAbsent, kAbsent, kFreeze, kFreeze, false },
    { F::SystemOff2,           "SYSTEM_OFF2",              0x8400'0015, 0xc400'0015, 0,           V1_3, Optional,
        { { { "type" }, { "cookie", true } } }, kServed,
        kAbsent, kAbsent, kAbsent, kParameters, false },
} };
    // clang-format on

    constexpr bool rows_are_in_enum_order()
    {
        for (size_t i = 0; i < kTable.size(); ++i)
            if (static_cast<size_t>(kTable[i].function) != i)
                return false;
        return true;
    }
    static_assert(rows_are_in_enum_order());

}

std::span<FunctionRow const> function_table()
{
    return kTable;
}

FunctionRow const& row_of(Function function)
{
    return kTable[static_cast<size_t>(function)];
}

bool has_function(Version version, FunctionRow const& row)
{
    return version == V0_1 ? row.id_0_1 != 0 : row.since <= version;
}

std::optional<Function> find_function(Version version, uint32_t id)
{
    if (id == 0)
        return std::nullopt;
    for (FunctionRow const& row : kTable) {
        bool const named = version == V0_1 ? row.id_0_1 == id : row.id32 == id || row.id64 == id;
        if (named)
            return has_function(version, row) ? std::optional { row.function } : std::nullopt;
    }
    return std::nullopt;
}

bool is_served(Version version, uint32_t id)
{
    auto const function = find_function(version, id);
    return function && row_of(*function).served();
}

bool is_wrong_width(Version version, uint32_t id)
{
    auto const function = find_function(version, id);
    return version == V0_2 && function && row_of(*function).id64 != 0 && row_of(*function).id32 == id;
}

ErrorSet allowed_errors(Function function, Version version)
{
    FunctionRow const& row = row_of(function);
    switch (version) {
    case V0_1: return row.errors_0_1;
    case V0_2: return row.errors_0_2;
    case V1_0:
    case V1_1: return row.errors_1_0;
    case V1_2:
    case V1_3: return row.errors_1_2;
    }
    return {};
}

ErrorCode error_for(Function function, Version version, ErrorCode code)
{
    if (allowed_errors(function, version).contains(code))
        return code;
    // Before 1.0 a bad entry point, and in 0.1 a target that already runs, is an invalid parameter: what the older
    // issues know and what KVM answers.
    return InvalidParameters;
}

ErrorCode refusal_of(Function function)
{
    return function == Function::SystemSuspend ? Denied : InternalFailure;
}

FunctionRow const* row_of_id(uint32_t id)
{
    if (id == 0)
        return nullptr;
    auto const found = std::find_if(kTable.begin(), kTable.end(),
        [id](FunctionRow const& row) { return row.id32 == id || row.id64 == id || row.id_0_1 == id; });
    return found == kTable.end() ? nullptr : &*found;
}

std::string_view function_name(uint32_t id)
{
    FunctionRow const* const row = row_of_id(id);
    return row ? row->name : std::string_view {};
}

std::vector<ErrorCode> codes_of(ErrorSet set)
{
    std::vector<ErrorCode> codes;
    for (int32_t code = -1; code >= static_cast<int32_t>(InvalidAddress); --code)
        if (set.contains(static_cast<ErrorCode>(code)))
            codes.push_back(static_cast<ErrorCode>(code));
    return codes;
}

std::string_view error_name(ErrorCode code)
{
    static constexpr std::array<std::string_view, 9> kNames { "NOT_SUPPORTED", "INVALID_PARAMETERS", "DENIED",
        "ALREADY_ON", "ON_PENDING", "INTERNAL_FAILURE", "NOT_PRESENT", "DISABLED", "INVALID_ADDRESS" };
    return kNames[static_cast<size_t>(-static_cast<int32_t>(code)) - 1];
}

}
