#include "firmware/psci/psci.h"

#include "base/bits.h"
#include "firmware/smccc/architecture.h"

namespace dormouse::firmware::psci {

// Bits of an MPIDR argument that may be set: Aff3 [39:32] and Aff2..Aff0 [23:0]. [Arm DEN 0022 F.b, 5.1.4]
constexpr uint64_t kAffinityMask = 0xff'00ff'ffff;

// MIGRATE_INFO_TYPE: no Trusted OS that would need migration. [Arm DEN 0022 F.b, 5.9]
constexpr int64_t kNoMigrationNeeded = 2;

static std::vector<uint64_t> mpidrs_of(Platform const& platform)
{
    std::vector<uint64_t> mpidrs;
    for (unsigned vcpu = 0; vcpu < platform.vcpu_count(); ++vcpu)
        mpidrs.push_back(platform.mpidr(vcpu));
    return mpidrs;
}

Psci::Psci(Version version, Platform& platform, Clock const& clock)
    : m_version(version)
    , m_platform(platform)
    , m_ledger(clock, mpidrs_of(platform))
{
}

void Psci::reset(bool cold)
{
    m_ledger.restart(cold);
    // Protection ends with the overwriting; a warm reset overwrites nothing. [Arm DEN 0022 F.b, 5.14]
    m_memory.fetch_and(cold ? 0 : Memory::kMemoryProtected);
}

// Arguments that are 32 bits wide in both conventions.
static smccc::Call narrowed(smccc::Call call, FunctionRow const& row)
{
    for (size_t i = 0; i < row.arguments.size(); ++i)
        if (!row.arguments[i].native)
            call.arguments[i] = static_cast<uint32_t>(call.arguments[i]);
    return call;
}

Answer Psci::call(smccc::Call const& raw)
{
    auto const function = find_function(m_version, raw.id.value);
    if (!function || !row_of(*function).served())
        return Return { kNotSupported };
    if (is_wrong_width(m_version, raw.id.value))
        return fail(*function, ErrorCode::InvalidParameters);
    smccc::Call const call = narrowed(raw, row_of(*function));
    switch (*function) {
    case Function::PsciVersion: return Return { describe_version(m_version).value };
    case Function::CpuSuspend: return cpu_suspend(call);
    case Function::CpuOff:
    case Function::CpuFreeze: return cpu_off(call);
    case Function::CpuOn: return cpu_on(call);
    case Function::AffinityInfo: return affinity_info(call);
    case Function::MigrateInfoType: return Return { kNoMigrationNeeded };
    case Function::SystemOff: return system(*function, call, { SystemCallKind::Off, 0, 0, {} });
    case Function::SystemReset: return system(*function, call, { SystemCallKind::Reset, 0, 0, {} });
    case Function::PsciFeatures: return features(call);
    case Function::CpuDefaultSuspend: return cpu_default_suspend(call);
    case Function::NodeHwState: return node_hw_state(call);
    case Function::SystemSuspend: return system_suspend(call);
    case Function::PsciSetSuspendMode: return set_suspend_mode(call);
    case Function::PsciStatResidency:
    case Function::PsciStatCount: return statistics(*function, call);
    case Function::SystemReset2: return system_reset2(call);
    case Function::MemProtect: return mem_protect(call);
    case Function::MemProtectCheckRange: return mem_protect_check_range(call);
    case Function::SystemOff2: return system_off2(call);
    case Function::Migrate:
    case Function::MigrateInfoUpCpu: break;
    }
    return Return { kNotSupported };
}

Answer Psci::fail(Function function, ErrorCode code) const
{
    return Return { static_cast<int64_t>(error_for(function, m_version, code)) };
}

Answer Psci::number(smccc::Call const& call, uint64_t value)
{
    return Return { static_cast<int64_t>(call.id.is_64_bit() ? value : static_cast<uint32_t>(value)) };
}

std::optional<unsigned> Psci::find_vcpu(uint64_t target) const
{
    if (target & ~kAffinityMask)
        return std::nullopt;
    for (unsigned vcpu = 0; vcpu < m_platform.vcpu_count(); ++vcpu)
        if (m_platform.mpidr(vcpu) == target)
            return vcpu;
    return std::nullopt;
}

bool Psci::valid_entry(uint64_t address) const
{
    return is_aligned(address, 4) && m_platform.is_memory({ address }, 4);
}

bool Psci::all_others_off(unsigned caller) const
{
    for (unsigned vcpu = 0; vcpu < m_platform.vcpu_count(); ++vcpu)
        if (vcpu != caller && m_platform.power_state(vcpu) != PowerState::Off)
            return false;
    return true;
}

// --- One vCPU ------------------------------------------------------------------------------------------------------

// In OS-initiated mode the last core to sleep asks for its cluster and for the system. [Arm DEN 0022 F.b, 5.4.4, 6.2]
std::optional<ErrorCode> Psci::os_initiated_conflict(unsigned caller, PowerRequest request) const
{
    if (!(m_memory.load() & Memory::kOsInitiated) || request.level == kCoreLevel)
        return std::nullopt;
    bool const whole_system = request.level == kSystemLevel;
    bool incompatible = false;
    for (unsigned vcpu = 0; vcpu < m_platform.vcpu_count(); ++vcpu) {
        bool const same = whole_system || (m_platform.mpidr(vcpu) ^ m_platform.mpidr(caller)) >> 8 == 0;
        if (vcpu == caller || !same)
            continue;
        auto const asleep = m_ledger.asleep(vcpu);
        if (!asleep)
            return ErrorCode::Denied;
        incompatible = incompatible || (request.power_down && !asleep->power_down);
    }
    return incompatible ? std::optional { ErrorCode::InvalidParameters } : std::nullopt;
}

Answer Psci::cpu_suspend(smccc::Call const& call)
{
    auto const [power_state, entry, context_id, unused] = call.arguments;
    auto const request = decode_power_state(m_version, static_cast<uint32_t>(power_state));
    if (!request)
        return fail(Function::CpuSuspend, ErrorCode::InvalidParameters);
    if (request->power_down && !valid_entry(entry))
        return fail(Function::CpuSuspend, ErrorCode::InvalidAddress);
    {
        std::lock_guard const lock { m_mode_mutex };
        if (auto const conflict = os_initiated_conflict(call.caller, *request))
            return fail(Function::CpuSuspend, *conflict);
        m_memory.fetch_or(Memory::kSuspendUsed);
        m_ledger.sleeps(call.caller, *request);
    }
    if (!request->power_down)
        return Standby { 0 };
    m_platform.power_down(call.caller, { entry, context_id });
    return NoReturn {};
}

Answer Psci::cpu_default_suspend(smccc::Call const& call)
{
    auto const [entry, context_id, unused0, unused1] = call.arguments;
    if (!valid_entry(entry))
        return fail(Function::CpuDefaultSuspend, ErrorCode::InvalidAddress);
    m_ledger.sleeps(call.caller, { true, kCoreLevel });
    m_platform.power_down(call.caller, { entry, context_id });
    return NoReturn {};
}

// CPU_FREEZE too: an interrupt never wakes a vCPU that is off, it stays pending. [Arm DEN 0022 F.b, Table 12]
Answer Psci::cpu_off(smccc::Call const& call)
{
    // Before it is off: from then on another vCPU may turn it on, which must be counted after this.
    m_ledger.is_off(call.caller);
    m_platform.turn_off(call.caller);
    return NoReturn {};
}

Answer Psci::cpu_on(smccc::Call const& call)
{
    auto const [target, entry, context_id, unused] = call.arguments;
    auto const vcpu = find_vcpu(target);
    if (!vcpu)
        return fail(Function::CpuOn, ErrorCode::InvalidParameters);
    if (!valid_entry(entry))
        return fail(Function::CpuOn, ErrorCode::InvalidAddress);
    switch (m_platform.turn_on(*vcpu, { entry, context_id })) {
    case PowerState::Off: return Return { 0 };
    case PowerState::OnPending: return fail(Function::CpuOn, ErrorCode::OnPending);
    case PowerState::On:
    case PowerState::Suspended: break;
    }
    return fail(Function::CpuOn, ErrorCode::AlreadyOn);
}

Answer Psci::affinity_info(smccc::Call const& call) const
{
    constexpr int64_t kOn = 0;
    constexpr int64_t kOff = 1;
    constexpr int64_t kOnPending = 2;
    uint64_t const target = call.arguments[0];
    uint64_t const level = call.arguments[1];
    // A group of level n is named by the affinity fields from n upwards.
    constexpr uint64_t kLevelMasks[] { 0xff'00ff'ffff, 0xff'00ff'ff00, 0xff'00ff'0000, 0xff'0000'0000 };
    if (level >= std::size(kLevelMasks) || (target & ~kAffinityMask))
        return fail(Function::AffinityInfo, ErrorCode::InvalidParameters);

    bool found = false;
    bool pending = false;
    for (unsigned vcpu = 0; vcpu < m_platform.vcpu_count(); ++vcpu) {
        if ((m_platform.mpidr(vcpu) ^ target) & kLevelMasks[level])
            continue;
        found = true;
        switch (m_platform.power_state(vcpu)) {
        case PowerState::On:
        case PowerState::Suspended: return Return { kOn };
        case PowerState::OnPending: pending = true; break;
        case PowerState::Off: break;
        }
    }
    if (!found)
        return fail(Function::AffinityInfo, ErrorCode::InvalidParameters);
    return Return { pending ? kOnPending : kOff };
}

Answer Psci::node_hw_state(smccc::Call const& call) const
{
    constexpr int64_t kHwOn = 0;
    constexpr int64_t kHwOff = 1;
    constexpr int64_t kHwStandby = 2;
    auto const vcpu = find_vcpu(call.arguments[0]);
    uint64_t const level = call.arguments[1];
    if (!vcpu || level > kSystemLevel)
        return fail(Function::NodeHwState, ErrorCode::InvalidParameters);
    switch (m_ledger.activity(*vcpu, static_cast<unsigned>(level))) {
    case PowerLedger::Activity::Running: return Return { kHwOn };
    case PowerLedger::Activity::Standby: return Return { kHwStandby };
    case PowerLedger::Activity::PowerDown: break;
    }
    return Return { kHwOff };
}

Answer Psci::set_suspend_mode(smccc::Call const& call)
{
    uint64_t const mode = call.arguments[0];
    if (mode > 1)
        return fail(Function::PsciSetSuspendMode, ErrorCode::InvalidParameters);
    std::lock_guard const lock { m_mode_mutex };
    uint64_t const now = m_memory.load();
    if ((now & Memory::kOsInitiated) == mode)
        return Return { 0 };
    // To OS-initiated: nobody has used CPU_SUSPEND. Back: nobody else is on. [Arm DEN 0022 F.b, 5.21]
    bool const allowed = mode == 1 ? !(now & Memory::kSuspendUsed) : all_others_off(call.caller);
    if (!allowed)
        return fail(Function::PsciSetSuspendMode, ErrorCode::Denied);
    m_memory.fetch_xor(Memory::kOsInitiated | (now & Memory::kSuspendUsed));
    return Return { 0 };
}

Answer Psci::statistics(Function function, smccc::Call const& call) const
{
    // There is no room for an error code: a node or a state that does not exist was never used.
    auto const vcpu = find_vcpu(call.arguments[0]);
    auto const state = decode_power_state(m_version, static_cast<uint32_t>(call.arguments[1]));
    if (!vcpu || !state)
        return Return { 0 };
    auto const figures = m_ledger.figures(*vcpu, *state);
    return number(call, function == Function::PsciStatResidency ? figures.residency_us : figures.count);
}

// --- What there is -------------------------------------------------------------------------------------------------

Answer Psci::features(smccc::Call const& call) const
{
    // [Arm DEN 0022 F.b, 5.16, Table 11]
    constexpr int64_t kOsInitiatedAndExtendedState = 3;
    constexpr int64_t kHibernateOff = 1;
    auto const id = static_cast<uint32_t>(call.arguments[0]);
    if (id == smccc::kVersionFunction)
        return Return { 0 };
    if (!is_served(m_version, id))
        return Return { kNotSupported };
    switch (*find_function(m_version, id)) {
    case Function::CpuSuspend: return Return { kOsInitiatedAndExtendedState };
    case Function::SystemOff2: return Return { kHibernateOff };
    default: return Return { 0 };
    }
}

Answer Psci::mem_protect(smccc::Call const& call)
{
    uint64_t const before = call.arguments[0] ? m_memory.fetch_or(Memory::kMemoryProtected)
                                              : m_memory.fetch_and(~Memory::kMemoryProtected);
    return Return { before & Memory::kMemoryProtected ? 1 : 0 };
}

Answer Psci::mem_protect_check_range(smccc::Call const& call) const
{
    auto const [base, length, unused0, unused1] = call.arguments;
    bool const wraps = length == 0 || base + (length - 1) < base;
    if (wraps || !m_platform.is_memory({ base }, length))
        return fail(Function::MemProtectCheckRange, ErrorCode::Denied);
    return Return { 0 };
}

// --- The whole machine ---------------------------------------------------------------------------------------------

Answer Psci::system_suspend(smccc::Call const& call)
{
    auto const [entry, context_id, unused0, unused1] = call.arguments;
    if (!valid_entry(entry))
        return fail(Function::SystemSuspend, ErrorCode::InvalidAddress);
    return system(Function::SystemSuspend, call, { SystemCallKind::Suspend, 0, 0, { entry, context_id } });
}

Answer Psci::system_reset2(smccc::Call const& call)
{
    constexpr unsigned kVendorBit = 31;
    auto const type = static_cast<uint32_t>(call.arguments[0]);
    // Type 0 is SYSTEM_WARM_RESET, whose cookie may be anything: EDK2 leaves garbage there. Other architectural types
    // are reserved. A vendor's type and its cookie mean something to the host's user only. [Arm DEN 0022 F.b, 5.13]
    if (!bit<kVendorBit>(type) && type != 0)
        return fail(Function::SystemReset2, ErrorCode::InvalidParameters);
    return system(Function::SystemReset2, call, { SystemCallKind::Reset2, type, call.arguments[1], {} });
}

Answer Psci::system_off2(smccc::Call const& call)
{
    // 1 is HIBERNATE_OFF, and 0 means the same. [Arm DEN 0022 F.b, 5.11]
    auto const [type, cookie, unused0, unused1] = call.arguments;
    if (type > 1 || cookie != 0)
        return fail(Function::SystemOff2, ErrorCode::InvalidParameters);
    return system(Function::SystemOff2, call, { SystemCallKind::Off2, static_cast<uint32_t>(type), 0, {} });
}

Answer Psci::system(Function function, smccc::Call const& call, SystemCall const& request)
{
    switch (m_platform.request(call.caller, request)) {
    case SystemVerdict::Committed: return NoReturn {};
    case SystemVerdict::NotAlone: return fail(function, ErrorCode::Denied);
    case SystemVerdict::Refused: break;
    }
    return Return { static_cast<int64_t>(refusal_of(function)) };
}

}
