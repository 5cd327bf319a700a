#include "engine/kvm/probe.h"

#include "engine/kvm/fake_host.h"
#include "engine/kvm/vm.h"

#include <doctest/doctest.h>

using namespace dormouse;
using namespace dormouse::kvm;

namespace {

std::string why_not(std::shared_ptr<FakeHost> const& host)
{
    auto const probed = probe(host);
    REQUIRE_FALSE(probed.ok());
    CHECK(probed.error().code == Code::Unsupported);
    return probed.error().message;
}

}

TEST_CASE("a host with all that is needed")
{
    auto host = std::make_shared<FakeHost>();
    {
        auto const probed = probe(host);
        REQUIRE(probed.ok());
        auto const& abilities = probed.value().abilities;
        CHECK(abilities.physical_address_bits == 44);
        CHECK(abilities.max_vcpus == 512);
        CHECK(abilities.smccc_filter);
        CHECK(abilities.counter_offset);
        CHECK(abilities.pmu);
        CHECK(host->open_descriptors == 1);
    }
    CHECK(host->open_descriptors == 0);
    host->has_filter = false;
    CHECK_FALSE(probe(host).value().abilities.smccc_filter);
}

TEST_CASE("every reason why not is one sentence that says what to do")
{
    CHECK(probe(nullptr).error().message == "KVM runs arm64 guests only on an arm64 Linux host");
    auto host = std::make_shared<FakeHost>();
    host->open_result = -ENOENT;
    CHECK(why_not(host).find("There is no /dev/kvm: ") == 0);
    host->open_result = -EACCES;
    CHECK(why_not(host).find("group kvm") != std::string::npos);
    host->open_result = -EMFILE;
    CHECK(why_not(host).find("EMFILE") != std::string::npos);
    host->open_result = FakeHost::kSystem;
    host->caps[abi::Cap::ArmSystemSuspend] = 0;
    CHECK(why_not(host).find("KVM_CAP_ARM_SYSTEM_SUSPEND") != std::string::npos);
    host->caps[abi::Cap::ArmSystemSuspend] = 1;
    host->caps[abi::Cap::ArmVmIpaSize] = 36;
    CHECK(why_not(host).find("36 bits") != std::string::npos);
    host->caps[abi::Cap::ArmVmIpaSize] = 44;
    host->has_gic = false;
    CHECK(why_not(host).find("GICv3") != std::string::npos);
    CHECK(host->open_descriptors == 0);
}

TEST_CASE("the version of the kernel's own firmware: with the feature from 0.2 on, and refused when it is too new")
{
    auto host = std::make_shared<FakeHost>();
    host->has_filter = false;
    host->registers
        = { { abi::kRegPsciVersion, 0x1'0001 }, { 0x6030'0000'0013'c005, 0 }, { 0x6030'0000'0013'c080, 0 } };
    memory::MemoryMap memory { 40 };
    auto const create = [&](uint32_t version) {
        auto probed = probe(host).take();
        auto vm = KvmVm::create(probed.system, probed.abilities, memory, CpuProfile::find("host").value()).take();
        REQUIRE(vm->pin_psci_version(version).ok());
        host->log.clear();
        auto vcpu = vm->create_vcpu(0, 0);
        return vcpu.ok() ? std::string {} : vcpu.error().message;
    };
    CHECK(create(0x1'0000).empty());
    CHECK(host->registers.at(abi::kRegPsciVersion) == 0x1'0000);
    CHECK(host->log.front() == "init 12"); // PSCI_0_2 and PMU_V3
    CHECK(create(1).empty());
    CHECK(host->registers.at(abi::kRegPsciVersion) == 1);
    CHECK(host->log.front() == "init 8");
    host->registers[abi::kRegPsciVersion] = 0x1'0001;
    host->refused_register = abi::kRegPsciVersion;
    CHECK(create(0x1'0003)
        == "psciVersion is 1.3: the firmware in this host's kernel goes up to 1.1; newer versions need Linux 6.4 or "
           "newer");
}
