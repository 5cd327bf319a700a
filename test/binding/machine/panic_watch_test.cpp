#include "machine/panic_watch.h"

#include <doctest/doctest.h>
#include <optional>
#include <vector>

using namespace dormouse;
using namespace dormouse::machine;

namespace {

struct ManualClock final : Clock {
    uint64_t now { 1'000'000'000 };
    uint64_t now_ns() const override { return now; }
    uint64_t wall_ns() const override { return 0; }
};

// One timer that fires when the test says so.
struct ManualTimers final : wires::TimerService {
    struct Manual final : Timer {
        ManualTimers& owner;
        explicit Manual(ManualTimers& o) : owner(o) { }
        void arm(uint64_t deadline_ns) override { owner.deadline = deadline_ns; }
        void disarm() override { owner.deadline.reset(); }
    };
    std::optional<uint64_t> deadline;
    std::function<void()> on_fire;
    std::unique_ptr<Timer> create_timer(std::function<void()> callback) override
    {
        on_fire = std::move(callback);
        return std::make_unique<Manual>(*this);
    }
};

// Of a machine with two vCPUs.
struct Fixture {
    ManualClock clock;
    ManualTimers timers;
    unsigned looks { 0 };
    PanicWatch watch { clock, timers, 2, [this] { ++looks; } };

    // One look at both, each found in its kernel or not. Returns what convinced.
    std::optional<std::string> look(bool first, bool second)
    {
        timers.on_fire();
        auto const sentence = watch.saw(0, first);
        auto other = watch.saw(1, second);
        return sentence ? sentence : other;
    }
    void print(std::string_view text) { watch.printed({ reinterpret_cast<uint8_t const*>(text.data()), text.size() }); }
};

constexpr std::string_view kPanic
    = "[    1.5] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\r\n"
      "[    1.6] CPU: 0 PID: 1 Comm: init Not tainted\r\n";
constexpr std::string_view kEnd
    = "[    1.7] ---[ end Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100 ]---\r\n";

}

TEST_CASE_FIXTURE(
    Fixture, "the end line, silence, and a vCPU that never leaves its kernel: the kernel's sentence, once")
{
    print(kPanic);
    CHECK_FALSE(timers.deadline);
    print(kEnd);
    REQUIRE(timers.deadline == clock.now + PanicWatch::kGraceNs);
    CHECK_FALSE(watch.saw(0, true)); // somebody else's look
    clock.now = *timers.deadline;
    for (unsigned i = 1; i < PanicWatch::kConvincing; ++i) {
        CHECK_FALSE(look(i % 2 == 0, true));
        CHECK(timers.deadline == clock.now + PanicWatch::kLookNs);
    }
    CHECK(look(false, true) == "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100");
    CHECK(looks == PanicWatch::kConvincing);
    CHECK_FALSE(timers.deadline);
    CHECK_FALSE(watch.saw(1, true));
}

TEST_CASE_FIXTURE(Fixture, "vCPUs that sleep or run programs now and then have not panicked")
{
    print(kPanic);
    print(kEnd);
    for (unsigned i = 1; i < PanicWatch::kConvincing; ++i)
        CHECK_FALSE(look(true, i != 3));
    CHECK_FALSE(look(false, true));
    auto const before = looks;
    timers.deadline.reset();
    for (unsigned i = 0; i < 3 * PanicWatch::kConvincing; ++i)
        CHECK_FALSE(look(true, true));
    CHECK(looks == before);
    CHECK_FALSE(timers.deadline);
}

TEST_CASE_FIXTURE(Fixture, "vCPUs that nobody can look at are not waited for without end")
{
    print(kPanic);
    print(kEnd);
    for (unsigned i = 0; i < 2 * PanicWatch::kMaxLooks; ++i)
        timers.on_fire();
    CHECK(looks == PanicWatch::kMaxLooks);
}

TEST_CASE_FIXTURE(Fixture, "a word while the vCPUs are looked at ends the suspicion")
{
    print(kPanic);
    print(kEnd);
    for (unsigned i = 1; i < PanicWatch::kConvincing; ++i)
        CHECK_FALSE(look(true, true));
    print("x");
    CHECK_FALSE(look(true, true));
    CHECK_FALSE(timers.deadline);
}

TEST_CASE_FIXTURE(Fixture, "the text may arrive byte by byte")
{
    for (char const c : std::string { kPanic } + std::string { kEnd })
        print({ &c, 1 });
    CHECK(timers.deadline);
}

TEST_CASE_FIXTURE(Fixture, "a panic that reboots never prints the end line")
{
    print(kPanic);
    print("[    1.7] Rebooting in 5 seconds..\r\n");
    CHECK_FALSE(timers.deadline);
}

TEST_CASE_FIXTURE(Fixture, "a shell that shows an old panic prints its prompt afterwards")
{
    print(kPanic);
    print(kEnd);
    print("~ # ");
    CHECK_FALSE(timers.deadline);
    CHECK_FALSE(look(true, true)); // a callback that was already on its way
    CHECK(looks == 0);
}

TEST_CASE_FIXTURE(Fixture, "a reset forgets")
{
    print(kPanic);
    print(kEnd);
    watch.forget();
    CHECK_FALSE(timers.deadline);
    CHECK_FALSE(look(true, true));
    CHECK(looks == 0);
}

TEST_CASE_FIXTURE(Fixture, "an endless line is cut, not stored")
{
    print(std::string(10'000'000, 'x') + std::string { kEnd });
    CHECK_FALSE(timers.deadline);
    print(kEnd);
    CHECK(timers.deadline);
}
