#pragma once

#include "base/clock.h"
#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/runtime/counter_scale.h"
#include "wires/irq_line.h"
#include "wires/timer_service.h"

#include <cstdint>
#include <memory>
#include <mutex>

namespace dormouse::emulator::runtime {

// CNTFRQ_EL0 of a machine that was not asked for another one. A tick is 16 ns.
constexpr uint64_t kCounterFrequencyHz = 62'500'000;

// CNTx_CTL_EL0. [Arm DDI 0487, D19.12]
constexpr uint64_t kTimerEnable = 1 << 0;
constexpr uint64_t kTimerMask = 1 << 1;
constexpr uint64_t kTimerStatus = 1 << 2;

// CNTPCT_EL0 and CNTVCT_EL0 as the guest reads them now.
uint64_t physical_count(Cpu const&);
uint64_t virtual_count(Cpu const&);

// MRS and MSR of CNTP_*, CNTV_*, CNTPCT_EL0, CNTVCT_EL0; access was checked.
uint64_t read_timer_register(Cpu const&, SystemRegister);
void write_timer_register(Cpu&, SystemRegister, uint64_t value);

// The interrupt outputs of one vCPU's two EL1 timers. Owns no architectural state: it follows the CNT* registers in
// Cpu::sys, so after a restore one changed() makes lines and deadlines right. Everything but the timer callbacks runs
// on the vCPU's thread, or under Quiesced.
class Timers {
public:
    // All must outlive this object.
    Timers(Cpu&, Clock const&, wires::TimerService&);
    ~Timers();
    Timers(Timers const&) = delete;
    Timers& operator=(Timers const&) = delete;

    // Lines may be null: then only CNTx_CTL_EL0.ISTATUS shows the timer.
    void wire(wires::IrqLine* virtual_timer, wires::IrqLine* physical_timer);

    // VcpuServices::physical_counter(): ticks of the machine's clock, without any offset.
    uint64_t physical_counter() const { return m_scale.ticks_at(m_clock.now_ns()); }

    // CNTFRQ_EL0. The counter jumps when it changes: who changes it loads the counters afterwards.
    uint64_t frequency_hz() const { return m_scale.hertz(); }
    void set_frequency(uint64_t hertz);

    // VcpuServices::timers_changed().
    void changed();

    // VcpuServices::schedule_pmu_poll(): sets kPendingPmu on the vCPU after `delay_ns`; 0 cancels.
    void schedule_pmu_poll(uint64_t delay_ns);

private:
    // One output. The lock orders the vCPU's reprogramming against a callback that is already running.
    struct Output {
        std::mutex lock;
        wires::IrqLine* line { nullptr };
        bool armed { false };
        uint64_t deadline_ns { 0 };
        std::unique_ptr<wires::TimerService::Timer> timer;
    };

    void update(Output&, uint64_t control, uint64_t compare, uint64_t offset);
    void fire(Output&);

    Cpu& m_cpu;
    Clock const& m_clock;
    CounterScale m_scale { kCounterFrequencyHz };
    Output m_virtual;
    Output m_physical;
    std::unique_ptr<wires::TimerService::Timer> m_pmu_poll;
};

}
