#include "engine/kvm/kvm_engine.h"

#include "engine/kvm/cpu_profile.h"
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

    // DC ZVA works without KVM's doing, so a guest sees the host's. [Arm DDI 0487, DCZID_EL0]
    uint32_t zero_block_bytes()
    {
#ifdef __aarch64__
        uint64_t id;
        asm volatile("mrs %0, dczid_el0" : "=r"(id));
        return uint32_t { 4 } << (id & 0xf);
#else
        return 0;
#endif
    }

    class KvmEngine final : public engine::Engine {
    public:
        KvmEngine(Probed probed, CpuProfile profile) : m_probed(std::move(probed)), m_profile(profile)
        {
            // portable-v1 has no PMU.
            m_probed.abilities.pmu = m_probed.abilities.pmu && m_profile.is_host();
        }

        engine::Capabilities capabilities() const override
        {
            Abilities const& abilities = m_probed.abilities;
            engine::Capabilities capabilities;
            capabilities.name = "kvm";
            capabilities.in_kernel_gic = true;
            capabilities.firmware_in_user_space = abilities.smccc_filter;
            capabilities.sdei = abilities.smccc_filter;
            capabilities.dirty_log = true;
            capabilities.sees_wild_fetches = false; // it injects a synchronous external abort
            capabilities.pmu = abilities.pmu;
            capabilities.physical_address_bits = abilities.physical_address_bits;
            capabilities.counter_frequency_hz = counter_frequency();
            capabilities.max_vcpus = abilities.max_vcpus;
            capabilities.cpu_profile = m_profile.name();
            capabilities.zero_block_bytes = zero_block_bytes();
            return capabilities;
        }

        Result<std::unique_ptr<engine::Vm>> create_vm(
            memory::MemoryMap& memory_map, Clock const&, wires::TimerService&) override
        {
            return KvmVm::create(m_probed.system, m_probed.abilities, memory_map, m_profile);
        }

    private:
        Probed m_probed;
        CpuProfile m_profile;
    };

}

Result<std::unique_ptr<engine::Engine>> create_kvm_engine(std::string_view cpu_profile)
{
    TRY_PUT(profile, CpuProfile::find(cpu_profile));
    TRY_PUT(probed, probe(real_host()));
    return std::unique_ptr<engine::Engine> { std::make_unique<KvmEngine>(std::move(probed), profile) };
}

}
