#include "engine/emulator/emulated_engine.h"

#include "engine/emulator/emulated_vm.h"
#include "engine/emulator/runtime/profile.h"
#include "engine/emulator/runtime/timers.h"

namespace dormouse::emulator {

namespace {

    class EmulatedEngine final : public engine::Engine {
    public:
        EmulatedEngine(runtime::CpuProfile const& profile, EmulatorOptions const& options)
            : m_profile(profile)
            , m_options(options)
        {
        }

        engine::Capabilities capabilities() const override
        {
            engine::Capabilities capabilities;
            capabilities.name = "emulator";
            capabilities.counts_instructions = true;
            capabilities.dirty_log = true;
            capabilities.physical_address_bits = m_profile.physical_address_bits;
            capabilities.counter_frequency_hz = runtime::kCounterFrequencyHz;
            capabilities.any_counter_frequency = true;
            capabilities.cpu_profile = m_profile.name;
            capabilities.zero_block_bytes = runtime::zero_block_bytes(m_profile);
            capabilities.pmu = m_profile.pmu;
            return capabilities;
        }

        Result<std::unique_ptr<engine::Vm>> create_vm(
            memory::MemoryMap& memory_map, Clock const& clock, wires::TimerService& timers) override
        {
            std::unique_ptr<engine::Vm> vm
                = std::make_unique<EmulatedVm>(memory_map, clock, timers, m_profile, m_options);
            return vm;
        }

    private:
        runtime::CpuProfile const& m_profile;
        EmulatorOptions m_options;
    };

}

std::string why_no_jit()
{
    return jit::why_unavailable();
}

Result<std::unique_ptr<engine::Engine>> create_emulator_engine(
    std::string_view cpu_profile, EmulatorOptions const& options)
{
    runtime::CpuProfile const* const profile
        = cpu_profile == "native" ? &runtime::profile_dormouse_v1() : runtime::find_profile(cpu_profile);
    if (!profile)
        return Error { Code::Unsupported,
            "cpuProfile is \"" + std::string { cpu_profile } + "\": the emulator has dormouse-v1 and portable-v1" };
    if (options.jit) {
        if (std::string reason = why_no_jit(); !reason.empty())
            return Error { Code::Unsupported, "jit is on: " + reason };
    }
    std::unique_ptr<engine::Engine> engine = std::make_unique<EmulatedEngine>(*profile, options);
    return engine;
}

}
