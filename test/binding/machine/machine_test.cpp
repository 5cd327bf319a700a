#include "machine/machine.h"

#include "base/units.h"
#include "machine/machine_fixture.h"
#include "machine/psci_ids.h"

#include <doctest/doctest.h>

using namespace dormouse;
using namespace dormouse::machine;
using namespace dormouse::machine::psci;
using firmware::PowerState;

namespace {

constexpr uint64_t kSecondaryEntry = 0x4030'0000;

using Fixture = MachineFixture;

engine::Exit spin(FakeVcpu& vcpu)
{
    return vcpu.spin();
}

}

TEST_CASE_FIXTURE(Fixture, "the boot vCPU starts at the entry with its x0, the others are off")
{
    config.cpus = 3;
    std::atomic<uint64_t> pc { 0 };
    std::atomic<uint64_t> x0 { 0 };
    auto const running = run([&](FakeVcpu& vcpu) {
        pc = vcpu.pc();
        x0 = vcpu.x(0);
        return vcpu.spin();
    });
    REQUIRE(eventually([&] { return pc != 0; }));
    CHECK(pc == FakeBoot::kEntry);
    CHECK(x0 == FakeBoot::kX0);
    CHECK(powers() == std::vector { PowerState::On, PowerState::Off, PowerState::Off });
}

TEST_CASE_FIXTURE(Fixture, "SYSTEM_OFF ends the machine once, with the states in order")
{
    auto const running = run([](FakeVcpu& vcpu) { return vcpu.hypercall(kSystemOff); });
    CHECK(ends(Outcome::PoweredOff));
    CHECK(listener.states() == std::vector { MachineState::Running, MachineState::Ended });
    machine->stop();
    machine->close();
    CHECK(listener.endings().size() == 1);
}

TEST_CASE_FIXTURE(Fixture, "CPU_ON, CPU_OFF and CPU_ON again; AFFINITY_INFO follows")
{
    config.cpus = 2;
    std::atomic<unsigned> starts { 0 };
    std::atomic<uint64_t> context { 0 };
    std::atomic<uint64_t> wanted { 1 };
    auto const running = run([&](FakeVcpu& vcpu) -> engine::Exit {
        if (vcpu.index() == 0) {
            std::this_thread::sleep_for(std::chrono::milliseconds { 1 });
            return starts < wanted ? vcpu.hypercall(kCpuOn, 1, kSecondaryEntry, 0xabcd + starts) : vcpu.spin();
        }
        if (vcpu.pc() != kSecondaryEntry)
            return engine::ExitInternalError { "secondary started elsewhere" };
        context = vcpu.x(0);
        ++starts;
        return vcpu.hypercall(kCpuOff);
    });
    REQUIRE(eventually([&] { return starts == 1 && powers()[1] == PowerState::Off; }));
    CHECK(context == 0xabcd);
    REQUIRE(machine->pause().ok());
    wanted = 2;
    REQUIRE(machine->resume().ok());
    REQUIRE(eventually([&] { return starts == 2; }));
    CHECK(context == 0xabce);
    CHECK(listener.endings().empty());
}

TEST_CASE_FIXTURE(Fixture, "SYSTEM_RESET starts over in place: memory clear, boot image placed anew, secondaries off")
{
    config.cpus = 2;
    std::atomic<unsigned> boots { 0 };
    auto const running = run([&](FakeVcpu& vcpu) -> engine::Exit {
        if (vcpu.index() == 1)
            return vcpu.hypercall(kSystemReset); // by a secondary, so that the caller is turned off
        if (vcpu.pc() == FakeBoot::kEntry && vcpu.x(0) == FakeBoot::kX0) {
            ++boots;
            return boots == 1 ? vcpu.hypercall(kCpuOn, 1, kSecondaryEntry) : vcpu.spin();
        }
        return vcpu.spin();
    });
    REQUIRE(eventually([&] { return boots == 2; }));
    CHECK(listener.resets() == 1);
    CHECK(placed == 2);
    CHECK(powers() == std::vector { PowerState::On, PowerState::Off });
    CHECK(machine->statistics().resets == 1);
    CHECK(listener.endings().empty());
}

