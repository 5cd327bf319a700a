#include "engine/emulator/emulated_engine.h"

#include "engine/emulator/emulated_vm.h"
#include "engine/emulator/mmu/regime.h"
#include "engine/emulator/runtime/profile.h"
#include "engine/emulator/runtime/timers.h"

namespace dormouse::emulator {

namespace {

    class EmulatedEngine final : public engine::Engine {
    public:
        engine::Capabilities capabilities() const override
        {
            engine::Capabilities capabilities;
            capabilities.name = "emulator";
            capabilities.counts_instructions = true;
            capabilities.dirty_log = true;
            capabilities.physical_address_bits = kPhysicalAddressBits;
            capabilities.counter_frequency_hz = runtime::kCounterFrequencyHz;
            capabilities.cpu_profile = runtime::profile_dormouse_v1().name;
            capabilities.zero_block_bytes = runtime::zero_block_bytes(runtime::profile_dormouse_v1());
            return capabilities;
        }

        Result<std::unique_ptr<engine::Vm>> create_vm(
            memory::MemoryMap& memory_map, Clock const& clock, wires::TimerService& timers) override
        {
            std::unique_ptr<engine::Vm> vm = std::make_unique<EmulatedVm>(memory_map, clock, timers);
            return vm;
        }
    };

}

Result<std::unique_ptr<engine::Engine>> create_emulator_engine()
{
    std::unique_ptr<engine::Engine> engine = std::make_unique<EmulatedEngine>();
    return engine;
}

}
