/* Counters and clocks. */
#include "probe.h"

#include <sys/time.h>

enum { kReads = 4000 };

static uint64_t read_counter(void)
{
    uint64_t value;
    __asm__ volatile("isb\nmrs %0, cntvct_el0" : "=r"(value)::"memory");
    return value;
}

static pthread_spinlock_t lock;
static uint64_t last_counter, last_clock;
static atomic_uint backwards;

static void* read_in_turns(void* number)
{
    (void)number;
    for (int i = 0; i < kReads; i++) {
        pthread_spin_lock(&lock);
        uint64_t const counter = read_counter();
        uint64_t const clock = now_ns();
        if (counter < last_counter || clock < last_clock)
            atomic_fetch_add(&backwards, 1);
        last_counter = counter;
        last_clock = clock;
        pthread_spin_unlock(&lock);
        if (i % 16 == 0)
            sched_yield();
    }
    return NULL;
}

static char const* monotonic(void)
{
    uint64_t frequency;
    __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
    FAIL_UNLESS(frequency == 62500000, "CNTFRQ_EL0 %lu", frequency);
    pthread_spin_init(&lock, 0);
    run_threads(cpu_count(), read_in_turns);
    FAIL_UNLESS(atomic_load(&backwards) == 0, "time went backwards %u times", atomic_load(&backwards));
    return NULL;
}

static char const* same_pace(void)
{
    uint64_t const counter = read_counter(), clock = now_ns();
    usleep(200000);
    uint64_t const ticks = read_counter() - counter, ns = now_ns() - clock;
    uint64_t const difference = ticks * 16 > ns ? ticks * 16 - ns : ns - ticks * 16;
    FAIL_UNLESS(difference < 20000000, "%lu ticks in %lu ns", ticks, ns);
    return NULL;
}

/* Never early; late only as much as a busy host explains. */
static char const* sleeps(void)
{
    static long const lengths[] = { 100000, 1000000, 10000000, 50000000 };
    for (int cpu = 0; cpu < cpu_count(); cpu++) {
        pin_to(cpu);
        for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
            struct timespec const length = { 0, lengths[i] };
            uint64_t const begin = now_ns();
            clock_nanosleep(CLOCK_MONOTONIC, 0, &length, NULL);
            uint64_t const slept = now_ns() - begin;
            FAIL_UNLESS(slept >= (uint64_t)lengths[i] && slept < (uint64_t)lengths[i] + 3000000000u,
                "cpu %d: %ld ns took %lu", cpu, lengths[i], slept);
        }
    }
    return NULL;
}

static atomic_int alarms;

static void on_alarm(int number)
{
    (void)number;
    atomic_fetch_add(&alarms, 1);
}

/* A timer interrupts a loop that does no system call. */
static char const* interval_timer(void)
{
    struct itimerval const each = { { 0, 10000 }, { 0, 10000 } };
    signal(SIGALRM, on_alarm);
    uint64_t const begin = now_ns();
    setitimer(ITIMER_REAL, &each, NULL);
    while (atomic_load(&alarms) < 10)
        FAIL_UNLESS(read_counter() != 0 && now_ns() - begin < 20000000000u, "%d alarms", atomic_load(&alarms));
    FAIL_UNLESS(now_ns() - begin >= 99000000, "ten alarms in %lu ns", now_ns() - begin);
    return NULL;
}

struct check const time_checks[] = {
    { "time-monotonic-over-cpus", monotonic },
    { "time-same-pace", same_pace },
    { "time-sleeps", sleeps },
    { "time-interval-timer", interval_timer },
    { 0 },
};
