#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "engine/exit.h"
#include "engine/vcpu.h"
#include "firmware/answer.h"
#include "firmware/platform.h"
#include "firmware/psci/psci.h"
#include "firmware/sdei/sdei.h"
#include "firmware/trace.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace dormouse::firmware {

// The firmware of one machine: what HVC and SMC reach, the same on each engine. handle() runs on the calling vCPU's
// thread and different vCPUs may be in it at once; besides the trace it keeps the state of SDEI, which is the vCPU's
// own.
class Firmware {
public:
    // What the run loop does after a call.
    enum class Next {
        Run, // x0 holds the answer
        WaitForInterrupt, // the same, but first wait as for WFI
        Stopped, // the vCPU is off, or the machine was reset or is going down: look at the power state
    };

    // Without `sdei_events`, the vendor events besides event 0, there is no SDEI.
    Firmware(psci::Version version, Platform& platform, Clock const& clock,
        std::optional<std::vector<uint32_t>> const& sdei_events = std::nullopt)
        : m_version(version)
        , m_psci(version, platform, clock)
        , m_clock(clock)
    {
        if (sdei_events)
            m_sdei.emplace(*sdei_events, platform);
    }

    // Serves the call whose arguments are in the registers of vCPU `index`, which is outside its engine. Fails only
    // when the engine cannot read or write x0..x4.
    Result<Next> handle(unsigned index, engine::Vcpu&, engine::ExitHypercall const&);

    // Enters the handler of an SDEI event that may interrupt this vCPU now; says whether it did. On the vCPU's thread
    // before it runs.
    Result<bool> deliver_event(unsigned index, engine::Vcpu& vcpu)
    {
        return m_sdei ? m_sdei->deliver(index, vcpu) : Result<bool> { false };
    }
    // null when the machine has none.
    sdei::Sdei* sdei() { return m_sdei ? &*m_sdei : nullptr; }
    sdei::Sdei const* sdei() const { return m_sdei ? &*m_sdei : nullptr; }

    psci::Version version() const { return m_version; }
    psci::Psci& psci() { return m_psci; }
    psci::Psci const& psci() const { return m_psci; }
    Trace const& trace() const { return m_trace; }

    // Pseudo-firmware registers: part of a saved machine, invisible to the guest. The version is pinned when the
    // machine is created, so a write accepts only the value that is there. [Linux,
    // Documentation/virt/kvm/arm/fw-pseudo-registers.rst]
    std::vector<engine::RegisterId> register_list() const;
    Result<engine::RegisterValue> read_register(engine::RegisterId) const;
    Result<void> write_register(engine::RegisterId, engine::RegisterValue);

private:
    bool is_sdei_call(uint32_t w0, uint16_t immediate) const;
    Answer dispatch(unsigned index, uint32_t w0, std::array<uint64_t, 4> const& x1_to_x4, uint16_t immediate);

    psci::Version m_version;
    psci::Psci m_psci;
    std::optional<sdei::Sdei> m_sdei;
    Clock const& m_clock;
    Trace m_trace;
};

// KVM_REG_ARM_PSCI_VERSION.
constexpr engine::RegisterId kPsciVersionRegister { engine::kRegArm64 | engine::kRegSizeU64 | engine::kRegFirmware
    | 0 };
// psci::Psci::Memory; a number that KVM does not use.
constexpr engine::RegisterId kPsciMemoryRegister { engine::kRegArm64 | engine::kRegSizeU64 | engine::kRegFirmware
    | 0x8000 };

}
