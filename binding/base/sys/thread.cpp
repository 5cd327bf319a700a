#include "base/sys/thread.h"

#include <cstring>
#include <ctime>
#include <pthread.h>
#include <unistd.h>

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
