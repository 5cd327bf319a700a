#include "base/sys/thread.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <thread>

using namespace dormouse;

TEST_CASE("threads: CPU time is that of the calling thread alone")
{
    uint64_t const before = sys::thread_cpu_nanoseconds();
    while (sys::thread_cpu_nanoseconds() - before < 20'000'000) { }
    uint64_t of_another = 0;
    std::thread([&] { of_another = sys::thread_cpu_nanoseconds(); }).join();
    CHECK(of_another < 20'000'000);
}
