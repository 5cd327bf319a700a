#include "base/units.h"
#include "machine/fake_engine.h"
#include "machine/machine.h"
#include "machine/psci_ids.h"

#include <doctest/doctest.h>

#include <filesystem>

using namespace dormouse;
using namespace dormouse::machine;
using namespace dormouse::machine::psci;
using firmware::PowerState;

namespace {

struct Fixture {
    RecordingListener listener;
    std::atomic<unsigned> placed { 0 };

    static MachineConfig config()
    {
        MachineConfig config;
        config.memory_bytes = 32_MiB;
        config.kernel = "fake";
        config.cpus = 2;
        return config;
    }
    std::unique_ptr<Machine> build(MachineConfig const& wanted, FakeVcpu::Program program)
    {
        return Machine::create(
            wanted, std::make_unique<FakeEngine>(std::move(program)), std::make_unique<FakeBoot>(placed), listener)
            .take();
    }
};

// Counts in x5 and turns vCPU 1 on at the start.
engine::Exit count(FakeVcpu& vcpu)
{
    if (vcpu.index() == 0 && vcpu.x(5) == 0) {
        CHECK(vcpu.write_register(engine::x_register(5), { 1, 0 }).ok());
        return vcpu.hypercall(kCpuOn, 1, 0x4030'0000);
    }
    CHECK(vcpu.write_register(engine::x_register(5), { vcpu.x(5) + 1, 0 }).ok());
    return engine::ExitInterrupted {};
}

}

TEST_CASE_FIXTURE(Fixture, "a state goes from a paused machine into a new one, and comes out the same")
{
    auto const source = build(config(), count);
    REQUIRE(source->start().ok());
    REQUIRE(eventually([&] {
        auto const s = source->statistics();
        return s.vcpus[1].counters.instructions_retired > 5 && s.vcpus[1].power == PowerState::On;
    }));
    REQUIRE(source->pause().ok());
    auto const blob = source->save().take();
    CHECK(source->save().take() == blob); // saving changes nothing

    auto const target = build(config(), count);
    REQUIRE(target->restore(blob).ok());
    CHECK(target->save().take() == blob);
    CHECK(target->statistics().guest_time_ns == source->statistics().guest_time_ns);
    CHECK(target->statistics().vcpus[1].power == PowerState::On);
    REQUIRE(target->start().ok());
    CHECK(eventually([&] { return target->statistics().vcpus[1].counters.instructions_retired > 5; }));
    CHECK(listener.endings().empty());
}

TEST_CASE_FIXTURE(Fixture, "a running machine is saved between two moments of its life and runs on")
{
    auto const machine = build(config(), count);
    REQUIRE(machine->start().ok());
    REQUIRE(machine->save().ok());
    CHECK(machine->state() == MachineState::Running);
    uint64_t const then = machine->statistics().vcpus[0].counters.instructions_retired;
    CHECK(eventually([&] { return machine->statistics().vcpus[0].counters.instructions_retired > then + 10; }));
}

TEST_CASE_FIXTURE(Fixture, "a state of another configuration is refused by the field's name before anything changes")
{
    auto const source = build(config(), count);
    auto const blob = source->save().take();
    auto other = config();
    other.cpus = 1;
    auto const fewer = build(other, count);
    auto const before = fewer->save().take();
    CHECK(fewer->restore(blob).error().message.find("cpus is 2, this machine has 1") != std::string::npos);
    CHECK(fewer->save().take() == before);
    other = config();
    other.memory_bytes = 64_MiB;
    CHECK(build(other, count)->restore(blob).error().message.find("memoryBytes") != std::string::npos);
    other = config();
    other.psci_version = firmware::psci::Version::V1_0;
    CHECK(build(other, count)->restore(blob).error().message.find("PSCI_VERSION is 1.3, this machine has 1.0")
        != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "a state file carries a machine as bytes do, and a refused one changes nothing")
{
    std::string folder = (std::filesystem::temp_directory_path() / "dormouse-machine-XXXXXX").string();
    REQUIRE(mkdtemp(folder.data()));
    std::string const file = folder + "/vm.state";
    auto const none = [](uint64_t, uint64_t) {};
    auto const source = build(config(), count);
    REQUIRE(source->start().ok());
    REQUIRE(eventually([&] { return source->statistics().vcpus[1].counters.instructions_retired > 5; }));
    REQUIRE(source->pause().ok());
    REQUIRE(source->save_file(file, none).ok());
    auto const target = build(config(), count);
    auto const verdict = target->preflight_file(file);
    REQUIRE(verdict.ok());
    CHECK(verdict.value().findings.empty());
    REQUIRE(target->restore_file(file, none).ok());
    CHECK(target->save().take() == source->save().take());

    auto other = config();
    other.sdei = false;
    auto const without = build(other, count);
    auto const before = without->save().take();
    auto const refused = without->restore_file(file, none);
    CHECK(refused.error().code == Code::Unsupported);
    CHECK(refused.error().message.find("sdei is true, this machine has none") != std::string::npos);
    CHECK(without->preflight_file(file).value().findings[0].subject == "sdei");
    CHECK(without->save().take() == before);
    REQUIRE(source->resume().ok());
    CHECK(source->restore_file(file, none).error().code == Code::InvalidState);
    std::filesystem::remove_all(folder);
}

TEST_CASE_FIXTURE(Fixture, "no cut state is accepted, and a created machine still starts afterwards")
{
    auto const blob = build(config(), count)->save().take();
    auto const machine = build(config(), count);
    for (size_t cut = 0; cut < blob.size(); cut += 1 + blob.size() / 97)
        CHECK_FALSE(machine->restore({ blob.data(), cut }).ok());
    CHECK(machine->state() == MachineState::Created);
    REQUIRE(machine->start().ok());
    CHECK(eventually([&] { return machine->statistics().vcpus[1].counters.instructions_retired > 5; }));
}

TEST_CASE_FIXTURE(Fixture, "a damaged state ends a paused machine once its memory was touched")
{
    auto const machine = build(config(), count);
    REQUIRE(machine->start().ok());
    REQUIRE(machine->pause().ok());
    auto blob = machine->save().take();
    blob.resize(blob.size() - 20);
    // The outer section's length no longer fits: found before anything is touched.
    CHECK(machine->restore(blob).error().code == Code::Corrupt);
    CHECK(machine->state() == MachineState::Paused);
    CHECK(machine->restore(machine->save().take()).ok());
    REQUIRE(machine->resume().ok());
    CHECK(listener.endings().empty());
}
