#pragma once

#include <cstdint>

namespace dormouse::sys {

// Names the calling thread for debuggers and `ps -T`; at most 15 characters are kept.
void name_this_thread(char const* name);

// CPU time that the calling thread has had, in the kernel included. Asking is a system call. [POSIX, clock_gettime(),
// CLOCK_THREAD_CPUTIME_ID]
uint64_t thread_cpu_nanoseconds();

// Number of this process, as tools name it.
uint64_t process_id();

}
