// The guest's system-wide calls: quiesce, check, ask the policy, then commit, or go back with nothing changed.
#include "machine/machine.h"

namespace dormouse::machine {

using firmware::PowerState;
using firmware::SystemCall;
using firmware::SystemCallKind;
using firmware::SystemVerdict;
using Sleep = VcpuThread::Sleep;

SystemVerdict Machine::request(unsigned caller, SystemCall const& call)
{
    std::optional<Ending> ending;
    {
        auto [token, superseded] = claim(caller);
        // Another vCPU was first: the machine this call was about is off or has been reset, and so has its caller.
        if (superseded)
            return SystemVerdict::Committed;
        auto const verdict = decide(caller, call, ending, token);
        if (verdict != SystemVerdict::Committed) {
            // The caller's answer has still to be written into its register: nobody may look at it before.
            m_gate.rejoin(std::move(token));
            m_threads[caller]->rejoin();
            return verdict;
        }
        if (!ending)
            ending = commit(caller, call, token);
    }
    report(ending);
    return SystemVerdict::Committed;
}

bool Machine::others_are_off(unsigned caller, wires::Quiesced const& quiesced) const
{
    for (unsigned index = 0; index < m_config.cpus; ++index)
        if (index != caller && m_threads[index]->power(quiesced).state != PowerState::Off)
            return false;
    return true;
}

SystemVerdict Machine::decide(
    unsigned caller, SystemCall const& call, std::optional<Ending>& ending, wires::Quiesced const& quiesced)
{
    if (call.kind == SystemCallKind::Suspend && !others_are_off(caller, quiesced))
        return SystemVerdict::NotAlone;
    auto const policy = m_desk.policy();
    switch (policy.rule(call.kind)) {
    case PolicyRule::Allow: return SystemVerdict::Committed;
    case PolicyRule::Deny: return SystemVerdict::Refused;
    case PolicyRule::Ask: break;
    }
    switch (ask(caller, call, policy, quiesced)) {
    case PolicyDesk::Answer::Allow: return SystemVerdict::Committed;
    case PolicyDesk::Answer::Deny: return SystemVerdict::Refused;
    case PolicyDesk::Answer::Closed: break;
    }
    // The user stops the machine. He is served here and now, so that the guest does not run on between.
    ending = end({ Outcome::Stopped, "The machine was stopped" }, quiesced);
    return SystemVerdict::Committed;
}

PolicyDesk::Answer Machine::ask(
    unsigned caller, SystemCall const& call, Policy const& policy, wires::Quiesced const& quiesced)
{
    m_listener.policy_asked({ m_desk.open(), call, caller, policy.timeout });
    // A person may think for long: to the guest no time passes.
    set_clock_running(false, quiesced);
    auto const answer = m_desk.wait(policy);
    set_clock_running(true, quiesced);
    return answer;
}

std::optional<Ending> Machine::commit(unsigned caller, SystemCall const& call, wires::Quiesced const& quiesced)
{
    switch (call.kind) {
    case SystemCallKind::Off: return end({ Outcome::PoweredOff, "The guest switched itself off" }, quiesced);
    case SystemCallKind::Off2:
        return end({ Outcome::Hibernated, "The guest hibernated", std::nullopt, call.type, std::nullopt }, quiesced);
    case SystemCallKind::Suspend:
        m_firmware.psci().ledger().sleeps(caller, { true, firmware::psci::kSystemLevel });
        m_threads[caller]->set_power({ PowerState::Suspended, call.entry, Sleep::System }, quiesced);
        set_state(MachineState::Suspended, quiesced);
        return std::nullopt;
    case SystemCallKind::Reset:
    case SystemCallKind::Reset2: break;
    }
    ResetCause const cause { call.warm(), call.type, call.cookie };
    if (m_config.on_reset == OnReset::Stop) {
        set_last_reset(cause);
        return end({ Outcome::Reset, "The guest asked for a reset", std::nullopt, 0, cause }, quiesced);
    }
    if (auto const reset = reset_in_place(cause, quiesced); !reset.ok())
        return end({ Outcome::Error, "The reset failed: " + reset.error().message }, quiesced);
    return std::nullopt;
}

std::optional<ResetCause> Machine::last_reset() const
{
    std::lock_guard const lock { m_reset_mutex };
    return m_last_reset;
}

void Machine::set_last_reset(std::optional<ResetCause> const& cause)
{
    std::lock_guard const lock { m_reset_mutex };
    m_last_reset = cause;
}

// --- Sleep and wake-up ---------------------------------------------------------------------------------------------

bool Machine::sleep_until_wake(unsigned index, Sleep sleep)
{
    auto const* const sdei = m_firmware.sdei();
    if (!m_board->gic) {
        // The engine wakes it for an interrupt; an event kicks it.
        auto const event = [&] { return sdei && sdei->deliverable(index); };
        return event() || m_board->vcpus[index]->wait_for_interrupt() == engine::Vcpu::Wake::Interrupt || event();
    }
    auto const wanted = [&] { return m_board->gic->wake_request(index) || (sdei && sdei->deliverable(index)); };
    // Watched before the look, so that whatever comes after the look kicks the vCPU.
    m_board->gic->watch_wake(index, true);
    bool woke = wanted();
    if (!woke) {
        auto const cause = m_board->vcpus[index]->wait_for_interrupt();
        // Standby is a WFI; but Linux closes its CPU interface before it, so what the interrupt controller has for the
        // vCPU counts too. [Arm DEN 0022 F.b, 5.4.2]
        woke = wanted() || (sleep == Sleep::Standby && cause == engine::Vcpu::Wake::Interrupt);
    }
    m_board->gic->watch_wake(index, false);
    return woke;
}

void Machine::resuming(unsigned index)
{
    if (auto* const sdei = m_firmware.sdei())
        sdei->resume(index);
}

std::optional<unsigned> Machine::system_sleeper(wires::Quiesced const& quiesced) const
{
    for (unsigned index = 0; index < m_config.cpus; ++index) {
        auto const power = m_threads[index]->power(quiesced);
        if (power.state == PowerState::Suspended && power.sleep == Sleep::System)
            return index;
    }
    return std::nullopt;
}

bool Machine::wake_system(wires::Quiesced const& quiesced)
{
    auto const sleeper = system_sleeper(quiesced);
    if (!sleeper || state() != MachineState::Suspended)
        return false;
    auto power = m_threads[*sleeper]->power(quiesced);
    power.sleep = Sleep::Waking;
    m_threads[*sleeper]->set_power(power, quiesced);
    set_state(MachineState::Running, quiesced);
    return true;
}

void Machine::system_woke(unsigned index)
{
    auto const [token, superseded] = claim(index);
    if (!superseded)
        wake_system(token);
}

}
