#include "engine/kvm/cpu_profile.h"

#include "engine/kvm/fake_host.h"
#include "engine/kvm/probe.h"
#include "engine/kvm/vm.h"
#include "engine/registers/portable_v1.h"

#include <doctest/doctest.h>

using namespace dormouse;
using namespace dormouse::kvm;

namespace {

constexpr uint64_t id_of(unsigned op1, unsigned crm, unsigned op2)
{
    return engine::system_register_id(arch::system_register(3, op1, 0, crm, op2)).value;
}
constexpr uint64_t kPfr0 = id_of(0, 4, 0);
constexpr uint64_t kIsar0 = id_of(0, 6, 0);
constexpr uint64_t kMpidr = id_of(0, 0, 5);
constexpr uint64_t kSctlr = engine::system_register_id(arch::system_register(3, 0, 1, 0, 0)).value;

struct Fixture {
    std::shared_ptr<FakeHost> host { std::make_shared<FakeHost>() };
    memory::MemoryMap memory { 40 };

    Fixture()
    {
        // A processor with more than the profile: half precision, LSE.
        host->registers
            = { { kSctlr, 0 }, { kMpidr, 0 }, { kPfr0, 0x1100'0000'1111'0112 }, { kIsar0, 0x0000'1000'1021'1120 } };
    }
    // What went wrong; empty: nothing.
    std::string create(char const* name)
    {
        auto probed = probe(host).take();
        auto vm = KvmVm::create(probed.system, probed.abilities, memory, CpuProfile::find(name).value()).take();
        auto vcpu = vm->create_vcpu(0, 0);
        return vcpu.ok() ? std::string {} : vcpu.error().message;
    }
};

}

TEST_CASE_FIXTURE(Fixture, "the profile host leaves the registers to KVM, portable-v1 writes its table")
{
    CHECK(create("host").empty());
    CHECK(host->registers.at(kIsar0) == 0x0000'1000'1021'1120);
    CHECK(create("portable-v1").empty());
    for (auto const& [encoding, value] : engine::kPortableRegisters)
        if (auto const found = host->registers.find(engine::system_register_id(encoding).value);
            found != host->registers.end())
            CHECK(found->second == value);
    CHECK(CpuProfile::find("dormouse-v1").error().message.find("KVM offers host and portable-v1") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "what the host cannot hide is named, field by field")
{
    host->refused_register = kPfr0;
    std::string const said = create("portable-v1");
    CHECK(said.find("cpuProfile portable-v1 cannot be presented by this computer's KVM: ") == 0);
    CHECK(said.find("ID_AA64PFR0_EL1.FP is 1, not 0") != std::string::npos);
    CHECK(said.find("ID_AA64PFR0_EL1.AdvSIMD is 1, not 0") != std::string::npos);
    CHECK(said.find("ISAR0") == std::string::npos);
}