TEST_CASE_FIXTURE(Fixture, "a warm reset keeps memory, a cold one clears it")
{
    for (uint64_t const call : { kSystemReset2, kSystemReset }) {
        constexpr uint64_t kMark = 0x4700'0000;
        std::atomic<unsigned> boots { 0 };
        std::atomic<int> found { -1 };
        struct Grab final : BootImage {
            std::unique_ptr<BootImage> inner;
            std::atomic<int>& found;
            Grab(std::unique_ptr<BootImage> i, std::atomic<int>& f) : inner(std::move(i)), found(f) { }
            Result<firmware::EntryPoint> place(memory::FlatView const& view, wires::Quiesced const& q) override
            {
                uint8_t mark = 0;
                view.read({ kMark }, &mark, 1);
                found = mark;
                mark = 77;
                view.write({ kMark }, &mark, 1);
                return inner->place(view, q);
            }
        };
        machine = Machine::create(config, std::make_unique<FakeEngine>([&](FakeVcpu& vcpu) -> engine::Exit {
            return ++boots == 1 ? vcpu.hypercall(call) : vcpu.spin();
        }),
            std::make_unique<Grab>(std::make_unique<FakeBoot>(placed), found), listener)
                      .take();
        CHECK(found == 0);
        REQUIRE(machine->start().ok());
        REQUIRE(eventually([&] { return boots >= 2; }));
        CHECK(found == (call == kSystemReset2 ? 77 : 0));
        machine.reset();
    }
}

TEST_CASE_FIXTURE(Fixture, "with onReset stop a reset ends the machine")
{
    config.on_reset = OnReset::Stop;
    auto const running = run([](FakeVcpu& vcpu) { return vcpu.hypercall(kSystemReset); });
    CHECK(ends(Outcome::Reset));
    CHECK(placed == 1);
}

TEST_CASE_FIXTURE(Fixture, "vCPUs that call SYSTEM_RESET and SYSTEM_OFF at once: one commits, the other's call is void")
{
    config.cpus = 2;
    for (int round = 0; round < 50; ++round) {
        RecordingListener own;
        std::atomic<unsigned> ready { 0 };
        std::atomic<unsigned> boots { 0 };
        auto const both_ready = [&] {
            ++ready;
            while (ready < 2)
                std::this_thread::yield();
        };
        auto m = Machine::create(config, std::make_unique<FakeEngine>([&](FakeVcpu& vcpu) -> engine::Exit {
            if (vcpu.index() == 1) {
                both_ready();
                return vcpu.hypercall(kSystemOff);
            }
            if (vcpu.pc() == FakeBoot::kEntry && vcpu.x(0) == FakeBoot::kX0) {
                if (++boots == 1)
                    return vcpu.hypercall(kCpuOn, 1, kSecondaryEntry);
                return vcpu.spin();
            }
            if (boots > 1)
                return vcpu.spin();
            both_ready();
            return vcpu.hypercall(kSystemReset);
        }),
            std::make_unique<FakeBoot>(placed), own)
                     .take();
        REQUIRE(m->start().ok());
        REQUIRE(eventually([&] { return own.resets() + own.endings().size() == 1; }));
        m->close();
        // Either the reset came first (then nobody switched the machine off but we), or the power-off did.
        REQUIRE(own.endings().size() == 1);
        CHECK(own.endings()[0].outcome == (own.resets() == 1 ? Outcome::Stopped : Outcome::PoweredOff));
    }
}

TEST_CASE_FIXTURE(Fixture, "pause parks everybody and stops the clock; resume goes on")
{
    config.cpus = 2;
    std::atomic<uint64_t> runs { 0 };
    auto const m = run([&](FakeVcpu& vcpu) -> engine::Exit {
        ++runs;
        if (vcpu.index() == 0 && vcpu.pc() == FakeBoot::kEntry && vcpu.x(0) == FakeBoot::kX0)
            return vcpu.hypercall(kCpuOn, 1, kSecondaryEntry);
        return engine::ExitInterrupted {};
    });
    REQUIRE(eventually([&] { return runs > 100; }));
    REQUIRE(m->pause().ok());
    uint64_t const runs_then = runs;
    uint64_t const time_then = m->statistics().guest_time_ns;
    std::this_thread::sleep_for(std::chrono::milliseconds { 30 });
    CHECK(runs == runs_then);
    CHECK(m->statistics().guest_time_ns == time_then);
    CHECK(m->pause().error().code == Code::InvalidState);
    REQUIRE(m->resume().ok());
    CHECK(eventually([&] { return runs > runs_then + 100; }));
    CHECK(m->resume().error().message == "Resuming needs a machine that is paused; this one is running");
}

TEST_CASE_FIXTURE(Fixture, "wrong requests in wrong states are refused, stop is always possible")
{
    auto const m = build(spin);
    CHECK(m->pause().error().code == Code::InvalidState);
    CHECK(m->resume().error().code == Code::InvalidState);
    CHECK(m->press_power_button().error().code == Code::InvalidState);
    REQUIRE(m->start().ok());
    CHECK(m->start().error().code == Code::InvalidState);
    REQUIRE(m->pause().ok());
    m->stop();
    CHECK(ends(Outcome::Stopped));
    CHECK(m->start().error().code == Code::InvalidState);
    CHECK(m->save().error().code == Code::InvalidState);
    CHECK(m->restore({}).error().code == Code::InvalidState);
}

