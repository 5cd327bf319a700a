#pragma once

#include "engine/emulator/cpu/event_trace.h"
#include "engine/emulator/emulated_engine.h"
#include "engine/emulator/emulated_vcpu.h"
#include "engine/engine.h"

#include <memory>
#include <mutex>
#include <vector>

namespace dormouse::emulator {

// The executing half of one emulated machine. vCPUs may be destroyed before or after it.
class EmulatedVm final : public engine::Vm {
public:
    // All must outlive the machine's vCPUs.
    EmulatedVm(
        memory::MemoryMap&, Clock const&, wires::TimerService&, runtime::CpuProfile const&, EmulatorOptions const&);

    Result<std::unique_ptr<engine::Vcpu>> create_vcpu(unsigned index, uint64_t mpidr) override;
    void wire(engine::Vcpu&, engine::VcpuWiring const&) override;
    Result<void> clock_changed(bool running, wires::Quiesced const&) override;
    Result<void> set_counter_frequency(uint64_t hertz, wires::Quiesced const&) override;
    wires::CpuSignals& signals(engine::Vcpu&) override;
    Result<void> memory_map_changed(wires::Quiesced const&) override;
    Result<void> collect_dirty_log(memory::Slot const&, wires::Quiesced const&) override;
    void guest_code_changed(wires::Quiesced const&) override;
    Result<void> select_trace(std::span<std::string const> kinds) override { return m_trace->select(kinds); }
    std::vector<engine::TraceLine> read_trace(uint64_t since) const override { return m_trace->read(since); }

private:
    memory::MemoryMap& m_memory_map;
    Clock const& m_clock;
    wires::TimerService& m_timers;
    runtime::CpuProfile const& m_profile;
    EmulatorOptions m_options;
    std::shared_ptr<MaintenanceNetwork> m_maintenance;
    std::shared_ptr<EventNetwork> m_events;
    std::shared_ptr<EventTrace> m_trace;
    std::shared_ptr<jit::PerfMap> m_perf_map; // null: nobody asked for it
};

}
