#include "engine/kvm/guest_counter.h"

namespace dormouse::kvm {

using abi::Request;

namespace {

    // CNTV_CTL_EL0, CNTP_CTL_EL0. [Arm DDI 0487]
    constexpr uint64_t kEnable = 1;
    constexpr uint64_t kStatus = 4;

    Result<uint64_t> read_count(Descriptor const& vcpu)
    {
        uint64_t value = 0;
        abi::OneReg request { abi::kRegVirtualCount, reinterpret_cast<uint64_t>(&value) };
        TRY_PUT(done, vcpu.call(Request::GetOneReg, "Reading CNTVCT_EL0", request));
        static_cast<void>(done);
        return value;
    }

    bool is_count(engine::RegisterId id)
    {
        return id.value == abi::kRegVirtualCount || id.value == abi::kRegPhysicalCount;
    }

}

Result<void> GuestCounter::start()
{
    if (m_running)
        return {};
    if (m_has_offset) {
        auto const set_offset = [this](uint64_t value) -> Result<void> {
            abi::CounterOffset request { value, 0 };
            TRY_PUT(done, m_vm.call(Request::ArmSetCounterOffset, "KVM_ARM_SET_COUNTER_OFFSET", request));
            static_cast<void>(done);
            m_offset = value;
            m_offset_set = true;
            return {};
        };
        // What the offset is before we set one nobody tells.
        if (!m_offset_set)
            TRY(set_offset(0));
        TRY_PUT(guest, read_count(*m_vcpu));
        TRY(set_offset(guest + m_offset - m_stopped_at));
    } else {
        abi::OneReg request { abi::kRegVirtualCount, reinterpret_cast<uint64_t>(&m_stopped_at) };
        TRY_PUT(done, m_vcpu->call(Request::SetOneReg, "Setting CNTVCT_EL0", request));
        static_cast<void>(done);
    }
    m_running = true;
    return {};
}

Result<void> GuestCounter::stop()
{
    if (!m_running)
        return {};
    TRY_PUT(count, read_count(*m_vcpu));
    m_stopped_at = count;
    m_running = false;
    return {};
}

std::optional<uint64_t> GuestCounter::read(engine::RegisterId id) const
{
    if (m_running || !is_count(id))
        return std::nullopt;
    return m_stopped_at;
}

bool GuestCounter::write(engine::RegisterId id, uint64_t value)
{
    if (m_running || !is_count(id))
        return false;
    // Each vCPU of a saved machine has both counters in its list, all with the same value.
    m_stopped_at = value;
    return true;
}

uint64_t GuestCounter::control_at_stop(uint64_t control, uint64_t compare) const
{
    bool const met = (control & kEnable) && m_stopped_at >= compare;
    return (control & ~kStatus) | (met ? kStatus : 0);
}

}
