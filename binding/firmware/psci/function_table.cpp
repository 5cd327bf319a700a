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

    constexpr bool kYes = true;
    constexpr bool kNo = false;

    // clang-format off
constexpr std::array<FunctionRow, 22> kTable { {
    // function              name                        id32         id64         id in 0.1    since presence   ours  errors 0.1  0.2        1.0, 1.1     1.2, 1.3
    { F::PsciVersion,          "PSCI_VERSION",             0x8400'0000, 0,           0,           V0_2, Mandatory, kYes, kAbsent,    kNone,     kNone,       kNone },
    { F::CpuSuspend,           "CPU_SUSPEND",              0x8400'0001, 0xc400'0001, 0x95c1'ba5e, V0_2, Mandatory, kYes, kCpuOff0_1, kInvalid,  kSuspend1_0, kSuspend1_0 },
    { F::CpuOff,               "CPU_OFF",                  0x8400'0002, 0,           0x95c1'ba5f, V0_2, Mandatory, kYes, kCpuOff0_1, kDenied,   kDenied,     kDenied },
    { F::CpuOn,                "CPU_ON",                   0x8400'0003, 0xc400'0003, 0x95c1'ba60, V0_2, Mandatory, kYes, kCpuOff0_1, kCpuOn0_2, kCpuOn1_0,   kCpuOn1_0 | Denied },
    { F::AffinityInfo,         "AFFINITY_INFO",            0x8400'0004, 0xc400'0004, 0,           V0_2, Mandatory, kYes, kAbsent,    kAffinity, kAffinity,   kAffinity },
    { F::Migrate,              "MIGRATE",                  0x8400'0005, 0xc400'0005, 0x95c1'ba61, V0_2, Optional,  kNo,  kCpuOff0_1, kMigrate,  kMigrate,    kMigrate },
    { F::MigrateInfoType,      "MIGRATE_INFO_TYPE",        0x8400'0006, 0,           0,           V0_2, Optional,  kYes, kAbsent,    kAbsent,   kAbsent,     kAbsent },
    { F::MigrateInfoUpCpu,     "MIGRATE_INFO_UP_CPU",      0x8400'0007, 0xc400'0007, 0,           V0_2, Optional,  kNo,  kAbsent,    kAbsent,   kAbsent,     kAbsent },
    { F::SystemOff,            "SYSTEM_OFF",               0x8400'0008, 0,           0,           V0_2, Mandatory, kYes, kAbsent,    kNone,     kNone,       kNone },
    { F::SystemReset,          "SYSTEM_RESET",             0x8400'0009, 0,           0,           V0_2, Mandatory, kYes, kAbsent,    kNone,     kNone,       kNone },
    { F::PsciFeatures,         "PSCI_FEATURES",            0x8400'000a, 0,           0,           V1_0, Mandatory, kYes, kAbsent,    kAbsent,   kAbsent,     kAbsent },
    { F::CpuFreeze,            "CPU_FREEZE",               0x8400'000b, 0,           0,           V1_0, Optional,  kNo,  kAbsent,    kAbsent,   kFreeze,     kFreeze },
    { F::CpuDefaultSuspend,    "CPU_DEFAULT_SUSPEND",      0x8400'000c, 0xc400'000c, 0,           V1_0, Optional,  kNo,  kAbsent,    kAbsent,   kAddress,    kAddress },
    { F::NodeHwState,          "NODE_HW_STATE",            0x8400'000d, 0xc400'000d, 0,           V1_0, Optional,  kNo,  kAbsent,    kAbsent,   kParameters, kParameters },
    { F::SystemSuspend,        "SYSTEM_SUSPEND",           0x8400'000e, 0xc400'000e, 0,           V1_0, Optional,  kNo,  kAbsent,    kAbsent,   kSystemSuspend, kSystemSuspend },
    { F::PsciSetSuspendMode,   "PSCI_SET_SUSPEND_MODE",    0x8400'000f, 0,           0,           V1_0, Optional,  kNo,  kAbsent,    kAbsent,   kSetMode,    kSetMode },
    { F::PsciStatResidency,    "PSCI_STAT_RESIDENCY",      0x8400'0010, 0xc400'0010, 0,           V1_0, Optional,  kNo,  kAbsent,    kAbsent,   kAbsent,     kAbsent },
    { F::PsciStatCount,        "PSCI_STAT_COUNT",          0x8400'0011, 0xc400'0011, 0,           V1_0, Optional,  kNo,  kAbsent,    kAbsent,   kAbsent,     kAbsent },
    { F::SystemReset2,         "SYSTEM_RESET2",            0x8400'0012, 0xc400'0012, 0,           V1_1, Optional,  kYes, kAbsent,    kAbsent,   kParameters, kParameters },
    { F::MemProtect,           "MEM_PROTECT",              0x8400'0013, 0,           0,           V1_1, Optional,  kNo,  kAbsent,    kAbsent,   kAbsent,     kAbsent },
    { F::MemProtectCheckRange, "MEM_PROTECT_CHECK_RANGE",  0x8400'0014, 0xc400'0014, 0,           V1_1, Optional,  kNo,  kAbsent,    kAbsent,   kFreeze,     kFreeze },
    { F::SystemOff2,           "SYSTEM_OFF2",              0x8400'0015, 0xc400'0015, 0,           V1_3, Optional,  kNo,  kAbsent,    kAbsent,   kAbsent,     kParameters },
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

std::optional<Function> find_function(Version version, uint32_t id)
{
    for (FunctionRow const& row : kTable) {
        if (version == V0_1) {
            if (row.id_0_1 != 0 && row.id_0_1 == id)
                return row.function;
            continue;
        }
        if (id != 0 && (row.id32 == id || row.id64 == id))
            return row.since <= version ? std::optional { row.function } : std::nullopt;
    }
    return std::nullopt;
}

bool is_served(Version version, uint32_t id)
{
    auto const function = find_function(version, id);
    return function && row_of(*function).implemented;
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

std::string_view function_name(uint32_t id)
{
    if (id == 0)
        return {};
    auto const found = std::find_if(kTable.begin(), kTable.end(),
        [id](FunctionRow const& row) { return row.id32 == id || row.id64 == id || row.id_0_1 == id; });
    return found == kTable.end() ? std::string_view {} : found->name;
}

}
