#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "engine/exit.h"
#include "engine/vcpu.h"
#include "firmware/answer.h"
#include "firmware/platform.h"
#include "firmware/psci/psci.h"
#include "firmware/trace.h"

#include <cstdint>
#include <vector>

namespace dormouse::firmware {

// The firmware of one machine: what HVC and SMC reach, the same on each engine. handle() runs on the calling vCPU's
// thread and different vCPUs may be in it at once; it keeps no state but the trace.
class Firmware {
public:
    // What the run loop does after a call.
    enum class Next {
        Run, // x0 holds the answer
        WaitForInterrupt, // the same, but first wait as for WFI
        Stopped, // the vCPU is off, or the machine was reset or is going down: look at the power state
    };

    Firmware(psci::Version version, Platform& platform, Clock const& clock)
        : m_version(version)
        , m_psci(version, platform)
        , m_clock(clock)
    {
    }

    // Serves the call whose arguments are in the registers of vCPU `index`, which is outside its engine. Fails only
    // when the engine cannot read or write x0..x4.
    Result<Next> handle(unsigned index, engine::Vcpu&, engine::ExitHypercall const&);

    psci::Version version() const { return m_version; }
    Trace const& trace() const { return m_trace; }

    // Pseudo-firmware registers: part of a saved machine, invisible to the guest. The version is pinned when the
    // machine is created, so a write accepts only the value that is there. [Linux,
    // Documentation/virt/kvm/arm/fw-pseudo-registers.rst]
    std::vector<engine::RegisterId> register_list() const;
    Result<engine::RegisterValue> read_register(engine::RegisterId) const;
    Result<void> write_register(engine::RegisterId, engine::RegisterValue);

private:
    Answer dispatch(unsigned index, uint32_t w0, std::array<uint64_t, 4> const& x1_to_x4, uint16_t immediate);

    psci::Version m_version;
    psci::Psci m_psci;
    Clock const& m_clock;
    Trace m_trace;
};

// KVM_REG_ARM_PSCI_VERSION.
constexpr engine::RegisterId kPsciVersionRegister { engine::kRegArm64 | engine::kRegSizeU64 | engine::kRegFirmware
    | 0 };

}
