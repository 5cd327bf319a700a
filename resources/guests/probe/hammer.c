/*
 * Threads that hammer pages while another changes the translations. Once the system call that took a page away has
 * returned, nobody may reach it by a stale translation.
 */
#include "probe.h"

enum { kPages = 8, kRounds = 60, kMaxThreads = 3 };

static char* hammered;
static atomic_bool finished;
static atomic_ulong strokes;
static _Thread_local sigjmp_buf retry;

static void on_fault(int number)
{
    (void)number;
    siglongjmp(retry, 1);
}

static void* write_all_the_time(void* number)
{
    uint64_t volatile stroke = (uint64_t)number << 32; /* a fault jumps back */
    sigsetjmp(retry, 1);
    while (!atomic_load_explicit(&finished, memory_order_relaxed)) {
        for (int i = 0; i < kPages; i++)
            ((uint64_t volatile*)(hammered + i * page_size()))[(uintptr_t)number] = ++stroke;
        atomic_fetch_add_explicit(&strokes, 1, memory_order_relaxed);
    }
    return NULL;
}

static int start(pthread_t* threads, void* (*body)(void*))
{
    signal(SIGSEGV, on_fault);
    hammered = pages(kPages, PROT_READ | PROT_WRITE);
    int const count = cpu_count() > 1 ? (cpu_count() - 1 < kMaxThreads ? cpu_count() - 1 : kMaxThreads) : 1;
    start_threads(threads, count, body);
    pin_to(cpu_count() - 1);
    return count;
}

static void stop(pthread_t* threads, int count)
{
    atomic_store(&finished, true);
    join_threads(threads, count);
}

static void let_them_work(void)
{
    unsigned long const before = atomic_load(&strokes);
    for (int i = 0; i < 200 && atomic_load(&strokes) < before + 20; i++)
        sched_yield();
}

/* True when none of the words the threads write changes for a while. */
static bool stands_still(char const* memory)
{
    uint64_t before[kPages][kMaxThreads];
    for (int i = 0; i < kPages; i++)
        memcpy(before[i], memory + i * page_size(), sizeof before[i]);
    for (int i = 0; i < 20; i++)
        sched_yield();
    for (int i = 0; i < kPages; i++)
        if (memcmp(before[i], memory + i * page_size(), sizeof before[i]) != 0)
            return false;
    return true;
}

static char const* read_only(void)
{
    pthread_t threads[kMaxThreads];
    int const count = start(threads, write_all_the_time);
    char const* reason = NULL;
    for (int round = 0; round < kRounds && reason == NULL; round++) {
        mprotect(hammered, kPages * page_size(), PROT_READ);
        if (!stands_still(hammered))
            reason = why("round %d: a page changed after mprotect made it read-only", round);
        mprotect(hammered, kPages * page_size(), PROT_READ | PROT_WRITE);
        let_them_work();
    }
    stop(threads, count);
    return reason;
}

static char const* recycled(void)
{
    pthread_t threads[kMaxThreads];
    int const count = start(threads, write_all_the_time);
    size_t const bytes = kPages * page_size();
    char const* reason = NULL;
    for (int round = 0; round < kRounds && reason == NULL; round++) {
        let_them_work();
        mmap(hammered, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        uint64_t* const fresh = pages(2 * kPages, PROT_READ | PROT_WRITE); /* likely the memory just given back */
        for (size_t pass = 0; pass < 2; pass++) {
            for (size_t word = 0; word < 2 * bytes / 8 && reason == NULL; word += page_size() / 8)
                for (size_t i = 0; i < kMaxThreads; i++)
                    if (fresh[word + i] != 0)
                        reason = why("round %d: a thread wrote %lx to a recycled page", round, fresh[word + i]);
            for (int i = 0; i < 10; i++)
                sched_yield();
        }
        munmap(fresh, 2 * bytes);
        mprotect(hammered, bytes, PROT_READ | PROT_WRITE);
    }
    stop(threads, count);
    return reason;
}

static char const* moved(void)
{
    pthread_t threads[kMaxThreads];
    int const count = start(threads, write_all_the_time);
    size_t const bytes = kPages * page_size();
    char* const elsewhere = pages(kPages, PROT_NONE);
    char const* reason = NULL;
    for (int round = 0; round < kRounds && reason == NULL; round++) {
        let_them_work();
        mremap(hammered, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere);
        if (!stands_still(elsewhere))
            reason = why("round %d: moved pages change through their old address", round);
        mremap(elsewhere, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, hammered);
    }
    stop(threads, count);
    return reason;
}

/* A child's copy stands still while the threads of the parent go on writing. */
static char const* forked(void)
{
    pthread_t threads[kMaxThreads];
    int const count = start(threads, write_all_the_time);
    char const* reason = NULL;
    for (int round = 0; round < 40 && reason == NULL; round++) {
        let_them_work();
        pid_t const child = fork();
        if (child == 0)
            _exit(stands_still(hammered) ? 0 : 1);
        int status;
        waitpid(child, &status, 0);
        if (status != 0)
            reason = why("round %d: the parent writes into its child (status %x)", round, status);
    }
    stop(threads, count);
    return reason;
}

static atomic_ulong published;
static atomic_ulong stale;

static void* read_versions(void* number)
{
    (void)number;
    while (!atomic_load_explicit(&finished, memory_order_relaxed)) {
        unsigned long const least = atomic_load_explicit(&published, memory_order_acquire);
        unsigned long const seen = *(unsigned long volatile*)hammered;
        if (seen < least)
            atomic_fetch_add(&stale, 1);
        atomic_fetch_add_explicit(&strokes, 1, memory_order_relaxed);
    }
    return NULL;
}

/* Another page of a file at the same address: who knows that it was exchanged reads the new one. */
static char const* exchanged(void)
{
    enum { kVersions = 64 };
    pthread_t threads[kMaxThreads];
    int const count = start(threads, read_versions);
    int const file = memfd_create("versions", 0);
    size_t const size = page_size();
    if (ftruncate(file, (off_t)(kVersions * size)) != 0)
        return "ftruncate";
    unsigned long volatile* const all = mmap(NULL, kVersions * size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    char const* reason = NULL;
    for (unsigned long version = 1; version < 150 && reason == NULL; version++) {
        off_t const offset = (off_t)(version % kVersions * size);
        all[offset / 8] = version;
        if (mmap(hammered, size, PROT_READ, MAP_SHARED | MAP_FIXED, file, offset) == MAP_FAILED)
            reason = "mmap";
        atomic_store_explicit(&published, version, memory_order_release);
        if (version % 64 == 0)
            let_them_work();
    }
    stop(threads, count);
    FAIL_UNLESS(atomic_load(&stale) == 0, "%lu reads of a page that was exchanged", atomic_load(&stale));
    return reason;
}

struct check const hammer_checks[] = {
    { "hammer-read-only", read_only },
    { "hammer-recycled", recycled },
    { "hammer-moved", moved },
    { "hammer-forked", forked },
    { "hammer-exchanged", exchanged },
    { 0 },
};
