/* Code that is made while others run it. */
#include "probe.h"

enum { kRet = 0xd65f03c0, kMovW0 = 0x52800000, kBranch2 = 0x14000002, kNop = 0xd503201f };

typedef uint32_t (*made_function)(void);

/* mov w0, #value; ret */
static void emit(uint32_t* at, uint32_t value)
{
    at[0] = kMovW0 | (value & 0xffff) << 5;
    at[1] = kRet;
}

static void emit_and_clear(uint32_t* at, uint32_t value)
{
    emit(at, value);
    __builtin___clear_cache((char*)at, (char*)(at + 2));
}

static char const* rewritten(void)
{
    uint32_t* const code = pages(1, PROT_READ | PROT_WRITE | PROT_EXEC);
    for (uint32_t i = 0; i < 20000; i++) {
        uint32_t* const at = code + i % 7 * 3;
        emit_and_clear(at, i);
        uint32_t const value = ((made_function)at)();
        FAIL_UNLESS(value == (i & 0xffff), "round %u returned %u", i, value);
    }
    return NULL;
}

/* Written at one address, run at another. */
static char const* two_mappings(void)
{
    int const file = memfd_create("code", 0);
    if (ftruncate(file, (off_t)page_size()) != 0)
        return "ftruncate";
    uint32_t* const writable = mmap(NULL, page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    uint32_t* const executable = mmap(NULL, page_size(), PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
    for (uint32_t i = 0; i < 5000; i++) {
        emit(writable, i);
        __builtin___clear_cache((char*)writable, (char*)(writable + 2));
        __builtin___clear_cache((char*)executable, (char*)(executable + 2));
        uint32_t const value = ((made_function)executable)();
        FAIL_UNLESS(value == (i & 0xffff), "round %u returned %u", i, value);
    }
    return NULL;
}

/* The kernel keeps the instruction cache right when other code is mapped at the same address. */
static char const* other_page(void)
{
    uint32_t* const place = pages(1, PROT_READ | PROT_WRITE | PROT_EXEC);
    for (uint32_t i = 0; i < 400; i++) {
        uint32_t* const code
            = mmap(place, page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        emit(code, i);
        mprotect(code, page_size(), PROT_READ | PROT_EXEC);
        __builtin___clear_cache((char*)code, (char*)(code + 2));
        uint32_t const value = ((made_function)code)();
        FAIL_UNLESS(value == i, "round %u returned %u", i, value);
    }
    return NULL;
}

static char const* forked_code(void)
{
    uint32_t* const code = pages(1, PROT_READ | PROT_WRITE | PROT_EXEC);
    for (uint32_t i = 0; i < 30; i++) {
        emit_and_clear(code, 1000 + i);
        pid_t const child = fork();
        if (child == 0) {
            bool good = ((made_function)code)() == 1000 + i;
            emit_and_clear(code, 7);
            good &= ((made_function)code)() == 7;
            _exit(good ? 0 : 1);
        }
        int status;
        waitpid(child, &status, 0);
        FAIL_UNLESS(status == 0, "the child ran other code (status %x)", status);
        FAIL_UNLESS(((made_function)code)() == 1000 + i, "the parent runs its child's code");
    }
    return NULL;
}

static uint32_t* shared_code;
static atomic_uint generation;
static atomic_uint acknowledged;
static atomic_uint wrong;
static atomic_bool finished;

static void* run_generations(void* number)
{
    (void)number;
    for (uint32_t last = 0; !atomic_load(&finished);) {
        uint32_t const current = atomic_load_explicit(&generation, memory_order_acquire);
        if (current == last) {
            sched_yield();
            continue;
        }
        __asm__ volatile("isb" ::: "memory");
        if (((made_function)shared_code)() != (current & 0xffff))
            atomic_fetch_add(&wrong, 1);
        last = current;
        atomic_fetch_add(&acknowledged, 1);
    }
    return NULL;
}

/* Other threads that heard of new code, and did an ISB, run it. */
static char const* across_threads(void)
{
    pthread_t threads[3];
    int const count = cpu_count() > 3 ? 3 : 1;
    shared_code = pages(1, PROT_READ | PROT_WRITE | PROT_EXEC);
    start_threads(threads, count, run_generations);
    pin_to(cpu_count() - 1);
    for (uint32_t i = 1; i <= 60; i++) {
        emit_and_clear(shared_code, i);
        atomic_store_explicit(&generation, i, memory_order_release);
        while (atomic_load(&acknowledged) < i * (unsigned)count)
            sched_yield();
    }
    atomic_store(&finished, true);
    join_threads(threads, count);
    FAIL_UNLESS(atomic_load(&wrong) == 0, "%u runs of old code", atomic_load(&wrong));
    return NULL;
}

static void* run_patched(void* number)
{
    (void)number;
    while (!atomic_load_explicit(&finished, memory_order_relaxed)) {
        uint32_t const value = ((made_function)shared_code)();
        if (value != 1 && value != 2)
            atomic_fetch_add(&wrong, 1);
        atomic_fetch_add_explicit(&acknowledged, 1, memory_order_relaxed);
    }
    return NULL;
}

/* A branch exchanged with a NOP while others run it, as the kernel's static keys do: the old code or the new. */
static char const* patched_under_way(void)
{
    pthread_t threads[3];
    int const count = cpu_count() > 3 ? 3 : 1;
    shared_code = pages(1, PROT_READ | PROT_WRITE | PROT_EXEC);
    shared_code[0] = kNop;
    emit(shared_code + 1, 1); /* a NOP leads here; the branch over the first word leads to 2 */
    shared_code[1] = kBranch2 + 1;
    emit(shared_code + 2, 2);
    emit(shared_code + 4, 1);
    __builtin___clear_cache((char*)shared_code, (char*)(shared_code + 6));
    start_threads(threads, count, run_patched);
    pin_to(cpu_count() - 1);
    for (int i = 0; i < 80; i++) {
        __atomic_store_n(&shared_code[0], i % 2 ? kNop : kBranch2, __ATOMIC_RELEASE);
        __builtin___clear_cache((char*)shared_code, (char*)(shared_code + 1));
        uint32_t const value = ((made_function)shared_code)();
        if (value != (i % 2 ? 1 : 2))
            atomic_fetch_add(&wrong, 1);
    }
    atomic_store(&finished, true);
    join_threads(threads, count);
    FAIL_UNLESS(atomic_load(&wrong) == 0, "%u wrong runs", atomic_load(&wrong));
    return NULL;
}

struct check const code_checks[] = {
    { "code-rewritten", rewritten },
    { "code-two-mappings", two_mappings },
    { "code-other-page", other_page },
    { "code-forked", forked_code },
    { "code-across-threads", across_threads },
    { "code-patched-under-way", patched_under_way },
    { 0 },
};
