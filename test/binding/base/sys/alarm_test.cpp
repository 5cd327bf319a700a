#include "base/sys/alarm.h"

#include <doctest/doctest.h>

#include <atomic>
#include <optional>
#include <sys/resource.h>
#include <thread>

using namespace dormouse::sys;
using namespace std::chrono_literals;
using std::chrono::steady_clock;

namespace {

// With a timer of the kernel's where there is one, or as in a process that has no descriptor left.
struct AnyAlarm {
    explicit AnyAlarm(bool of_the_kernel)
    {
        rlimit before {};
        REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
        if (!of_the_kernel) {
            rlimit const none { 0, before.rlim_max };
            REQUIRE(setrlimit(RLIMIT_NOFILE, &none) == 0);
        }
        alarm.emplace();
        REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
    }
    Alarm* operator->() { return &*alarm; }

    std::optional<Alarm> alarm;
};

}

TEST_CASE("an alarm goes off when its time has come, once for each time that it is set")
{
    for (bool const of_the_kernel : { true, false }) {
        AnyAlarm alarm { of_the_kernel };
        for (int i = 0; i < 3; ++i) {
            auto const before = steady_clock::now();
            alarm->set(5ms);
            alarm->wait();
            CHECK(steady_clock::now() - before >= 5ms);
        }
    }
}

TEST_CASE("an alarm that has gone off before anybody waited ends the wait at once")
{
    for (bool const of_the_kernel : { true, false }) {
        AnyAlarm alarm { of_the_kernel };
        alarm->set(0ns);
        std::this_thread::sleep_for(1ms);
        alarm->wait();
    }
}

TEST_CASE("an alarm can be set for another time, earlier or later, while somebody waits")
{
    for (bool const of_the_kernel : { true, false }) {
        AnyAlarm alarm { of_the_kernel };
        std::atomic<int> times { 0 };
        auto const before = steady_clock::now();
        alarm->set(1h);
        std::thread waiting { [&] {
            alarm->wait();
            ++times;
            alarm->wait();
            ++times;
        } };
        alarm->set(0ns);
        while (times < 1)
            std::this_thread::yield();
        CHECK(steady_clock::now() - before < 1h);
        auto const again = steady_clock::now();
        alarm->set(1h);
        alarm->set(20ms);
        waiting.join();
        CHECK(times == 2);
        CHECK(steady_clock::now() - again >= 20ms);
    }
}
