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

struct Fixture {
    ManualClock clock;
    ManualTimers timers;
    unsigned last_lines { 0 };
    std::vector<std::string> suspicions;
    PanicWatch watch { clock, timers,
        { [this] { ++last_lines; }, [this](std::string sentence) { suspicions.push_back(std::move(sentence)); } } };

    void print(std::string_view text) { watch.printed({ reinterpret_cast<uint8_t const*>(text.data()), text.size() }); }
};

constexpr std::string_view kPanic
    = "[    1.5] Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100\r\n"
      "[    1.6] CPU: 0 PID: 1 Comm: init Not tainted\r\n";
constexpr std::string_view kEnd
    = "[    1.7] ---[ end Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100 ]---\r\n";

}

TEST_CASE_FIXTURE(Fixture, "the end line and silence are a suspicion with the kernel's sentence")
{
    print(kPanic);
    CHECK_FALSE(timers.deadline);
    print(kEnd);
    CHECK(last_lines == 1);
    REQUIRE(timers.deadline == clock.now + PanicWatch::kGraceNs);
    timers.on_fire();
    CHECK(suspicions
        == std::vector<std::string> { "Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000100" });
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
    timers.on_fire(); // a callback that was already on its way
    CHECK(suspicions.empty());
}

TEST_CASE_FIXTURE(Fixture, "a reset forgets")
{
    print(kPanic);
    print(kEnd);
    watch.forget();
    CHECK_FALSE(timers.deadline);
    timers.on_fire();
    CHECK(suspicions.empty());
}

TEST_CASE_FIXTURE(Fixture, "an endless line is cut, not stored")
{
    print(std::string(10'000'000, 'x') + std::string { kEnd });
    CHECK(last_lines == 0);
    print(kEnd);
    CHECK(last_lines == 1);
}
