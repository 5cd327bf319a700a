#include "machine/event_thread.h"

#include <atomic>
#include <chrono>
#include <doctest/doctest.h>
#include <thread>

using namespace dormouse;
using namespace dormouse::machine;

namespace {

struct Fixture {
    MachineClock clock;
    QuiesceGate gate { [] {} };
    EventThread events { clock, gate };

    void start_clock()
    {
        auto const token = gate.request(QuiesceGate::Caller::Outsider);
        clock.start();
        events.clock_changed();
    }
    static bool eventually(auto condition)
    {
        auto const limit = std::chrono::steady_clock::now() + std::chrono::seconds { 20 };
        while (!condition()) {
            if (std::chrono::steady_clock::now() > limit)
                return false;
            std::this_thread::sleep_for(std::chrono::milliseconds { 1 });
        }
        return true;
    }
    static void rest() { std::this_thread::sleep_for(std::chrono::milliseconds { 30 }); }
};

}

TEST_CASE_FIXTURE(Fixture, "timers fire once, in the order of their deadlines, not before them")
{
    std::vector<int> order;
    std::atomic<unsigned> fired { 0 };
    uint64_t first_fired_at = 0;
    auto const late = events.create_timer([&] {
        order.push_back(2);
        ++fired;
    });
    auto const early = events.create_timer([&] {
        first_fired_at = clock.now_ns();
        order.push_back(1);
        ++fired;
    });
    late->arm(20'000'000);
    early->arm(10'000'000);
    start_clock();
    REQUIRE(eventually([&] { return fired == 2; }));
    rest();
    CHECK(order == std::vector<int> { 1, 2 });
    CHECK(first_fired_at >= 10'000'000);
}

TEST_CASE_FIXTURE(Fixture, "a deadline that has passed fires at once; a disarmed or moved one does not fire early")
{
    std::atomic<unsigned> fired { 0 };
    auto const timer = events.create_timer([&] { ++fired; });
    start_clock();
    timer->arm(0);
    REQUIRE(eventually([&] { return fired == 1; }));
    timer->arm(clock.now_ns() + 5'000'000);
    timer->arm(clock.now_ns() + 3600'000'000'000);
    rest();
    CHECK(fired == 1);
    timer->disarm();
    timer->arm(~uint64_t { 0 });
    rest();
    CHECK(fired == 1);
}

TEST_CASE_FIXTURE(Fixture, "while the clock stands nothing fires; when it goes on everything does")
{
    std::atomic<unsigned> happened { 0 };
    auto const timer = events.create_timer([&] { ++happened; });
    timer->arm(0);
    events.post([&] { ++happened; });
    rest();
    CHECK(happened == 0);
    start_clock();
    CHECK(eventually([&] { return happened == 2; }));
}

TEST_CASE_FIXTURE(Fixture, "while the machine is quiesced nothing fires, and what the holder disarms never does")
{
    std::atomic<unsigned> kept { 0 };
    std::atomic<unsigned> dropped { 0 };
    auto const keep = events.create_timer([&] { ++kept; });
    auto const drop = events.create_timer([&] { ++dropped; });
    start_clock();
    {
        auto const token = gate.request(QuiesceGate::Caller::Outsider);
        drop->arm(0);
        keep->arm(0);
        rest();
        CHECK(kept == 0);
        drop->disarm();
    }
    REQUIRE(eventually([&] { return kept == 1; }));
    rest();
    CHECK(dropped == 0);
}

TEST_CASE_FIXTURE(Fixture, "destroying a timer waits for its callback")
{
    std::atomic<bool> running { false };
    std::atomic<bool> returned { false };
    auto timer = events.create_timer([&] {
        running = true;
        rest();
        returned = true;
    });
    timer->arm(0);
    start_clock();
    REQUIRE(eventually([&] { return running.load(); }));
    timer.reset();
    CHECK(returned);
}

TEST_CASE_FIXTURE(Fixture, "posted events run in order; a callback may arm and post")
{
    std::vector<int> order;
    std::atomic<unsigned> done { 0 };
    auto const timer = events.create_timer([&] {
        order.push_back(3);
        ++done;
    });
    events.post([&] { order.push_back(1); });
    events.post([&] {
        order.push_back(2);
        timer->arm(clock.now_ns() + 1'000'000);
    });
    start_clock();
    REQUIRE(eventually([&] { return done == 1; }));
    CHECK(order == std::vector<int> { 1, 2, 3 });
}

TEST_CASE_FIXTURE(Fixture, "stop() ends the thread with timers armed and events waiting")
{
    auto const timer = events.create_timer([] {});
    timer->arm(1'000'000'000'000);
    events.post([] {});
    events.stop();
    events.stop();
}
