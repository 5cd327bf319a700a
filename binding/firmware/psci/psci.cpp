#include "firmware/psci/psci.h"

#include "base/bits.h"
#include "firmware/smccc/architecture.h"

namespace dormouse::firmware::psci {

// Bits of an MPIDR argument that may be set: Aff3 [39:32] and Aff2..Aff0 [23:0]. [Arm DEN 0022 F.b, 5.1.4]
constexpr uint64_t kAffinityMask = 0xff'00ff'ffff;

// Original power_state format; bits outside PowerLevel [25:24], StateType [16] and StateID [15:0] are reserved.
// [Arm DEN 0022 F.b, 5.4.2, Table 7]
constexpr uint64_t kPowerStateMask = 0x0301'ffff;
constexpr unsigned kPowerDownBit = 16;

// MIGRATE_INFO_TYPE: no Trusted OS that would need migration. [Arm DEN 0022 F.b, 5.9]
constexpr int64_t kNoMigrationNeeded = 2;

Answer Psci::call(smccc::Call const& call)
{
    auto const function = find_function(m_version, call.id.value);
    if (!function || !row_of(*function).implemented)
        return Return { kNotSupported };
    switch (*function) {
    case Function::PsciVersion: return Return { describe_version(m_version).value };
    case Function::CpuSuspend: return cpu_suspend(call);
    case Function::CpuOff: return cpu_off(call);
    case Function::CpuOn: return cpu_on(call);
    case Function::AffinityInfo: return affinity_info(call);
    case Function::MigrateInfoType: return Return { kNoMigrationNeeded };
    case Function::SystemOff: return system(call, SystemRequest::Off);
    case Function::SystemReset: return system(call, SystemRequest::Reset);
    case Function::PsciFeatures: return features(call);
    case Function::SystemReset2: return system_reset2(call);
    default: return Return { kNotSupported };
    }
}

Answer Psci::fail(Function function, ErrorCode code) const
{
    return Return { static_cast<int64_t>(error_for(function, m_version, code)) };
}

bool Psci::valid_entry(uint64_t address) const
{
    return is_aligned(address, 4) && m_platform.is_memory({ address });
}

Answer Psci::cpu_suspend(smccc::Call const& call)
{
    auto const [power_state, entry, context_id, unused] = call.arguments;
    if (static_cast<uint32_t>(power_state) & ~kPowerStateMask)
        return fail(Function::CpuSuspend, ErrorCode::InvalidParameters);
    if (bit<kPowerDownBit>(power_state) && !valid_entry(entry))
        return fail(Function::CpuSuspend, ErrorCode::InvalidAddress);
    // Platform-coordinated mode: the request is an upper bound, so a power-down may be served as a standby that returns
    // at the next instruction. No state that loses context is advertised. [Arm DEN 0022 F.b, 5.4]
    return Standby { 0 };
}

Answer Psci::cpu_off(smccc::Call const& call)
{
    m_platform.turn_off(call.caller);
    return NoReturn {};
}

Answer Psci::cpu_on(smccc::Call const& call)
{
    auto const [target, entry, context_id, unused] = call.arguments;
    if (target & ~kAffinityMask)
        return fail(Function::CpuOn, ErrorCode::InvalidParameters);
    for (unsigned vcpu = 0; vcpu < m_platform.vcpu_count(); ++vcpu) {
        if (m_platform.mpidr(vcpu) != target)
            continue;
        if (!valid_entry(entry))
            return fail(Function::CpuOn, ErrorCode::InvalidAddress);
        switch (m_platform.turn_on(vcpu, { entry, context_id })) {
        case PowerState::Off: return Return { 0 };
        case PowerState::OnPending: return fail(Function::CpuOn, ErrorCode::OnPending);
        case PowerState::On:
        case PowerState::Suspended: return fail(Function::CpuOn, ErrorCode::AlreadyOn);
        }
    }
    return fail(Function::CpuOn, ErrorCode::InvalidParameters);
}

Answer Psci::affinity_info(smccc::Call const& call) const
{
    constexpr int64_t kOn = 0;
    constexpr int64_t kOff = 1;
    constexpr int64_t kOnPending = 2;
    uint64_t const target = call.arguments[0];
    auto const level = static_cast<uint32_t>(call.arguments[1]);
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

Answer Psci::features(smccc::Call const& call) const
{
    auto const id = static_cast<uint32_t>(call.arguments[0]);
    if (id == smccc::kVersionFunction)
        return Return { 0 };
    // CPU_SUSPEND answers 0 as well: original power_state format, no OS-initiated mode. [Arm DEN 0022 F.b, Table 11]
    return Return { is_served(m_version, id) ? 0 : kNotSupported };
}

Answer Psci::system_reset2(smccc::Call const& call)
{
    // Type 0 is SYSTEM_WARM_RESET; its cookie is ignored on purpose: EDK2 leaves garbage there. Other architectural
    // types are reserved, and there are no vendor types (bit 31), for which NOT_SUPPORTED is no legal answer.
    if (static_cast<uint32_t>(call.arguments[0]) != 0)
        return fail(Function::SystemReset2, ErrorCode::InvalidParameters);
    return system(call, SystemRequest::WarmReset);
}

Answer Psci::system(smccc::Call const& call, SystemRequest request)
{
    if (m_platform.request(call.caller, request) == SystemVerdict::Committed)
        return NoReturn {};
    return Return { static_cast<int64_t>(ErrorCode::InternalFailure) };
}

}
