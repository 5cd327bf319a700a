// Two threads, each on a CPU of its own.
#define _GNU_SOURCE
#include "benchmark.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
    pthread_mutex_t mutex;
    uint64_t count;
    // Each on a cache line of its own, as a lock and what it protects usually are.
    _Alignas(64) uint64_t total;
    _Alignas(64) uint32_t turn;
} shared = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static int stay_on(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    return sched_setaffinity(0, sizeof set, &set);
}

// Runs `work` on the CPUs 0 and 1 at once. Returns 0 when there are no two CPUs.
static int run_twice(void* (*work)(void* other))
{
    if (sysconf(_SC_NPROCESSORS_ONLN) < 2 || stay_on(0) != 0)
        return 0;
    pthread_t other;
    if (pthread_create(&other, NULL, work, &shared) != 0)
        return 0;
    work(NULL);
    pthread_join(other, NULL);
    return 1;
}

static void* take_lock(void* other)
{
    stay_on(other != NULL);
    for (uint64_t i = 0; i < shared.count; i++) {
        pthread_mutex_lock(&shared.mutex);
        shared.total++;
        pthread_mutex_unlock(&shared.mutex);
    }
    return NULL;
}

// Both threads take the same lock again and again.
uint64_t operation_lock(uint64_t count)
{
    shared.count = count;
    shared.total = 0;
    return run_twice(take_lock) && shared.total == 2 * count ? count : 0;
}

static void* take_turns(void* other)
{
    uint32_t const mine = other != NULL;
    stay_on((int)mine);
    for (uint64_t i = 0; i < shared.count; i++) {
        while (__atomic_load_n(&shared.turn, __ATOMIC_ACQUIRE) != mine)
            syscall(SYS_futex, &shared.turn, FUTEX_WAIT_PRIVATE, !mine, NULL, NULL, 0);
        shared.total++;
        __atomic_store_n(&shared.turn, !mine, __ATOMIC_RELEASE);
        syscall(SYS_futex, &shared.turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
    }
    return NULL;
}

// One thread works while the other sleeps, in turns: an interrupt from CPU to CPU for each turn.
uint64_t operation_handoff(uint64_t count)
{
    shared.count = count;
    shared.total = 0;
    shared.turn = 0;
    return run_twice(take_turns) && shared.total == 2 * count ? count : 0;
}