TEST_CASE_FIXTURE(Fixture, "a machine that was never started can be stopped")
{
    auto const built = build(spin);
    machine->stop();
    CHECK(ends(Outcome::Stopped));
}

TEST_CASE_FIXTURE(Fixture, "a guest in the weeds is stopped once, with a report")
{
    auto const running = run([](FakeVcpu&) -> engine::Exit {
        return engine::ExitMemoryFault { { 0xdead'0000 }, arch::Gva { 0xffff'0000'dead'0000 },
            engine::AccessKind::Write, 8 };
    });
    REQUIRE(ends(Outcome::Crashed));
    auto const ending = listener.endings()[0];
    CHECK(ending.message
        == "vCPU 0 wrote to guest physical address 0xdead0000 (virtual 0xffff0000dead0000), where there is nothing");
    REQUIRE(ending.report);
    CHECK(ending.report->last_exits == std::vector<std::string> { "interrupted", "memory fault gpa=0xdead0000" });
    bool found_pc = false;
    for (auto const& [name, value] : ending.report->registers)
        found_pc = found_pc || (name == "pc" && value == FakeBoot::kEntry);
    CHECK(found_pc);
    CHECK(ending.report->disassembly.size() == 17);
}

TEST_CASE_FIXTURE(Fixture, "a guest that fetches from nowhere for ever is found, on an engine that does not tell")
{
    constexpr uint64_t kVector = 0x30'0000'0200;
    auto program = [](FakeVcpu& vcpu) -> engine::Exit {
        if (!vcpu.write_register(engine::kRegisterPc, { kVector, 0 }).ok())
            return engine::ExitInternalError { "no PC" };
        return vcpu.spin();
    };
    machine = Machine::create(
        config, std::make_unique<FakeEngine>(program, nullptr, false), std::make_unique<FakeBoot>(placed), listener)
                  .take();
    Built const built { machine };
    REQUIRE(machine->start().ok());
    REQUIRE(ends(Outcome::Crashed));
    auto const ending = listener.endings()[0];
    CHECK(ending.message
        == "vCPU 0 fetched an instruction from guest physical address 0x3000000200 (virtual 0x3000000200), where there "
           "is nothing");
    CHECK(ending.report.has_value());
}

TEST_CASE_FIXTURE(Fixture, "a vCPU that the engine's own firmware has off is not lost, wherever its PC is")
{
    std::atomic<unsigned> runs { 0 };
    auto program = [&](FakeVcpu& vcpu) -> engine::Exit {
        vcpu.turn_off();
        if (!vcpu.write_register(engine::kRegisterPc, { 0, 0 }).ok())
            return engine::ExitInternalError { "no PC" };
        ++runs;
        return vcpu.spin();
    };
    machine = Machine::create(
        config, std::make_unique<FakeEngine>(program, nullptr, false), std::make_unique<FakeBoot>(placed), listener)
                  .take();
    Built const built { machine };
    REQUIRE(machine->start().ok());
    // Two looks end two runs: before the third one the machine would have ended.
    REQUIRE(eventually([&] { return runs >= 3; }));
    CHECK(listener.endings().empty());
}

TEST_CASE_FIXTURE(Fixture, "an engine failure is the host's fault, not the guest's")
{
    auto const running = run([](FakeVcpu&) -> engine::Exit { return engine::ExitInternalError { "Out of ideas" }; });
    REQUIRE(ends(Outcome::Error));
    CHECK(listener.endings()[0].message == "The engine failed on vCPU 0: Out of ideas");
}

TEST_CASE_FIXTURE(Fixture, "CPU_SUSPEND waits for an interrupt and survives a pause")
{
    std::atomic<unsigned> calls { 0 };
    auto const running = run([&](FakeVcpu& vcpu) -> engine::Exit {
        ++calls;
        return vcpu.hypercall(kCpuSuspend, 0);
    });
    REQUIRE(eventually([&] { return powers()[0] == PowerState::Suspended; }));
    unsigned const calls_then = calls;
    REQUIRE(machine->pause().ok());
    REQUIRE(machine->resume().ok());
    std::this_thread::sleep_for(std::chrono::milliseconds { 20 });
    CHECK(powers()[0] == PowerState::Suspended);
    CHECK(calls == calls_then);
}

TEST_CASE_FIXTURE(Fixture, "close() works from every state and twice")
{
    for (int until = 0; until < 4; ++until) {
        RecordingListener own;
        auto m = Machine::create(config, std::make_unique<FakeEngine>(spin), std::make_unique<FakeBoot>(placed), own)
                     .take();
        if (until >= 1)
            REQUIRE(m->start().ok());
        if (until >= 2)
            REQUIRE(m->pause().ok());
        if (until >= 3)
            m->stop();
        m->close();
        m->close();
        CHECK(own.endings().size() == 1);
    }
}
