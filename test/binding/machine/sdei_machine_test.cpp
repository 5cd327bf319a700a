// SDEI on the emulator: injection while a guest computes, saving and restoring anywhere, and how long things take.
#include "machine/machine.h"

#include "base/units.h"
#include "engine/emulator/emulated_engine.h"
#include "machine/fake_engine.h"
#include "machine/sdei_guests.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <span>

using namespace dormouse;
using namespace dormouse::machine;
using machine::test::kDigest;
using machine::test::kHostile;
using machine::test::kLatency;

namespace {

constexpr uint32_t kCritical = 0x4080'0000;

// Puts a program at FakeBoot::kEntry.
class ProgramBoot final : public BootImage {
public:
    ProgramBoot(std::span<uint32_t const> words, uint64_t x0) : m_words(words), m_x0(x0) { }
    Result<firmware::EntryPoint> place(memory::FlatView const& memory, wires::Quiesced const&) override
    {
        auto const* const bytes = reinterpret_cast<uint8_t const*>(m_words.data());
        if (!memory.write({ FakeBoot::kEntry }, bytes, m_words.size_bytes()))
            return Error { Code::InvalidArgument, "no memory" };
        return firmware::EntryPoint { FakeBoot::kEntry, m_x0 };
    }

private:
    std::span<uint32_t const> m_words;
    uint64_t m_x0;
};

struct Guest {
    RecordingListener listener;
    std::unique_ptr<Machine> machine;

    explicit Guest(std::span<uint32_t const> program, unsigned cpus = 1, uint64_t x0 = 0)
    {
        MachineConfig config;
        config.cpus = cpus;
        config.memory_bytes = 16_MiB;
        config.kernel = "program";
        config.sdei_events = { kCritical };
        machine = Machine::create(
            config, emulator::create_emulator_engine().take(), std::make_unique<ProgramBoot>(program, x0), listener)
                      .take();
    }
    bool ended() { return !listener.endings().empty(); }
    std::string printed()
    {
        auto const bytes = machine->console().scrollback().bytes;
        return { bytes.begin(), bytes.end() };
    }
    std::vector<uint64_t> run()
    {
        REQUIRE(machine->start().ok());
        REQUIRE(eventually([this] { return ended(); }));
        return numbers(printed());
    }
    static std::vector<uint64_t> numbers(std::string const& text)
    {
        std::vector<uint64_t> values;
        for (size_t at = 0; at + 17 <= text.size(); at += 17)
            values.push_back(std::stoull(text.substr(at, 16), nullptr, 16));
        return values;
    }
};

}

// The handler of event 0 takes about as long as what is between two events, so every second save is inside it.
TEST_CASE("a computation is the same with events injected, and saved and restored at random points")
{
    auto const expected = Guest { kDigest }.run();
    REQUIRE(expected.size() == 2);
    CHECK(expected[1] == 0);

    std::mt19937 random { 5 };
    unsigned restored = 0;
    unsigned delivered = 0;
    for (unsigned trial = 0; trial < 6; ++trial) {
        auto guest = std::make_unique<Guest>(kDigest);
        std::string printed;
        REQUIRE(guest->machine->start().ok());
        while (!guest->ended()) {
            std::this_thread::sleep_for(std::chrono::microseconds { random() % 2000 });
            if (auto const injection = guest->machine->inject_sdei(kCritical, 0); injection.ok())
                delivered += injection.value()[0].outcome == SdeiInjection::Outcome::Delivered;
            if (!guest->machine->pause().ok())
                continue;
            auto const state = guest->machine->save().take();
            auto next = std::make_unique<Guest>(kDigest);
            auto const done = next->machine->restore(state);
            INFO(done.error().message);
            REQUIRE(done.ok());
            // The state of the copy is the same, to the byte.
            CHECK(next->machine->save().take() == state);
            ++restored;
            printed += guest->printed();
            guest = std::move(next);
            REQUIRE(guest->machine->start().ok());
        }
        auto const values = Guest::numbers(printed + guest->printed());
        REQUIRE(values.size() == 2);
        CHECK(values[0] == expected[0]);
        CHECK(guest->listener.endings()[0].outcome == machine::Outcome::PoweredOff);
    }
    MESSAGE("restored " << restored << " times, delivered " << delivered);
    CHECK(restored > 12);
    CHECK(delivered > 12);
}

