#include "engine/kvm/kvm_engine.h"

#include "engine/kvm/probe.h"
#include "engine/kvm/vm.h"

namespace dormouse::kvm {

namespace {

    // CNTFRQ_EL0 is the host's; the same for everybody.
    uint64_t counter_frequency()
    {
#ifdef __aarch64__
        uint64_t hertz;
        asm volatile("mrs %0, cntfrq_el0" : "=r"(hertz));
        return hertz;
#else
        return 0;
#endif
    }

    class KvmEngine final : public engine::Engine {
    public:
        explicit KvmEngine(Probed probed) : m_probed(std::move(probed)) { }

        engine::Capabilities capabilities() const override
        {
            Abilities const& abilities = m_probed.abilities;
            engine::Capabilities capabilities;
            capabilities.name = "kvm";
            capabilities.in_kernel_gic = true;
            capabilities.firmware_in_user_space = abilities.smccc_filter;
            capabilities.sdei = abilities.smccc_filter;
            capabilities.dirty_log = true;
            capabilities.pmu = abilities.pmu;
            capabilities.physical_address_bits = abilities.physical_address_bits;
            capabilities.counter_frequency_hz = counter_frequency();
            capabilities.max_vcpus = abilities.max_vcpus;
            return capabilities;
        }

        Result<std::unique_ptr<engine::Vm>> create_vm(
            memory::MemoryMap& memory_map, Clock const&, wires::TimerService&) override
        {
            return KvmVm::create(m_probed.system, m_probed.abilities, memory_map);
        }

    private:
        Probed m_probed;
    };

}

Result<std::unique_ptr<engine::Engine>> create_kvm_engine()
{
    TRY_PUT(probed, probe(real_host()));
    return std::unique_ptr<engine::Engine> { std::make_unique<KvmEngine>(std::move(probed)) };
}

}
