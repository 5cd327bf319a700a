#pragma once

#include "base/result.h"
#include "engine/kvm/descriptor.h"
#include "engine/register_id.h"

#include <cstdint>
#include <optional>

namespace dormouse::kvm {

// The guest's counters, CNTVCT_EL0 and CNTPCT_EL0 of all vCPUs. The kernel's never stand still, so a stop remembers the
// value and a start moves the offset by what has passed meanwhile. Used under wires::Quiesced.
class GuestCounter {
public:
    // `has_offset`: the kernel can shift both counters at once. Without (Linux before 6.4) the virtual one alone is
    // right; the physical one is the host's.
    GuestCounter(Descriptor const& vm, bool has_offset) : m_vm(vm), m_has_offset(has_offset) { }

    // The registers are reached through this vCPU; they are the same on each.
    void use(Descriptor const& vcpu) { m_vcpu = &vcpu; }

    // Idempotent. A counter that never ran starts from 0.
    Result<void> start();
    Result<void> stop();

    // What a stopped counter answers instead of the kernel; empty for other registers, and while it runs.
    std::optional<uint64_t> read(engine::RegisterId) const;
    // The same for a write; false: the kernel has to be asked.
    bool write(engine::RegisterId, uint64_t value);
    // CNTV_CTL_EL0 and CNTP_CTL_EL0 have a bit that follows the count: as it is at the stopped count.
    uint64_t control_at_stop(uint64_t control, uint64_t compare) const;
    bool running() const { return m_running; }

private:
    Descriptor const& m_vm;
    Descriptor const* m_vcpu { nullptr };
    bool m_has_offset;
    bool m_offset_set { false };
    bool m_running { false };
    uint64_t m_stopped_at { 0 };
    uint64_t m_offset { 0 }; // host's minus guest's count
};

}
