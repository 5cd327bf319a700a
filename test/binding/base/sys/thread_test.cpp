#include "base/sys/thread.h"

#include <doctest/doctest.h>

#ifdef __linux__
#include <sys/prctl.h>
#include <thread>

using namespace dormouse;

TEST_CASE("threads: only the thread that asks for it is woken on time")
{
    int const before = prctl(PR_GET_TIMERSLACK);
    int inside = -1;
    std::thread([&] {
        sys::wake_this_thread_on_time();
        inside = prctl(PR_GET_TIMERSLACK);
    }).join();
    CHECK(inside == 1);
    CHECK(prctl(PR_GET_TIMERSLACK) == before);
}
#endif
