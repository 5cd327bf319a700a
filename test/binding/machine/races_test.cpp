// Thousands of machines whose vCPUs make random system calls while the host pauses, saves, wakes, answers and stops.
#include "base/units.h"
#include "machine/fake_engine.h"
#include "machine/machine.h"
#include "machine/psci_ids.h"

#include <doctest/doctest.h>
#include <random>

using namespace dormouse;
using namespace dormouse::machine;
using namespace dormouse::machine::psci;
using firmware::PowerState;
using firmware::SystemCallKind;

namespace {

constexpr uint64_t kEntry = 0x4030'0000;
constexpr unsigned kCpus = 3;

// Looks at every event from inside: while the machine is told of a change nobody may run.
struct Watcher final : MachineListener {
    std::atomic<unsigned> running { 0 }; // vCPUs inside their engine
    std::atomic<unsigned> seen_running { 0 };
    std::atomic<unsigned> resets { 0 };
    std::atomic<unsigned> endings { 0 };
    std::atomic<uint64_t> question { 0 };

    void look() { seen_running += running.load(); }
    void state_changed(MachineState) override { look(); }
    void was_reset(uint64_t, ResetCause const&) override
    {
        look();
        ++resets;
    }
    void policy_asked(PolicyQuestion const& asked) override
    {
        look();
        question = asked.id;
    }
    void console_has_output() override { }
    void ended(Ending const&) override { ++endings; }
};

// A guest that makes one random call after the other and computes nothing between.
struct Guest {
    Watcher& watcher;
    std::atomic<uint64_t> calls { 0 };
    std::atomic<uint64_t> seed;

    Guest(Watcher& w, uint64_t s) : watcher(w), seed(s) { }

    engine::Exit operator()(FakeVcpu& vcpu)
    {
        ++watcher.running;
        std::minstd_rand random { static_cast<unsigned>(seed.fetch_add(1)) };
        random.discard(3);
        ++calls;
        auto const exit = choose(vcpu, random() >> 4);
        --watcher.running;
        return exit;
    }
    engine::Exit choose(FakeVcpu& vcpu, uint64_t random)
    {
        uint64_t const target = random / 64 % kCpus;
        switch (random % 32) {
        case 0: return vcpu.hypercall(kSystemReset);
        case 1: return vcpu.hypercall(kSystemReset2, random & 64 ? 0 : 0x8000'0000, random);
        case 2: return vcpu.hypercall(kSystemOff2, 1); // always refused below
        case 3:
        case 4:
        case 5:
        case 6: return vcpu.hypercall(kSystemSuspend, kEntry, 5);
        case 7:
        case 8:
        case 9: return vcpu.index() == 0 ? engine::Exit { engine::ExitInterrupted {} } : vcpu.hypercall(kCpuOff);
        case 10: return vcpu.hypercall(kCpuDefaultSuspend, kEntry);
        case 11: return vcpu.hypercall(kCpuSuspend, 0); // standby
        case 12: return vcpu.hypercall(kSystemOff); // asked about below
        default: return vcpu.hypercall(kCpuOn, target, kEntry, random);
        }
    }
};

}

TEST_CASE("races of system-wide calls against CPU_ON and CPU_OFF and the host: no hang, nobody lost, none twice")
{
    constexpr uint64_t kWanted = 30'000;
    uint64_t races = 0;
    uint64_t machines = 0;
    uint64_t resets = 0;
    uint64_t naps = 0;
    std::minstd_rand host { 12345 };
    // An emulated or busy host does fewer of them in the time that a test may take, but enough to have met everything;
    // a hang would not come back here at all.
    auto const enough = std::chrono::steady_clock::now() + std::chrono::seconds { 40 };
    while (races < kWanted && (resets <= 50 || naps <= 10 || std::chrono::steady_clock::now() < enough)) {
        Watcher watcher;
        Guest guest { watcher, ++machines * 7919 };
        std::atomic<unsigned> placed { 0 };
        MachineConfig config;
        config.memory_bytes = 16_MiB;
        config.kernel = "fake";
        config.cpus = kCpus;
        config.policy.rules[static_cast<size_t>(SystemCallKind::Off)] = PolicyRule::Ask;
        config.policy.rules[static_cast<size_t>(SystemCallKind::Off2)] = PolicyRule::Deny;
        config.policy.timeout = std::chrono::milliseconds { 1 };
        config.policy.allow_by_default = false;
        auto machine
            = Machine::create(config, std::make_unique<FakeEngine>([&guest](FakeVcpu& vcpu) { return guest(vcpu); }),
                std::make_unique<FakeBoot>(placed), watcher)
                  .take();
        REQUIRE(machine->start().ok());
        for (int step = 0; step < 100; ++step) {
            switch (host() % 9) {
            case 0:
            case 1:
                if (machine->pause().ok()) {
                    CHECK(watcher.running == 0);
                    CHECK(machine->resume().ok());
                }
                break;
            case 2: {
                auto const blob = machine->save();
                CHECK((blob.ok() || machine->state() == MachineState::Ended)); // an answer may have let it go
                break;
            }
            case 3: machine->answer_policy(watcher.question, host() % 2); break;
            case 4: machine->inject_sdei(0, std::nullopt).ok(); break;
            case 5:
                config.policy.rules[static_cast<size_t>(SystemCallKind::Reset)]
                    = host() % 4 ? PolicyRule::Allow : PolicyRule::Deny;
                machine->set_policy(config.policy);
                break;
            default:
                // Powered-down vCPUs have no interrupt that could wake them: the host brings the guest on.
                if (machine->wake().ok())
                    ++naps;
                std::this_thread::yield();
            }
            if (machine->state() == MachineState::Ended)
                break;
            ++races;
        }
        if (machines % 2)
            machine->close();
        machine.reset();
        CHECK(watcher.seen_running == 0);
        CHECK(watcher.endings == 1);
        CHECK(placed == watcher.resets + 1);
        resets += watcher.resets;
    }
    MESSAGE("machines ", machines, ", resets ", resets, ", naps ", naps);
    CHECK(resets > 50);
    CHECK(naps > 10);
    CHECK(races > 1000);
}
