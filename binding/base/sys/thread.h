#pragma once

#include <cstdint>

namespace dormouse::sys {

// Names the calling thread for debuggers and `ps -T`; at most 15 characters are kept.
void name_this_thread(char const* name);

// Lets the waits of the calling thread end when their time has come. Linux may else be 50 us late, to save power by
// ending several waits at once. [Linux, prctl(2), PR_SET_TIMERSLACK] Other systems: nothing.
void wake_this_thread_on_time();

// CPU time that the calling thread has had, in the kernel included. Asking is a system call. [POSIX, clock_gettime(),
// CLOCK_THREAD_CPUTIME_ID]
uint64_t thread_cpu_nanoseconds();

// Number of this process, as tools name it.
uint64_t process_id();

}
