// SDEI as the machine sees it: delivery before a vCPU runs, and events from the host.
#include "machine/machine.h"

#include <cinttypes>
#include <cstdio>

namespace dormouse::machine {

using firmware::PowerState;
using firmware::sdei::Priority;
using firmware::sdei::VcpuState;
using Fate = SdeiInjection::Outcome;

void Machine::starting(unsigned index)
{
    if (auto* const sdei = m_firmware.sdei())
        sdei->start(index);
}

Result<bool> Machine::deliver_event(unsigned index)
{
    return m_firmware.deliver_event(index, *m_board->vcpus[index]);
}

// Why a vCPU that is on does not take an event at once; in the order in which the guest would have to act.
static std::string_view obstacle(VcpuState const& state, unsigned place, Priority priority)
{
    auto const handler = state.handlers[place].state;
    if (!is_registered(handler))
        return "not registered";
    if (!is_enabled(handler))
        return "disabled";
    if (state.masked)
        return "masked";
    bool const same_runs = state.contexts[static_cast<size_t>(priority)].event.has_value();
    return same_runs ? "running handler of same priority" : "running critical handler";
}

Result<SdeiInjection> Machine::inject_sdei(unsigned vcpu, unsigned place, wires::Quiesced const& quiesced)
{
    auto& sdei = *m_firmware.sdei();
    auto const power = m_threads[vcpu]->power(quiesced);
    // CPU_ON starts a vCPU without a trace of what was before, so nothing can wait for it.
    if (power.state == PowerState::Off || power.state == PowerState::OnPending)
        return SdeiInjection { vcpu, Fate::Refused, "vCPU off" };
    sdei.signal(vcpu, place);
    // A vCPU that was powered down wakes for an event it has enabled, and starts masked.
    if (power.state == PowerState::Suspended && power.sleep != VcpuThread::Sleep::Standby)
        return SdeiInjection { vcpu, SdeiInjection::Outcome::Pending,
            sdei.deliverable(vcpu) ? "masked"
                                   : obstacle(sdei.vcpu_state(vcpu), place, sdei.events()[place].priority()) };
    Priority const priority = sdei.events()[place].priority();
    TRY_PUT(entered, deliver_event(vcpu));
    if (entered) {
        auto awake = power;
        awake.state = PowerState::On;
        m_threads[vcpu]->set_power(awake, quiesced);
        m_firmware.psci().ledger().runs(vcpu);
    }
    auto const& running = sdei.vcpu_state(vcpu).contexts[static_cast<size_t>(priority)].event;
    if (entered && running == place)
        return SdeiInjection { vcpu, Fate::Delivered, "" };
    return SdeiInjection { vcpu, Fate::Pending, obstacle(sdei.vcpu_state(vcpu), place, priority) };
}

Result<std::vector<SdeiInjection>> Machine::inject_sdei(uint32_t number, std::optional<unsigned> vcpu)
{
    std::lock_guard const operation { m_operation };
    auto const* const sdei = m_firmware.sdei();
    if (!sdei)
        return Error { Code::Unsupported, "This machine has no SDEI" };
    auto const place = sdei->events().find(number);
    if (!place) {
        char text[80];
        std::snprintf(text, sizeof(text), "event is 0x%08" PRIx32 ": this machine has no such event", number);
        return Error { Code::InvalidArgument, text };
    }
    if (vcpu && *vcpu >= m_config.cpus)
        return Error { Code::InvalidArgument,
            "cpu is " + std::to_string(*vcpu) + ": this machine has " + std::to_string(m_config.cpus) };
    if (state() != MachineState::Running && state() != MachineState::Suspended)
        return Error { Code::InvalidState, "Injecting an event needs a machine that runs" };
    auto const quiesced = quiesce();
    // The guest may have switched itself off while we waited for our turn.
    if (state() != MachineState::Running && state() != MachineState::Suspended)
        return Error { Code::InvalidState, "Injecting an event needs a machine that runs" };
    std::vector<SdeiInjection> injections;
    for (unsigned index = vcpu.value_or(0); index < (vcpu ? *vcpu + 1 : m_config.cpus); ++index) {
        TRY_PUT(injection, inject_sdei(index, *place, quiesced));
        injections.push_back(injection);
    }
    return injections;
}

}