// A guest that makes the calls it is told to make, one after the other, and computes meanwhile.
struct Puppet {
    RecordingListener listener;
    std::atomic<unsigned> placed { 0 };
    std::mutex mutex;
    std::vector<std::array<uint64_t, 4>> calls; // for vCPU 0, the first is next
    std::atomic<bool> idle { false };
    std::atomic<uint64_t> pc { 0 };
    std::unique_ptr<Machine> machine;

    Puppet()
    {
        MachineConfig config;
        config.cpus = 2;
        config.memory_bytes = 16_MiB;
        config.kernel = "fake";
        config.sdei_events = { kCritical };
        auto program = [this](FakeVcpu& vcpu) -> engine::Exit {
            {
                std::lock_guard const lock { mutex };
                pc = vcpu.pc();
                if (!calls.empty()) {
                    auto const [id, x1, x2, x3] = calls.front();
                    calls.erase(calls.begin());
                    return vcpu.hypercall(id, x1, x2, x3);
                }
                idle = true;
            }
            return vcpu.spin();
        };
        machine = Machine::create(
            config, std::make_unique<FakeEngine>(program), std::make_unique<FakeBoot>(placed), listener)
                      .take();
        REQUIRE(machine->start().ok());
        REQUIRE(eventually([this] { return idle.load(); }));
    }
    void make(std::vector<std::array<uint64_t, 4>> list)
    {
        {
            std::lock_guard const lock { mutex };
            calls = std::move(list);
            idle = false;
        }
        REQUIRE(machine->pause().ok());
        REQUIRE(machine->resume().ok());
        REQUIRE(eventually([this] { return idle.load(); }));
    }
    std::string inject(uint32_t event, unsigned vcpu = 0)
    {
        static constexpr char const* kNames[] { "delivered", "pending", "refused" };
        auto const injection = machine->inject_sdei(event, vcpu).take();
        REQUIRE(injection.size() == 1);
        CHECK(injection[0].vcpu == vcpu);
        return kNames[static_cast<int>(injection[0].outcome)] + (": " + std::string { injection[0].reason });
    }
};

