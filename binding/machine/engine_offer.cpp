#include "machine/engine_offer.h"

#include "firmware/psci/version.h"
#include "machine/machine_clock.h"
#include "machine/memory_layout.h"
#include "memory/memory_map.h"

#include <algorithm>

namespace dormouse::machine {

namespace {

    constexpr char kNative[] = "native";
    constexpr char const* kNamedProfiles[] { "dormouse-v1", "portable-v1", "host" };

    // Nothing runs, so no deadline is ever reached.
    class NoTimers final : public wires::TimerService {
    public:
        std::unique_ptr<Timer> create_timer(std::function<void()>) override { return std::make_unique<NoTimer>(); }

    private:
        class NoTimer final : public Timer {
            void arm(uint64_t) override { }
            void disarm() override { }
        };
    };

    // Builds what an engine has to refuse if it cannot keep a promise: a VM without memory, and its first vCPU.
    Result<void> try_vcpu(engine::Engine& engine, firmware::psci::Version version)
    {
        auto const capabilities = engine.capabilities();
        memory::MemoryMap memory { capabilities.physical_address_bits };
        MachineClock const clock { 0 };
        NoTimers timers;
        TRY_PUT(vm, engine.create_vm(memory, clock, timers));
        if (!capabilities.firmware_in_user_space)
            TRY(vm->pin_psci_version(firmware::psci::describe_version(version).value));
        TRY_PUT(vcpu, vm->create_vcpu(0, layout::mpidr_of_cpu(0)));
        return {};
    }

    Result<void> try_profile(EngineFactory const& create, std::string const& profile)
    {
        TRY_PUT(engine, create(profile));
        // The oldest version, which each engine has, so that what fails is the profile.
        return try_vcpu(*engine, firmware::psci::Version::V0_2);
    }

}

Result<void> check_sdei(engine::Capabilities const& capabilities)
{
    if (capabilities.sdei)
        return {};
    return Error { Code::Unsupported,
        "sdei is on: the " + capabilities.name
            + " engine has no SDEI on this host, its kernel answers the guest's firmware calls itself (Linux 6.4 and "
              "newer leave them to us); switch it off, or choose the emulator" };
}

Result<void> check_cpus(engine::Capabilities const& capabilities, unsigned cpus)
{
    if (capabilities.max_vcpus == 0 || cpus <= capabilities.max_vcpus)
        return {};
    return Error { Code::InvalidArgument,
        "cpus is " + std::to_string(cpus) + ": the " + capabilities.name + " engine runs at most "
            + std::to_string(capabilities.max_vcpus) };
}

EngineOffer find_offer(std::string name, EngineFactory const& create)
{
    EngineOffer offer;
    offer.name = std::move(name);
    auto engine = create(kNative);
    if (!engine.ok()) {
        offer.reason = engine.error().message;
        return offer;
    }
    auto const refuse = [&offer](char const* setting, std::string_view value, Result<void> const& result) {
        if (!result.ok())
            offer.refusals.push_back({ setting, std::string { value }, result.error().message });
    };
    auto const capabilities = engine.value()->capabilities();
    offer.available = true;
    offer.max_cpus = layout::kMaxCpus;
    if (capabilities.max_vcpus != 0)
        offer.max_cpus = static_cast<unsigned>(std::min<uint64_t>(capabilities.max_vcpus, offer.max_cpus));
    if (!capabilities.any_counter_frequency)
        offer.counter_frequency_hz = capabilities.counter_frequency_hz;
    offer.max_memory_bytes = (uint64_t { 1 } << capabilities.physical_address_bits) - layout::kRamBase;
    refuse("sdei", "true", check_sdei(capabilities));
    if (!capabilities.firmware_in_user_space)
        for (auto const& version : firmware::psci::kVersions)
            refuse("psciVersion", version.name, try_vcpu(*engine.value(), version.version));
    for (char const* const profile : kNamedProfiles)
        refuse("cpuProfile", profile, try_profile(create, profile));
    return offer;
}

}
