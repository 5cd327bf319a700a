#include "base/sys/thread.h"

#include <cstring>
#include <ctime>
#include <pthread.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

namespace dormouse::sys {

void name_this_thread(char const* name)
{
    char short_name[16] {}; // Linux refuses longer names outright, so cut here for both systems.
    std::strncpy(short_name, name, sizeof(short_name) - 1);
#ifdef __APPLE__
    pthread_setname_np(short_name);
#else
    pthread_setname_np(pthread_self(), short_name);
#endif
}

#ifdef __linux__
// The kernel's header cannot be included beside this C library's. [Linux, sched_setattr(2), struct sched_attr]
struct SchedulingAttributes {
    uint32_t size;
    uint32_t policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime_ns;
    uint64_t deadline_ns;
    uint64_t period_ns;
};
static_assert(sizeof(SchedulingAttributes) == 48);
#endif

void run_soon_when_woken()
{
#ifdef __linux__
    constexpr uint64_t kSliceNs = 100'000; // the least that the kernel accepts
    SchedulingAttributes attributes {};
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0) != 0 || attributes.policy != SCHED_OTHER)
        return;
    attributes.runtime_ns = kSliceNs;
    syscall(SYS_sched_setattr, 0, &attributes, 0); // refused: as before
#endif
}

uint64_t thread_cpu_nanoseconds()
{
    timespec now {};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(now.tv_nsec);
}

uint64_t process_id()
{
    return static_cast<uint64_t>(::getpid());
}

}
