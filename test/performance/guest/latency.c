// How late a real-time task wakes that sleeps until a point in time: the timer's interrupt, the scheduler, and the way
// back to the program.
#define _GNU_SOURCE
#include "benchmark.h"
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int compare(void const* a, void const* b)
{
    uint64_t const x = *(uint64_t const*)a, y = *(uint64_t const*)b;
    return (x > y) - (x < y);
}

static uint64_t in_nanoseconds(struct timespec const* time)
{
    return (uint64_t)time->tv_sec * 1000000000u + (uint64_t)time->tv_nsec;
}

// A process that never sleeps, so that the CPU has something to leave for the task.
static pid_t start_load(void)
{
    pid_t const child = fork();
    if (child == 0)
        for (;;)
            __asm__ volatile("");
    return child;
}

int measure_latency(uint64_t* samples, uint64_t count, uint64_t interval, int is_loaded)
{
    struct sched_param const priority = { .sched_priority = 50 };
    pid_t const load = is_loaded ? start_load() : 0;
    if (load < 0 || sched_setscheduler(0, SCHED_FIFO, &priority) != 0)
        return 0;
    struct timespec now, wake;
    clock_gettime(CLOCK_MONOTONIC, &wake);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t const next = in_nanoseconds(&wake) + interval;
        wake = (struct timespec) { (time_t)(next / 1000000000u), (long)(next % 1000000000u) };
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &wake, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
        samples[i] = in_nanoseconds(&now) - next;
        if (samples[i] > interval)
            wake = now; // Points in time that have passed meanwhile are not slept for.
    }
    struct sched_param const none = { 0 };
    sched_setscheduler(0, SCHED_OTHER, &none);
    if (load > 0) {
        kill(load, SIGKILL);
        waitpid(load, NULL, 0);
    }
    qsort(samples, count, sizeof *samples, compare);
    return 1;
}
