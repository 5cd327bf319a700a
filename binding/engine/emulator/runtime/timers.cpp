#include "engine/emulator/runtime/timers.h"

#include "base/bits.h"
#include "engine/emulator/runtime/vcpu_services.h"

namespace dormouse::emulator::runtime {

namespace {

    struct TimerRegisters {
        SystemRegister control;
        SystemRegister compare;
        bool is_virtual;
    };

    constexpr TimerRegisters kPhysical { SystemRegister::CNTP_CTL_EL0, SystemRegister::CNTP_CVAL_EL0, false };
    constexpr TimerRegisters kVirtual { SystemRegister::CNTV_CTL_EL0, SystemRegister::CNTV_CVAL_EL0, true };

    uint64_t count(Cpu const& cpu, TimerRegisters const& timer)
    {
        return timer.is_virtual ? virtual_count(cpu) : physical_count(cpu);
    }

}

uint64_t physical_count(Cpu const& cpu)
{
    return cpu.services->physical_counter() - cpu.system(SystemRegister::CNTPOFF_EL2);
}

uint64_t virtual_count(Cpu const& cpu)
{
    return cpu.services->physical_counter() - cpu.system(SystemRegister::CNTVOFF_EL2);
}

uint64_t read_timer_register(Cpu const& cpu, SystemRegister which)
{
    switch (which) {
    case SystemRegister::CNTPCT_EL0: return physical_count(cpu);
    case SystemRegister::CNTVCT_EL0: return virtual_count(cpu);
    default: break;
    }
    bool const is_virtual = which == SystemRegister::CNTV_TVAL_EL0 || which == SystemRegister::CNTV_CTL_EL0
        || which == SystemRegister::CNTV_CVAL_EL0;
    TimerRegisters const& timer = is_virtual ? kVirtual : kPhysical;
    if (which == timer.compare)
        return cpu.system(which);
    uint64_t const control = cpu.system(timer.control);
    uint64_t const compare = cpu.system(timer.compare);
    if (which == timer.control) {
        // ISTATUS ignores IMASK and is UNKNOWN while the timer is disabled: zero here.
        bool const met = (control & kTimerEnable) && count(cpu, timer) >= compare;
        return control | (met ? kTimerStatus : 0);
    }
    return static_cast<uint32_t>(compare - count(cpu, timer)); // TVAL
}

void write_timer_register(Cpu& cpu, SystemRegister which, uint64_t value)
{
    switch (which) {
    case SystemRegister::CNTP_CTL_EL0:
    case SystemRegister::CNTV_CTL_EL0: cpu.system(which) = value & (kTimerEnable | kTimerMask); break;
    case SystemRegister::CNTP_CVAL_EL0:
    case SystemRegister::CNTV_CVAL_EL0: cpu.system(which) = value; break;
    case SystemRegister::CNTP_TVAL_EL0:
        cpu.system(kPhysical.compare) = physical_count(cpu) + static_cast<uint64_t>(sign_extend(value, 32));
        break;
    case SystemRegister::CNTV_TVAL_EL0:
        cpu.system(kVirtual.compare) = virtual_count(cpu) + static_cast<uint64_t>(sign_extend(value, 32));
        break;
    default: return; // the counters are read-only
    }
    cpu.services->timers_changed(cpu);
}

Timers::Timers(Cpu& cpu, Clock const& clock, wires::TimerService& service) : m_cpu(cpu), m_clock(clock)
{
    m_virtual.timer = service.create_timer([this] { fire(m_virtual); });
    m_physical.timer = service.create_timer([this] { fire(m_physical); });
    m_pmu_poll = service.create_timer([this] { m_cpu.pending.fetch_or(kPendingPmu, std::memory_order_relaxed); });
}

// Destroying a timer waits for its callback, so the outputs are still whole while one runs.
Timers::~Timers()
{
    m_virtual.timer.reset();
    m_physical.timer.reset();
    m_pmu_poll.reset();
}

void Timers::wire(wires::IrqLine* virtual_timer, wires::IrqLine* physical_timer)
{
    {
        std::lock_guard const guard { m_virtual.lock };
        m_virtual.line = virtual_timer;
    }
    {
        std::lock_guard const guard { m_physical.lock };
        m_physical.line = physical_timer;
    }
    changed();
}

void Timers::set_frequency(uint64_t hertz)
{
    m_scale = CounterScale { hertz };
    changed();
}

void Timers::changed()
{
    update(m_virtual, m_cpu.system(kVirtual.control), m_cpu.system(kVirtual.compare),
        m_cpu.system(SystemRegister::CNTVOFF_EL2));
    update(m_physical, m_cpu.system(kPhysical.control), m_cpu.system(kPhysical.compare),
        m_cpu.system(SystemRegister::CNTPOFF_EL2));
}

void Timers::update(Output& output, uint64_t control, uint64_t compare, uint64_t offset)
{
    bool arm = false;
    bool disarm = false;
    uint64_t deadline_ns = 0;
    {
        std::lock_guard const guard { output.lock };
        // The counter is compared as an unsigned number. [Arm DDI 0487, D12.2.3 "Operation of the CompareValue views"]
        uint64_t const tick = physical_counter();
        uint64_t const now = tick - offset;
        bool const can_signal = (control & (kTimerEnable | kTimerMask)) == kTimerEnable;
        bool const met = now >= compare;
        // Deadlines too far away for the clock never fire.
        uint64_t const farthest = m_scale.farthest_tick();
        bool const wait = can_signal && !met && compare - now < farthest && tick < farthest;
        if (wait) {
            deadline_ns = m_scale.start_of(tick + (compare - now));
            arm = !output.armed || output.deadline_ns != deadline_ns;
        } else {
            disarm = output.armed;
        }
        output.armed = wait;
        output.deadline_ns = deadline_ns;
        if (output.line)
            output.line->set_level(can_signal && met);
    }
    // Outside the lock: a service may hold its own lock around callbacks, and fire() takes ours.
    if (arm)
        output.timer->arm(deadline_ns);
    else if (disarm)
        output.timer->disarm();
}

void Timers::fire(Output& output)
{
    std::lock_guard const guard { output.lock };
    // A callback of an earlier deadline that lost the race against update() must not raise the line.
    if (!output.armed || m_clock.now_ns() < output.deadline_ns)
        return;
    output.armed = false;
    if (output.line)
        output.line->set_level(true);
}

void Timers::schedule_pmu_poll(uint64_t delay_ns)
{
    if (delay_ns == 0)
        m_pmu_poll->disarm();
    else
        m_pmu_poll->arm(m_clock.now_ns() + delay_ns);
}

}
