#include "base/units.h"
#include "machine/machine.h"
#include "machine/machine_fixture.h"
#include "machine/psci_ids.h"

#include <algorithm>
#include <doctest/doctest.h>

using namespace dormouse;
using namespace dormouse::machine;
using namespace dormouse::machine::psci;
using firmware::PowerState;
using firmware::SystemCallKind;

namespace {

constexpr uint64_t kEntry = 0x4030'0000;

// Kept by the guest over a call: where it stands in its program.
constexpr unsigned kStep = 20;

struct Fixture : MachineFixture {
    Fixture()
    {
        config.memory_bytes = 32_MiB;
        config.policy.timeout = std::chrono::milliseconds { 50 };
    }
    bool reaches(MachineState state)
    {
        return eventually([&] { return machine->state() == state; });
    }
    void rule(SystemCallKind kind, PolicyRule rule) { config.policy.rules[static_cast<size_t>(kind)] = rule; }
};

// A guest that makes one call and, if it returns, keeps the result and spins.
struct OneCall {
    uint64_t id, x1 { 0 }, x2 { 0 };
    std::atomic<int64_t> result { 1000 }; // 1000: has not returned
    std::atomic<uint64_t> resumed_with { 0 };

    engine::Exit operator()(FakeVcpu& vcpu)
    {
        if (vcpu.pc() == kEntry) {
            resumed_with = vcpu.x(0);
            return vcpu.spin();
        }
        if (vcpu.x(kStep) == 0) {
            CHECK(vcpu.write_register(engine::x_register(kStep), { 1, 0 }).ok());
            return vcpu.hypercall(id, x1, x2);
        }
        result = static_cast<int64_t>(vcpu.x(0));
        return vcpu.spin();
    }
    FakeVcpu::Program program()
    {
        return [this](FakeVcpu& vcpu) { return (*this)(vcpu); };
    }
};

}

TEST_CASE_FIXTURE(Fixture, "SYSTEM_SUSPEND sleeps until wake(), then starts at the entry with the context id")
{
    OneCall guest { kSystemSuspend, kEntry, 0x77 };
    auto const running = run(guest.program());
    REQUIRE(reaches(MachineState::Suspended));
    CHECK(machine->statistics().vcpus[0].power == PowerState::Suspended);
    uint64_t const then = machine->statistics().guest_time_ns;
    std::this_thread::sleep_for(std::chrono::milliseconds { 5 });
    CHECK(machine->statistics().guest_time_ns > then); // the counter goes on
    REQUIRE(machine->wake().ok());
    REQUIRE(eventually([&] { return guest.resumed_with == 0x77; }));
    CHECK(machine->state() == MachineState::Running);
    CHECK(machine->wake().error().message == "Waking needs a machine that is suspended; this one is running");
    CHECK(listener.states() == std::vector { MachineState::Running, MachineState::Suspended, MachineState::Running });
}

TEST_CASE_FIXTURE(Fixture, "a suspended machine can be paused, saved, restored elsewhere and woken there")
{
    OneCall guest { kSystemSuspend, kEntry, 0x88 };
    auto const running = run(guest.program());
    REQUIRE(reaches(MachineState::Suspended));
    REQUIRE(machine->pause().ok());
    auto const blob = machine->save().take();
    REQUIRE(machine->resume().ok());
    CHECK(machine->state() == MachineState::Suspended);

    RecordingListener other_listener;
    OneCall other { kSystemSuspend, kEntry, 0x88 };
    auto const copy = Machine::create(
        config, std::make_unique<FakeEngine>(other.program()), std::make_unique<FakeBoot>(placed), other_listener)
                          .take();
    REQUIRE(copy->restore(blob).ok());
    CHECK(copy->save().take() == blob);
    REQUIRE(copy->start().ok());
    CHECK(copy->state() == MachineState::Suspended);
    REQUIRE(copy->wake().ok());
    CHECK(eventually([&] { return other.resumed_with == 0x88; }));
    CHECK(machine->state() == MachineState::Suspended); // each its own
}

