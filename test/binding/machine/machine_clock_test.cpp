#include "machine/machine_clock.h"

#include <doctest/doctest.h>

using namespace dormouse;
using namespace dormouse::machine;

static void wait_for_host_time(uint64_t nanoseconds)
{
    uint64_t const start = MachineClock::host_ns();
    while (MachineClock::host_ns() - start < nanoseconds) { }
}

TEST_CASE("the clock stands at 0 until it is started")
{
    MachineClock clock;
    wait_for_host_time(1000);
    CHECK(clock.now_ns() == 0);
    CHECK_FALSE(clock.running());
}

TEST_CASE("a stopped clock stands still and goes on where it stood")
{
    MachineClock clock;
    clock.start();
    wait_for_host_time(1'000'000);
    clock.stop();
    uint64_t const stopped = clock.now_ns();
    CHECK(stopped >= 1'000'000);
    wait_for_host_time(50'000'000);
    CHECK(clock.now_ns() == stopped);
    clock.start();
    uint64_t const restarted_at = MachineClock::host_ns();
    uint64_t const later = clock.now_ns();
    uint64_t const passed = MachineClock::host_ns() - restarted_at;
    CHECK(later >= stopped);
    // Whatever time this thread lost to others, the stop of 50 ms is not in it.
    CHECK(later - stopped <= passed + 10'000'000);
}

TEST_CASE("starting twice does not jump")
{
    MachineClock clock;
    clock.start();
    wait_for_host_time(1'000'000);
    clock.start();
    CHECK(clock.now_ns() >= 1'000'000);
}

TEST_CASE("set() takes a stopped clock to a time and leaves a running one alone")
{
    MachineClock clock;
    clock.set(5'000'000'000);
    CHECK(clock.now_ns() == 5'000'000'000);
    clock.start();
    CHECK(clock.now_ns() >= 5'000'000'000);
    clock.set(0);
    CHECK(clock.now_ns() >= 5'000'000'000);
}

TEST_CASE("the wall clock carries the offset")
{
    MachineClock const plain;
    MachineClock const shifted { -3600 };
    uint64_t const difference = plain.wall_ns() - shifted.wall_ns();
    CHECK(difference > 3590'000'000'000);
    CHECK(difference < 3610'000'000'000);
}
