#include "engine/emulator/emulated_vm.h"

namespace dormouse::emulator {

namespace {

    // Every Vcpu that reaches a Vm was made by it: the contract of engine::Vm.
    EmulatedVcpu& ours(engine::Vcpu& vcpu)
    {
        return static_cast<EmulatedVcpu&>(vcpu);
    }

}

EmulatedVm::EmulatedVm(memory::MemoryMap& memory_map, Clock const& clock, wires::TimerService& timers,
    runtime::CpuProfile const& profile, EmulatorOptions const& options)
    : m_memory_map(memory_map)
    , m_clock(clock)
    , m_timers(timers)
    , m_profile(profile)
    , m_options(options)
    , m_maintenance(std::make_shared<MaintenanceNetwork>())
    , m_events(std::make_shared<EventNetwork>())
    , m_trace(std::make_shared<EventTrace>(clock))
{
}

Result<std::unique_ptr<engine::Vcpu>> EmulatedVm::create_vcpu(unsigned index, uint64_t mpidr)
{
    auto vcpu = std::make_unique<EmulatedVcpu>(index, mpidr,
        EmulatedVcpu::Surroundings { m_memory_map, m_clock, m_timers, m_maintenance, m_events, m_trace, m_profile });
    if (m_options.jit && m_options.perf_map && !m_perf_map) {
        TRY_PUT(perf_map, jit::PerfMap::create());
        m_perf_map = std::move(perf_map);
    }
    if (m_options.jit)
        TRY(vcpu->use_jit({ m_options.code_bytes, m_options.threshold, m_options.batch, m_options.hot_rounds,
            m_options.stores_flags, m_options.calls_exceptions, m_options.base_features_only, m_perf_map }));
    // Nothing executes before all vCPUs are there.
    bool const is_alone = m_events->size() == 1;
    m_events->for_each([&](EmulatedVcpu& other) { other.set_alone(is_alone); });
    return std::unique_ptr<engine::Vcpu> { std::move(vcpu) };
}

void EmulatedVm::wire(engine::Vcpu& vcpu, engine::VcpuWiring const& wiring)
{
    ours(vcpu).wire(wiring);
}

Result<void> EmulatedVm::clock_changed(bool running, wires::Quiesced const&)
{
    if (running)
        m_events->for_each([](EmulatedVcpu& vcpu) { vcpu.drive_lines(); });
    return {};
}

Result<void> EmulatedVm::set_counter_frequency(uint64_t hertz, wires::Quiesced const&)
{
    m_events->for_each([hertz](EmulatedVcpu& vcpu) { vcpu.set_counter_frequency(hertz); });
    return {};
}

wires::CpuSignals& EmulatedVm::signals(engine::Vcpu& vcpu)
{
    return ours(vcpu).signals();
}

Result<void> EmulatedVm::memory_map_changed(wires::Quiesced const&)
{
    m_events->for_each([](EmulatedVcpu& vcpu) { vcpu.memory_map_changed(); });
    return {};
}

// The vCPUs mark pages as they write to them; what is left is to make them look again.
Result<void> EmulatedVm::collect_dirty_log(memory::Slot const&, wires::Quiesced const&)
{
    m_events->for_each([](EmulatedVcpu& vcpu) { vcpu.log_writes_anew(); });
    return {};
}

void EmulatedVm::guest_code_changed(wires::Quiesced const&)
{
    m_events->for_each([](EmulatedVcpu& vcpu) { vcpu.guest_code_changed(); });
}

}