TEST_CASE_FIXTURE(Fixture, "SYSTEM_SUSPEND is denied while another vCPU is on, and works when it is off")
{
    config.cpus = 2;
    std::atomic<int> denied { 0 };
    std::atomic<bool> may_go { false };
    auto const running = run([&](FakeVcpu& vcpu) -> engine::Exit {
        if (vcpu.index() == 1)
            return may_go ? vcpu.hypercall(kCpuOff) : (std::this_thread::yield(), engine::ExitInterrupted {});
        uint64_t const step = vcpu.x(kStep);
        CHECK(vcpu.write_register(engine::x_register(kStep), { step + 1, 0 }).ok());
        if (step == 0)
            return vcpu.hypercall(kCpuOn, 1, kEntry);
        if (step > 1 && static_cast<int64_t>(vcpu.x(0)) == -3)
            ++denied;
        return vcpu.hypercall(kSystemSuspend, kEntry);
    });
    REQUIRE(eventually([&] { return denied > 10; }));
    may_go = true;
    CHECK(reaches(MachineState::Suspended));
}

TEST_CASE_FIXTURE(Fixture, "outcomes: hibernated with its type, reset with its cause")
{
    SUBCASE("SYSTEM_OFF2")
    {
        OneCall guest { kSystemOff2, 1 };
        auto const running = run(guest.program());
        REQUIRE(ends(Outcome::Hibernated));
        CHECK(listener.endings()[0].off_type == 1);
    }
    SUBCASE("a vendor's reset ends the machine under onReset stop")
    {
        config.on_reset = OnReset::Stop;
        OneCall guest { kSystemReset2, 0x8000'0042, 0xc00c'1e00'0000'0001 };
        auto const running = run(guest.program());
        REQUIRE(ends(Outcome::Reset));
        CHECK(listener.endings()[0].reset == ResetCause { false, 0x8000'0042, 0xc00c'1e00'0000'0001 });
    }
    SUBCASE("a warm reset in place is remembered, also in a saved state")
    {
        std::atomic<bool> done { false };
        auto const running = run([&](FakeVcpu& vcpu) {
            return done.exchange(true) ? vcpu.spin() : vcpu.hypercall(kSystemReset2, 0, 0xbeef);
        });
        ResetCause const cause { true, 0, 0xbeef };
        REQUIRE(eventually([&] { return listener.resets() == 1; }));
        CHECK(listener.causes() == std::vector { cause });
        CHECK(machine->statistics().last_reset == cause);
        auto const blob = machine->save().take();
        REQUIRE(machine->pause().ok());
        REQUIRE(machine->restore(blob).ok());
        CHECK(machine->statistics().last_reset == cause);
    }
}

