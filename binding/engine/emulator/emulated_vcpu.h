#pragma once

#include "base/clock.h"
#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/cpu/event_trace.h"
#include "engine/emulator/interpreter/interpreter.h"
#include "engine/emulator/jit/jit.h"
#include "engine/emulator/mmu/maintenance.h"
#include "engine/emulator/mmu/mmu.h"
#include "engine/emulator/runtime/timers.h"
#include "engine/emulator/runtime/vcpu_services.h"
#include "engine/engine.h"
#include "engine/vcpu.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace dormouse::emulator {

class EventNetwork;

// One guest CPU in software: the architectural state, what executes it, and its surroundings.
class EmulatedVcpu final : public engine::Vcpu, private VcpuServices, private MaintenancePort::Target {
public:
    struct Surroundings {
        memory::MemoryMap const& memory_map;
        Clock const& clock;
        wires::TimerService& timers;
        std::shared_ptr<MaintenanceNetwork> maintenance;
        std::shared_ptr<EventNetwork> events;
        std::shared_ptr<EventTrace> trace;
        runtime::CpuProfile const& profile;
    };

    EmulatedVcpu(unsigned index, uint64_t mpidr, Surroundings const&);
    // Translates hot code from now on; before the first run(). Fails as jit::Jit::create() does.
    Result<void> use_jit(jit::Settings const&);
    ~EmulatedVcpu() override;
    EmulatedVcpu(EmulatedVcpu const&) = delete;
    EmulatedVcpu& operator=(EmulatedVcpu const&) = delete;

    engine::Exit run() override;
    void kick() override;
    Wake wait_for_interrupt() override;
    std::vector<engine::RegisterId> register_list() const override;
    Result<engine::RegisterValue> read_register(engine::RegisterId) const override;
    Result<void> write_register(engine::RegisterId, engine::RegisterValue) override;
    uint64_t fixed_bits(engine::RegisterId) const override;
    void reset() override;
    engine::VcpuCounters counters() const override;
    std::vector<engine::NamedCounter> details() const override; // emulated_vcpu_details.cpp

    void wire(engine::VcpuWiring const&);
    wires::CpuSignals& signals() { return m_signals; }
    // Any thread: SEV was executed by another vCPU.
    void signal_event();
    // Whether the machine has no other vCPU. Before the first run().
    void set_alone(bool is_alone) { m_cpu.is_alone = is_alone; }
    // Under Quiesced.
    void drive_lines();
    void set_counter_frequency(uint64_t hertz);
    void memory_map_changed();
    void log_writes_anew();
    void guest_code_changed();

private:
    // The interrupt inputs. Lock-free: an interrupt controller calls this under its own lock.
    class Signals final : public wires::CpuSignals {
    public:
        explicit Signals(EmulatedVcpu& vcpu) : m_vcpu(vcpu) { }
        void set_irq(bool high) override { m_vcpu.set_input(kPendingIrq, high); }
        void set_fiq(bool high) override { m_vcpu.set_input(kPendingFiq, high); }

    private:
        EmulatedVcpu& m_vcpu;
    };

    // Counts the guest's accesses on their way to the board; answers for it while there is none.
    class CountingBus final : public wires::GuestBus {
    public:
        Outcome mmio_read(arch::Gpa, unsigned size, uint64_t& value) override;
        Outcome mmio_write(arch::Gpa, unsigned size, uint64_t value) override;

        wires::GuestBus* board { nullptr };
        std::atomic<uint64_t> reads { 0 };
        std::atomic<uint64_t> writes { 0 };
    };

    // VcpuServices
    uint64_t physical_counter() const override { return m_timers.physical_counter(); }
    void timers_changed(Cpu&) override { m_timers.changed(); }
    void pmu_overflow_changed(bool high) override;
    void schedule_pmu_poll(uint64_t delay_ns) override { m_timers.schedule_pmu_poll(delay_ns); }
    wires::GicCpuInterface* gic() override { return m_wiring.gic; }
    wires::GuestBus& bus() override { return m_bus; }
    void translation_regime_changed(Cpu&) override { m_mmu.regime_changed(m_cpu); }
    bool tlb_maintenance(Cpu&, uint16_t encoding, uint64_t value) override;
    Flow instruction_cache_maintenance(Cpu&, uint16_t encoding, uint64_t value) override;
    Flow address_translation(Cpu&, uint16_t encoding, uint64_t value) override;
    void complete_maintenance(Cpu&) override { m_port.complete(); }
    void send_event() override;
    void wait_for_event(Cpu&) override;
    void debug_state_changed(Cpu&) override;

    // MaintenancePort::Target
    void apply(MaintenanceRequest const&) override;

    void set_input(uint32_t pending_bit, bool high);
    void wake();
    bool must_wake(bool for_event) const;
    // Returns at the latest after `limit`, if that is not zero.
    void sleep(bool for_event, std::chrono::microseconds limit);

    Cpu m_cpu;
    uint64_t m_mpidr;
    std::shared_ptr<EventNetwork> m_events;
    std::shared_ptr<EventTrace> m_trace;
    engine::VcpuWiring m_wiring;
    CountingBus m_bus;
    Signals m_signals;
    MaintenancePort m_port;
    Mmu m_mmu;
    Interpreter m_interpreter;
    bool m_executing { false }; // within m_interpreter.run(); of the vCPU's thread
    std::unique_ptr<jit::Jit> m_jit; // null: everything is interpreted

    std::mutex m_sleep_mutex;
    std::condition_variable m_sleep_condition;
    std::atomic<bool> m_sleeping { false };
    std::atomic<bool> m_event { false }; // an event from another vCPU; joins Cpu::event_register when somebody looks
    uint64_t m_last_event_wait { 0 }; // Cpu::instructions_retired at the last WFE that waited
    unsigned m_event_waits_in_a_row { 0 };
    runtime::Timers m_timers; // last, so that no callback of it meets a half-destroyed vCPU
};

// All vCPUs of one machine: who gets the events of SEV.
class EventNetwork {
public:
    void join(EmulatedVcpu&);
    void leave(EmulatedVcpu&);
    void signal_all_but(EmulatedVcpu const&);
    size_t size()
    {
        std::lock_guard const lock(m_mutex);
        return m_vcpus.size();
    }
    template <typename Function> void for_each(Function function)
    {
        std::lock_guard const lock(m_mutex);
        for (EmulatedVcpu* const vcpu : m_vcpus)
            function(*vcpu);
    }

private:
    std::mutex m_mutex;
    std::vector<EmulatedVcpu*> m_vcpus;
};

}
