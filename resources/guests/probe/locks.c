/* Locks as kernels build them: what they guard stays whole. */
#include "probe.h"

enum { kTimes = 3000, kThreads = 4, kWords = 8 };

static struct {
    uint32_t volatile next __attribute__((aligned(64)));
    uint32_t volatile owner;
    uint64_t volatile guarded[kWords] __attribute__((aligned(64)));
} lock;

static atomic_uint torn;

static void pause_for(int* spins)
{
    __asm__ volatile("yield");
    if (++*spins % 200 == 0)
        sched_yield();
}

/* A ticket by compare and swap, entered with an acquiring load, left with a releasing store. */
static void* take_tickets(void* number)
{
    (void)number;
    for (int i = 0; i < kTimes; i++) {
        uint32_t ticket = __atomic_load_n(&lock.next, __ATOMIC_RELAXED);
        for (uint32_t before = ticket;; before = ticket) {
            __asm__ volatile(".arch armv8.2-a\ncas %w0, %w1, [%2]"
                             : "+r"(ticket)
                             : "r"(before + 1), "r"(&lock.next)
                             : "memory");
            if (ticket == before)
                break;
        }
        for (int spins = 0; __atomic_load_n(&lock.owner, __ATOMIC_ACQUIRE) != ticket;)
            pause_for(&spins);
        uint64_t const value = lock.guarded[0];
        for (int word = 0; word < kWords; word++) {
            if (lock.guarded[word] != value)
                atomic_fetch_add(&torn, 1);
            lock.guarded[word] = value + 1;
        }
        __atomic_store_n(&lock.owner, ticket + 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

static char const* ticket_lock(void)
{
    run_threads(kThreads, take_tickets);
    FAIL_UNLESS(atomic_load(&torn) == 0, "torn %u times", atomic_load(&torn));
    FAIL_UNLESS(lock.guarded[0] == kThreads * kTimes, "%lu instead of %d", lock.guarded[0], kThreads * kTimes);
    return NULL;
}

/* The queue of waiters sleeps by WFE on a monitor, as the kernel's smp_cond_load does. */
static void* take_by_wfe(void* number)
{
    (void)number;
    for (int i = 0; i < kTimes / 3; i++) {
        uint32_t const ticket = __atomic_fetch_add(&lock.next, 1, __ATOMIC_RELAXED);
        for (;;) {
            uint32_t owner;
            __asm__ volatile("sevl\n1: wfe\n ldaxr %w0, [%1]\n cmp %w0, %w2\n b.eq 2f\n wfe\n2:"
                             : "=&r"(owner)
                             : "r"(&lock.owner), "r"(ticket)
                             : "cc", "memory");
            if (owner == ticket)
                break;
            sched_yield();
        }
        uint64_t const value = lock.guarded[0];
        for (int word = 0; word < kWords; word++)
            lock.guarded[word] = value + 1;
        __atomic_store_n(&lock.owner, ticket + 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

static char const* wait_for_event(void)
{
    run_threads(kThreads, take_by_wfe);
    FAIL_UNLESS(lock.guarded[kWords - 1] == kThreads * (kTimes / 3), "%lu", lock.guarded[kWords - 1]);
    return NULL;
}

static atomic_bool finished;
static atomic_ulong good_reads;
static uint32_t volatile sequence;

static void* read_sequence(void* number)
{
    (void)number;
    while (!atomic_load_explicit(&finished, memory_order_relaxed)) {
        uint32_t const begin = sequence;
        __asm__ volatile("dmb ishld" ::: "memory");
        uint64_t copy[kWords];
        for (int word = 0; word < kWords; word++)
            copy[word] = lock.guarded[word];
        __asm__ volatile("dmb ishld" ::: "memory");
        if (begin % 2 || sequence != begin)
            continue;
        for (int word = 1; word < kWords; word++)
            if (copy[word] != copy[0])
                atomic_fetch_add(&torn, 1);
        atomic_fetch_add_explicit(&good_reads, 1, memory_order_relaxed);
    }
    return NULL;
}

static char const* sequence_lock(void)
{
    pthread_t readers[3];
    start_threads(readers, 3, read_sequence);
    pin_to(cpu_count() - 1);
    for (uint64_t i = 1; i <= 8 * kTimes || (atomic_load(&good_reads) < 100 && i < 1000 * kTimes); i++) {
        sequence++;
        __asm__ volatile("dmb ishst" ::: "memory");
        for (int word = 0; word < kWords; word++)
            lock.guarded[word] = i;
        __asm__ volatile("dmb ishst" ::: "memory");
        sequence++;
        if (i % 256 == 0)
            sched_yield();
    }
    atomic_store(&finished, true);
    join_threads(readers, 3);
    FAIL_UNLESS(atomic_load(&torn) == 0, "torn %u times", atomic_load(&torn));
    FAIL_UNLESS(atomic_load(&good_reads) >= 100, "only %lu reads", atomic_load(&good_reads));
    return NULL;
}

struct check const lock_checks[] = {
    { "lock-ticket", ticket_lock },
    { "lock-wait-for-event", wait_for_event },
    { "lock-sequence", sequence_lock },
    { 0 },
};