TEST_CASE_FIXTURE(Fixture, "MEM_PROTECT survives a warm reset, and a cold one clears memory and lifts it")
{
    std::vector<int64_t> before;
    std::atomic<unsigned> boots { 0 };
    std::atomic<bool> done { false };
    auto const running = run([&](FakeVcpu& vcpu) -> engine::Exit {
        if (vcpu.x(kStep) == 0) {
            ++boots;
            CHECK(vcpu.write_register(engine::x_register(kStep), { 1, 0 }).ok());
            return vcpu.hypercall(kMemProtect, 1);
        }
        if (vcpu.x(kStep) == 1) {
            CHECK(vcpu.write_register(engine::x_register(kStep), { 2, 0 }).ok());
            before.push_back(static_cast<int64_t>(vcpu.x(0)));
            if (boots == 1)
                return vcpu.hypercall(kSystemReset2, 0);
            if (boots == 2)
                return vcpu.hypercall(kSystemReset2, 0x8000'0000);
            done = true;
        }
        return vcpu.spin();
    });
    REQUIRE(eventually([&] { return done.load(); }));
    CHECK(before == std::vector<int64_t> { 0, 1, 0 });
}

TEST_CASE_FIXTURE(Fixture, "a refused call gives its error and leaves the whole machine as it was")
{
    struct Case {
        SystemCallKind kind;
        uint64_t id, x1;
        int64_t error;
    };
    for (Case const& refusal : { Case { SystemCallKind::Off, kSystemOff, 0, -6 },
             Case { SystemCallKind::Off2, kSystemOff2, 1, -6 }, Case { SystemCallKind::Reset, kSystemReset, 0, -6 },
             Case { SystemCallKind::Reset2, kSystemReset2, 0x8000'0001, -6 },
             Case { SystemCallKind::Suspend, kSystemSuspend, kEntry, -3 } })
        for (bool const asks : { false, true }) {
            RecordingListener own;
            rule(refusal.kind, asks ? PolicyRule::Ask : PolicyRule::Deny);
            config.policy.allow_by_default = false;
            // The same guest twice: one whose call is refused, and one that only writes down that answer.
            std::vector<uint8_t> blobs[2];
            for (int refused = 0; refused < 2; ++refused) {
                std::atomic<bool> done { false };
                placed = 0; // FakeBoot writes it into memory
                auto m = Machine::create(config, std::make_unique<FakeEngine>([&](FakeVcpu& vcpu) -> engine::Exit {
                    if (vcpu.x(kStep) == 0) {
                        CHECK(vcpu.write_register(engine::x_register(kStep), { 1, 0 }).ok());
                        auto exit = vcpu.hypercall(refusal.id, refusal.x1);
                        if (refused)
                            return exit;
                        CHECK(vcpu.write_register(engine::x_register(0), { static_cast<uint64_t>(refusal.error), 0 })
                                  .ok());
                        return engine::ExitInterrupted {};
                    }
                    done = true;
                    return vcpu.spin();
                }),
                    std::make_unique<FakeBoot>(placed), own)
                             .take();
                REQUIRE(m->start().ok());
                REQUIRE(eventually([&] { return done.load(); }));
                REQUIRE(m->pause().ok());
                blobs[refused] = m->save().take();
                CHECK(own.questions().size() == static_cast<size_t>(asks && refused));
                CHECK(m->statistics().resets == 0);
            }
            // The clock is the one thing that goes on; its section is a name, a version, a length and eight bytes.
            for (auto& blob : blobs) {
                std::string_view const name { "clock" };
                auto const at = std::search(blob.begin(), blob.end(), name.begin(), name.end());
                REQUIRE(at != blob.end());
                std::fill_n(at + static_cast<long>(name.size() + 12), 8, uint8_t { 0 });
            }
            INFO(firmware::name_of(refusal.kind));
            CHECK(blobs[0].size() == blobs[1].size());
            auto const differs = std::mismatch(blobs[0].begin(), blobs[0].end(), blobs[1].begin());
            INFO("differs at byte " << differs.first - blobs[0].begin());
            CHECK(blobs[0] == blobs[1]);
            rule(refusal.kind, PolicyRule::Allow);
        }
}

TEST_CASE_FIXTURE(Fixture, "a question is answered, or gets the default when nobody does; late answers are told so")
{
    rule(SystemCallKind::Off, PolicyRule::Ask);
    config.policy.timeout = std::chrono::seconds { 60 };
    SUBCASE("allowed")
    {
        OneCall guest { kSystemOff };
        auto const running = run(guest.program());
        REQUIRE(eventually([&] { return listener.questions().size() == 1; }));
        uint64_t const id = listener.questions()[0].id;
        CHECK(listener.questions()[0].call.kind == SystemCallKind::Off);
        CHECK_FALSE(machine->answer_policy(id + 1, true));
        uint64_t const time = machine->statistics().guest_time_ns;
        std::this_thread::sleep_for(std::chrono::milliseconds { 5 });
        CHECK(machine->statistics().guest_time_ns - time < 1'000'000); // stands, at the latest a moment later
        CHECK(machine->answer_policy(id, true));
        CHECK(ends(Outcome::PoweredOff));
        CHECK_FALSE(machine->answer_policy(id, true));
    }
    SUBCASE("denied")
    {
        OneCall guest { kSystemOff };
        auto const running = run(guest.program());
        REQUIRE(eventually([&] { return listener.questions().size() == 1; }));
        CHECK(machine->answer_policy(listener.questions()[0].id, false));
        REQUIRE(eventually([&] { return guest.result == -6; }));
        CHECK(machine->state() == MachineState::Running);
    }
    SUBCASE("nobody answers")
    {
        config.policy.timeout = std::chrono::milliseconds { 20 };
        OneCall guest { kSystemOff };
        auto const running = run(guest.program());
        CHECK(ends(Outcome::PoweredOff));
    }
}

TEST_CASE_FIXTURE(Fixture, "a new policy counts from the next call on, and leaves an open question as it was asked")
{
    rule(SystemCallKind::Off, PolicyRule::Deny);
    std::atomic<unsigned> refusals { 0 };
    auto const running = run([&](FakeVcpu& vcpu) -> engine::Exit {
        if (vcpu.x(kStep) == 1 && static_cast<int64_t>(vcpu.x(0)) == -6)
            ++refusals;
        CHECK(vcpu.write_register(engine::x_register(kStep), { 1, 0 }).ok());
        return vcpu.hypercall(kSystemOff);
    });
    REQUIRE(eventually([&] { return refusals > 3; }));
    auto policy = config.policy;
    policy.rules[static_cast<size_t>(SystemCallKind::Off)] = PolicyRule::Ask;
    policy.timeout = std::chrono::minutes { 10 };
    machine->set_policy(policy);
    REQUIRE(eventually([&] { return listener.questions().size() == 1; }));
    CHECK(listener.questions()[0].timeout == policy.timeout);
    policy.rules[static_cast<size_t>(SystemCallKind::Off)] = PolicyRule::Allow;
    machine->set_policy(policy);
    CHECK(machine->state() == MachineState::Running); // the question stays open
    unsigned const before = refusals;
    CHECK(machine->answer_policy(listener.questions()[0].id, false));
    CHECK(ends(Outcome::PoweredOff)); // the call after the refused one
    CHECK(refusals == before + 1);
}

TEST_CASE_FIXTURE(Fixture, "stop() and close() do not wait for an open question, even behind a pause that does")
{
    rule(SystemCallKind::Reset, PolicyRule::Ask);
    config.policy.timeout = std::chrono::minutes { 10 };
    for (bool const with_pause : { false, true }) {
        RecordingListener own;
        OneCall guest { kSystemReset };
        auto m = Machine::create(
            config, std::make_unique<FakeEngine>(guest.program()), std::make_unique<FakeBoot>(placed), own)
                     .take();
        REQUIRE(m->start().ok());
        REQUIRE(eventually([&] { return own.questions().size() == 1; }));
        std::thread pauser;
        if (with_pause)
            pauser = std::thread { [&] { CHECK_FALSE(m->pause().ok()); } };
        auto const before = std::chrono::steady_clock::now();
        m->press_power_button().ok();
        m->stop();
        CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds { 20 });
        REQUIRE(own.endings().size() == 1);
        CHECK(own.endings()[0].outcome == Outcome::Stopped);
        CHECK(guest.result == 1000); // the guest never ran on
        if (with_pause)
            pauser.join();
        m->close();
    }
}

TEST_CASE_FIXTURE(Fixture, "a vCPU in CPU_SUSPEND power-down sleeps on, and is saved and restored asleep")
{
    OneCall guest { kCpuSuspend, kPowerDown, kEntry };
    auto const running = run(guest.program());
    REQUIRE(eventually([&] { return machine->statistics().vcpus[0].power == PowerState::Suspended; }));
    std::this_thread::sleep_for(std::chrono::milliseconds { 10 });
    CHECK(machine->state() == MachineState::Running); // one vCPU sleeps, not the machine
    CHECK(guest.result == 1000);
    CHECK(machine->statistics().vcpus[0].power == PowerState::Suspended);
    auto const blob = machine->save().take();
    auto const copy = Machine::create(
        config, std::make_unique<FakeEngine>(guest.program()), std::make_unique<FakeBoot>(placed), listener)
                          .take();
    REQUIRE(copy->restore(blob).ok());
    CHECK(copy->statistics().vcpus[0].power == PowerState::Suspended);
}
