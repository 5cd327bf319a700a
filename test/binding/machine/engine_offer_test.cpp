#include "machine/engine_offer.h"

#include "fake_engine.h"
#include "machine/machine_builder.h"

#include <doctest/doctest.h>

namespace dormouse::machine {

namespace {

    // A KVM before Linux 6.4, as the contract shows it: PSCI up to 1.0, no SDEI, and no profile but its own.
    class OldVm final : public engine::Vm {
    public:
        Result<void> pin_psci_version(uint32_t version) override
        {
            m_version = version;
            return {};
        }
        Result<std::unique_ptr<engine::Vcpu>> create_vcpu(unsigned index, uint64_t) override
        {
            if (m_version > 0x1'0000)
                return Error { Code::Unsupported, "psciVersion is too new" };
            return std::unique_ptr<engine::Vcpu> { std::make_unique<FakeVcpu>(
                index, [](FakeVcpu&) { return engine::ExitInterrupted {}; }) };
        }
        void wire(engine::Vcpu&, engine::VcpuWiring const&) override { }
        wires::CpuSignals& signals(engine::Vcpu& vcpu) override { return static_cast<FakeVcpu&>(vcpu); }
        Result<void> memory_map_changed(wires::Quiesced const&) override { return {}; }
        void guest_code_changed(wires::Quiesced const&) override { }

    private:
        uint32_t m_version { 0 };
    };

    class OldEngine final : public engine::Engine {
    public:
        engine::Capabilities capabilities() const override
        {
            engine::Capabilities capabilities;
            capabilities.name = "old";
            capabilities.firmware_in_user_space = false;
            capabilities.sdei = false;
            capabilities.physical_address_bits = 40;
            capabilities.max_vcpus = 8;
            capabilities.counter_frequency_hz = 24'000'000;
            return capabilities;
        }
        Result<std::unique_ptr<engine::Vm>> create_vm(memory::MemoryMap&, Clock const&, wires::TimerService&) override
        {
            return std::unique_ptr<engine::Vm> { std::make_unique<OldVm>() };
        }
    };

    std::vector<std::string> refused(EngineOffer const& offer)
    {
        std::vector<std::string> texts;
        for (auto const& [setting, value, reason] : offer.refusals)
            texts.push_back(setting + " " + value);
        return texts;
    }

}

TEST_CASE("an engine is asked for each value that it may refuse")
{
    auto const offer = find_offer("old", [](std::string const& profile) -> Result<std::unique_ptr<engine::Engine>> {
        if (profile != "native" && profile != "host")
            return Error { Code::Unsupported, "no " + profile };
        return std::unique_ptr<engine::Engine> { std::make_unique<OldEngine>() };
    });
    CHECK(offer.available);
    CHECK(offer.reason.empty());
    CHECK(offer.max_cpus == 8);
    CHECK(offer.counter_frequency_hz == 24'000'000);
    CHECK(offer.max_memory_bytes == (uint64_t { 1 } << 40) - (uint64_t { 1 } << 30));
    CHECK(refused(offer)
        == std::vector<std::string> { "sdei true", "psciVersion 1.1", "psciVersion 1.2", "psciVersion 1.3",
            "cpuProfile dormouse-v1", "cpuProfile portable-v1" });
    CHECK(offer.refusals[0].reason.find("Linux 6.4 and newer") != std::string::npos);
    CHECK(offer.refusals[1].reason == "psciVersion is too new");
    CHECK(offer.refusals[4].reason == "no dormouse-v1");
}

TEST_CASE("an engine that does not work here says why")
{
    auto const offer = find_offer("none", [](std::string const&) -> Result<std::unique_ptr<engine::Engine>> {
        return Error { Code::Unsupported, "There is none" };
    });
    CHECK_FALSE(offer.available);
    CHECK(offer.reason == "There is none");
    CHECK(offer.refusals.empty());
    CHECK(offer.max_cpus == 0);
}

TEST_CASE("the emulator grants everything but the host's processor")
{
    auto const offers = engine_offers();
    REQUIRE(offers.size() == 2);
    CHECK(offers[0].name == "emulator");
    CHECK(offers[0].available);
    CHECK(offers[0].counter_frequency_hz == 0);
    CHECK(refused(offers[0]) == std::vector<std::string> { "cpuProfile host" });
    CHECK(offers[1].name == "kvm");
}

}