TEST_CASE("an injection says what became of it")
{
    constexpr uint64_t kHandler = 0x4040'0000;
    Puppet guest;
    CHECK(guest.inject(0, 1) == "refused: vCPU off");
    CHECK(guest.inject(0) == "pending: not registered");
    guest.make({ { 0xc400'0021, 0, kHandler, 1 } });
    CHECK(guest.inject(0) == "pending: disabled");
    guest.make({ { 0xc400'0022, 0 } });
    CHECK(guest.inject(0) == "pending: masked");
    guest.make({ { 0xc400'002c } });
    REQUIRE(eventually([&] { return guest.pc == kHandler; })); // what was pending, once
    CHECK(guest.inject(0) == "pending: running handler of same priority");
    guest.make({ { 0xc400'0025, 0 } });
    REQUIRE(eventually([&] { return guest.pc == kHandler; })); // and again
    guest.make({ { 0xc400'0025, 0 } });
    guest.make({ { 0xc400'0021, kCritical, kHandler + 64, 1 }, { 0xc400'0022, kCritical } });
    CHECK(guest.inject(kCritical) == "delivered: ");
    CHECK(guest.inject(0) == "pending: running critical handler");

    CHECK(guest.machine->inject_sdei(1, 0).error().message == "event is 0x00000001: this machine has no such event");
    CHECK(guest.machine->inject_sdei(0, 2).error().message == "cpu is 2: this machine has 2");
    auto const all = guest.machine->inject_sdei(0, std::nullopt).take();
    REQUIRE(all.size() == 2);
    CHECK(all[1].reason == "vCPU off");

    // A vCPU that sleeps in a standby state wakes up for an event.
    guest.make({ { 0xc400'0025, 0 }, { 0xc400'0025, 0 } }); // of the critical handler, and of the normal one after it
    {
        std::lock_guard const lock { guest.mutex };
        guest.calls = { { 0xc400'0001, 0 } };
    }
    REQUIRE(guest.machine->pause().ok());
    REQUIRE(guest.machine->resume().ok());
    REQUIRE(eventually([&] { return guest.machine->statistics().vcpus[0].power == firmware::PowerState::Suspended; }));
    guest.pc = 0;
    CHECK(guest.inject(0) == "delivered: ");
    REQUIRE(eventually([&] { return guest.pc == kHandler; }));
    CHECK(guest.machine->statistics().vcpus[0].power == firmware::PowerState::On);

    // A reset forgets everything.
    guest.make({ { 0x8400'0009 } });
    REQUIRE(eventually([&] { return guest.machine->statistics().resets == 1; }));
    REQUIRE(eventually([&] { return guest.idle.load(); }));
    CHECK(guest.inject(0) == "pending: not registered");
    REQUIRE(guest.machine->pause().ok());
    CHECK(guest.machine->inject_sdei(0, 0).error().code == Code::InvalidState);
}

TEST_CASE("a handler that never ends and misuses every call leaves the machine in our hands")
{
    Guest guest { kHostile };
    REQUIRE(guest.machine->start().ok());
    auto const trace = [&] { return guest.machine->firmware_trace().entries(); };
    REQUIRE(eventually([&] { return trace().size() == firmware::Trace::kCapacity; }));
    unsigned delivered = 0;
    for (unsigned i = 0; i < 200; ++i) {
        auto const injection = guest.machine->inject_sdei(i % 2 ? kCritical : 0, 0);
        REQUIRE(injection.ok());
        delivered += injection.value()[0].outcome == SdeiInjection::Outcome::Delivered;
        CHECK(trace().size() == firmware::Trace::kCapacity);
    }
    CHECK(delivered <= 1); // Critical once, if at all: neither handler ends.
    REQUIRE(guest.machine->pause().ok());
    auto const state = guest.machine->save().take();
    Guest copy { kHostile };
    REQUIRE(copy.machine->restore(state).ok());
    guest.machine->stop();
    CHECK(guest.listener.endings()[0].outcome == machine::Outcome::Stopped);
}

TEST_CASE("a handler where there is no memory ends the machine with a report of the last calls")
{
    Guest guest { kHostile, 1, 0x0000'7000'0000'0000 };
    REQUIRE(guest.machine->start().ok());
    REQUIRE(eventually([&] { return guest.ended(); }));
    auto const ending = guest.listener.endings()[0];
    CHECK(ending.outcome == machine::Outcome::Crashed);
    REQUIRE(ending.report);
    CHECK(ending.report->last_exits.size() > 3);
}

TEST_CASE("from a signal to its handler")
{
    constexpr double kTickNs = 16; // CNTFRQ_EL0 is 62.5 MHz
    Guest guest { kLatency, 2 };
    auto const values = guest.run();
    REQUIRE(values.size() == 6);
    MESSAGE("EVENT_SIGNAL to another vCPU: " << values[0] * kTickNs / 1000 << " ns on average, " << values[1] * kTickNs
                                             << " ns at best, the target executed " << values[2] * 6 / 1000
                                             << " instructions meanwhile");
    MESSAGE(
        "EVENT_SIGNAL to itself until the handler: " << values[3] * kTickNs / 1000 << " ns, no instruction between");
    MESSAGE("PSCI_VERSION: " << values[4] * kTickNs / 1000 << " ns, PE_MASK: " << values[5] * kTickNs / 1000 << " ns");
    CHECK(values[0] > 0);
    CHECK(guest.machine->statistics().resets == 0);
}
