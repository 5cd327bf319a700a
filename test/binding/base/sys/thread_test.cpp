#include "base/sys/thread.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <thread>
#ifdef __linux__
#include <cstdio>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>
#endif

using namespace dormouse;

TEST_CASE("threads: CPU time is that of the calling thread alone")
{
    uint64_t const before = sys::thread_cpu_nanoseconds();
    while (sys::thread_cpu_nanoseconds() - before < 20'000'000) { }
    uint64_t of_another = 0;
    std::thread([&] { of_another = sys::thread_cpu_nanoseconds(); }).join();
    CHECK(of_another < 20'000'000);
}

#ifdef __linux__
TEST_CASE("threads: only the thread that asks for it has a small slice, where the kernel has slices")
{
    struct Attributes { // [Linux, sched_setattr(2), struct sched_attr]
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    };
    auto const attributes = [] {
        Attributes now {};
        REQUIRE(syscall(SYS_sched_getattr, 0, &now, sizeof(now), 0) == 0);
        return now;
    };
    auto const is_before = [](int major, int minor) {
        utsname host {};
        int host_major = 0, host_minor = 0;
        REQUIRE(uname(&host) == 0);
        REQUIRE(std::sscanf(host.release, "%d.%d", &host_major, &host_minor) == 2);
        return host_major < major || (host_major == major && host_minor < minor);
    };
    Attributes const before = attributes();
    Attributes inside {};
    std::thread([&] {
        sys::run_soon_when_woken();
        inside = attributes();
    }).join();
    CHECK(inside.policy == before.policy);
    CHECK(inside.nice == before.nice);
    CHECK(inside.runtime == (is_before(6, 12) ? before.runtime : 100'000));
    CHECK(attributes().runtime == before.runtime);
}
#endif
