#pragma once

#include <cstdint>

namespace dormouse::sys {

// Names the calling thread for debuggers and `ps -T`; at most 15 characters are kept.
void name_this_thread(char const* name);

// For a thread that works for moments alone: lets it run soon when it is woken on a busy host. Its share of the CPUs
// stays as it is, it takes them in smaller pieces. [Linux 6.12, sched_setattr(2), sched_runtime of SCHED_OTHER] Before,
// and on other systems: nothing.
void run_soon_when_woken();

// CPU time that the calling thread has had, in the kernel included. Asking is a system call. [POSIX, clock_gettime(),
// CLOCK_THREAD_CPUTIME_ID]
uint64_t thread_cpu_nanoseconds();

// Number of this process, as tools name it.
uint64_t process_id();

}
