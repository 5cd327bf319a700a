#include "machine/vcpu_thread.h"

#include "base/overloaded.h"
#include "base/sys/thread.h"

#include <array>

namespace dormouse::machine {

using firmware::Firmware;
using firmware::PowerState;

void VcpuThread::start()
{
    m_thread = std::thread { [this] { loop(); } };
}

void VcpuThread::join()
{
    {
        std::lock_guard const lock { m_mutex };
        m_joining = true;
        m_power_changed.notify_all();
    }
    if (m_thread.joinable())
        m_thread.join();
}

PowerState VcpuThread::turn_on(firmware::EntryPoint entry)
{
    std::lock_guard const lock { m_mutex };
    PowerState const found = m_power.load();
    if (found == PowerState::Off) {
        m_entry = entry;
        m_power.store(PowerState::OnPending);
        m_power_changed.notify_all();
    }
    return found;
}

void VcpuThread::turn_off()
{
    std::lock_guard const lock { m_mutex };
    m_power.store(PowerState::Off);
}

void VcpuThread::power_down(firmware::EntryPoint entry)
{
    std::lock_guard const lock { m_mutex };
    m_entry = entry;
    m_sleep = Sleep::PowerDown;
    m_power.store(PowerState::Suspended);
}

void VcpuThread::set_power(Power power, wires::Quiesced const&)
{
    std::lock_guard const lock { m_mutex };
    m_power.store(power.state);
    m_entry = power.entry;
    m_sleep = power.sleep;
    m_power_changed.notify_all();
}

void VcpuThread::ask_attention()
{
    m_attention.store(true);
    m_vcpu.kick();
}

bool VcpuThread::wait_until_on()
{
    std::unique_lock lock { m_mutex };
    m_power_changed.wait(lock, [this] { return m_joining || m_power.load() != PowerState::Off; });
    return m_power.load() != PowerState::Off;
}

void VcpuThread::loop()
{
    sys::name_this_thread(("dm-vcpu" + std::to_string(m_index)).c_str());
    // A closed gate turns the thread away, whatever its power state is.
    while (wait_until_on() && m_gate.enter()) {
        m_inside = true;
        while (m_inside && !m_gate.wanted() && power() != PowerState::Off)
            step();
        if (m_inside)
            m_gate.leave();
        m_inside = false;
    }
}

void VcpuThread::step()
{
    if (m_attention.exchange(false)) {
        m_owner.attention(m_index);
        return;
    }
    switch (power()) {
    case PowerState::Off: return;
    case PowerState::OnPending: begin(false); return;
    case PowerState::On:
        take_event();
        if (m_inside)
            run();
        return;
    case PowerState::Suspended: sleep(); return;
    }
}

void VcpuThread::sleep()
{
    switch (m_sleep) {
    case Sleep::Standby:
        if (take_event() || (m_inside && m_owner.sleep_until_wake(m_index, m_sleep))) {
            m_owner.runs(m_index);
            m_power.store(PowerState::On);
        }
        return;
    case Sleep::PowerDown:
        if (m_owner.sleep_until_wake(m_index, m_sleep))
            begin(true);
        return;
    case Sleep::System:
        if (m_owner.sleep_until_wake(m_index, m_sleep))
            m_owner.system_woke(m_index);
        return;
    case Sleep::Waking: begin(true); return;
    }
}

// An event that comes after this look kicks the vCPU, so it is seen before the guest gets far.
bool VcpuThread::take_event()
{
    auto const entered = m_owner.deliver_event(m_index);
    if (!entered.ok()) {
        m_owner.engine_failed(m_index, entered.error().message);
        return false;
    }
    return entered.value();
}

// The device tree says "always-on" of the timer: the power-down of a core leaves it running, and it ends the sleep.
Result<void> VcpuThread::lose_context(bool keep_timers)
{
    static constexpr std::array kTimers { engine::kRegisterVirtualTimerCompare, engine::kRegisterVirtualTimerControl,
        engine::kRegisterPhysicalTimerCompare, engine::kRegisterPhysicalTimerControl };
    std::array<engine::RegisterValue, kTimers.size()> values;
    for (size_t i = 0; keep_timers && i < kTimers.size(); ++i) {
        TRY_PUT(value, m_vcpu.read_register(kTimers[i]));
        values[i] = value;
    }
    m_vcpu.reset();
    for (size_t i = 0; keep_timers && i < kTimers.size(); ++i)
        TRY(m_vcpu.write_register(kTimers[i], values[i]));
    return {};
}

void VcpuThread::begin(bool resume)
{
    if (auto const lost = lose_context(resume && m_sleep == Sleep::PowerDown); !lost.ok()) {
        m_owner.engine_failed(m_index, lost.error().message);
        return;
    }
    if (resume)
        m_owner.resuming(m_index);
    else
        m_owner.starting(m_index);
    for (auto const& [id, value] :
        { std::pair { engine::kRegisterPc, m_entry.address }, std::pair { engine::x_register(0), m_entry.context_id } })
        if (auto const written = m_vcpu.write_register(id, { value, 0 }); !written.ok()) {
            m_owner.engine_failed(m_index, written.error().message);
            return;
        }
    m_owner.runs(m_index);
    m_power.store(PowerState::On);
}

void VcpuThread::run()
{
    engine::Exit const exit = m_vcpu.run();
    uint64_t x0 = 0;
    if (std::holds_alternative<engine::ExitHypercall>(exit))
        if (auto const value = m_vcpu.read_register(engine::x_register(0)); value.ok())
            x0 = value.value().low;
    m_exits.record(exit, x0);
    std::visit(Overloaded {
                   [this](engine::ExitHypercall const& call) { hypercall(call); },
                   [this](engine::ExitMemoryFault const& fault) { m_owner.guest_lost(m_index, fault); },
                   [this](engine::ExitIdle const&) { m_vcpu.wait_for_interrupt(); },
                   [](engine::ExitInterrupted const&) {},
                   [](engine::ExitDebug const&) {},
                   [this](engine::ExitSystemEvent const& event) { m_owner.system_event(m_index, event); },
                   [this](engine::ExitInternalError const& error) { m_owner.engine_failed(m_index, error.message); },
               },
        exit);
}

void VcpuThread::hypercall(engine::ExitHypercall const& call)
{
    auto const next = m_owner.hypercall(m_index, call);
    if (!next.ok())
        m_owner.engine_failed(m_index, next.error().message);
    else if (next.value() == Firmware::Next::WaitForInterrupt) {
        std::lock_guard const lock { m_mutex };
        m_sleep = Sleep::Standby;
        m_power.store(PowerState::Suspended);
    }
}

}
