/* Accesses that fault: the signal, its code, its address, and that nothing else happened. */
#include "probe.h"

#include <sys/syscall.h>
#include <sys/uio.h>

static void load(void* at)
{
    (void)*(uint32_t volatile*)at;
}
static void store(void* at)
{
    *(uint32_t volatile*)at = 1;
}
static void call(void* at)
{
    ((void (*)(void))at)();
}
static void load_exclusive(void* at)
{
    __asm__ volatile("ldxr x9, [%0]" ::"r"(at) : "x9", "memory");
}
static void store_exclusive(void* at)
{
    __asm__ volatile("stxr w8, x9, [%0]" ::"r"(at) : "x8", "memory");
}
static void load_acquire(void* at)
{
    __asm__ volatile("ldar x9, [%0]" ::"r"(at) : "x9", "memory");
}
static void store_release(void* at)
{
    __asm__ volatile("stlr xzr, [%0]" ::"r"(at) : "memory");
}
static void atomic_add(void* at)
{
    __asm__ volatile(".arch armv8.2-a\nldadd x9, x9, [%0]" ::"r"(at) : "x9", "memory");
}
static void compare_pair(void* at)
{
    __asm__ volatile(".arch armv8.2-a\ncasp x2, x3, x4, x5, [%0]" ::"r"(at) : "x2", "x3", "x4", "x5", "memory");
}
static void load_by_sp(void* at)
{
    __asm__ volatile("mov x9, sp\nmov sp, %0\nldr x10, [sp]\nmov sp, x9" ::"r"(at) : "x9", "x10", "memory");
}
static void load_post_index(void* at)
{
    __asm__ volatile("mov x1, %0\nmov x2, #77\nldr x2, [x1], #8" ::"r"(at) : "x1", "x2", "memory");
}
static void store_pair_pre_index(void* at)
{
    __asm__ volatile("mov x1, %0\nstp x2, x3, [x1, #-16]!" ::"r"(at) : "x1", "memory");
}

struct fault_case {
    char const* what;
    void (*body)(void*);
    void* at;
    int signal;
    int code;
};

static char const* expect_fault(struct fault_case const* c)
{
    struct caught const seen = catch_signal(c->body, c->at);
    FAIL_UNLESS(seen.signal == c->signal && seen.code == c->code, "%s: signal %d code %d instead of %d code %d",
        c->what, seen.signal, seen.code, c->signal, c->code);
    bool const has_address = c->body != load_by_sp; /* FAR_EL1 is UNKNOWN there */
    FAIL_UNLESS(!has_address || seen.address == c->at, "%s: si_addr %p instead of %p", c->what, seen.address, c->at);
    FAIL_UNLESS(c->body != call || seen.pc == (uint64_t)c->at, "%s: pc %lx", c->what, seen.pc);
    return NULL;
}

static char const* segments(void)
{
    char* const read_only = pages(1, PROT_READ);
    char* const none = pages(1, PROT_NONE);
    char* const data = pages(1, PROT_READ | PROT_WRITE);
    *data = 1;
    /* The last one, so that nothing fills it. */
    char* const hole = pages(1, PROT_READ | PROT_WRITE);
    munmap(hole, page_size());
    load(read_only);
    struct fault_case const cases[] = {
        { "load from a hole", load, hole + 12, SIGSEGV, SEGV_MAPERR },
        { "store to a hole", store, hole + 16, SIGSEGV, SEGV_MAPERR },
        { "call into a hole", call, hole + 4, SIGSEGV, SEGV_MAPERR },
        { "store to read-only", store, read_only + 20, SIGSEGV, SEGV_ACCERR },
        { "atomic on read-only", atomic_add, read_only + 24, SIGSEGV, SEGV_ACCERR },
        { "load from PROT_NONE", load, none + 8, SIGSEGV, SEGV_ACCERR },
        { "call of data", call, data + 32, SIGSEGV, SEGV_ACCERR },
        { "store to the kernel's half", store, (void*)0xffff800000000040, SIGSEGV, SEGV_MAPERR },
        { "load exclusive from a hole", load_exclusive, hole + 64, SIGSEGV, SEGV_MAPERR },
        { "atomic on a hole", atomic_add, hole + 72, SIGSEGV, SEGV_MAPERR },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char const* const reason = expect_fault(&cases[i]);
        if (reason != NULL)
            return reason;
    }
    return NULL;
}

static char const* alignment(void)
{
    char* const data = pages(1, PROT_READ | PROT_WRITE);
    struct fault_case const cases[] = {
        { "unaligned ldxr", load_exclusive, data + 4, SIGBUS, BUS_ADRALN },
        { "unaligned stxr", store_exclusive, data + 4, SIGBUS, BUS_ADRALN },
        { "unaligned ldar", load_acquire, data + 1, SIGBUS, BUS_ADRALN },
        { "unaligned stlr", store_release, data + 2, SIGBUS, BUS_ADRALN },
        { "unaligned ldadd", atomic_add, data + 12, SIGBUS, BUS_ADRALN },
        { "unaligned casp", compare_pair, data + 8, SIGBUS, BUS_ADRALN },
        { "unaligned stack pointer", load_by_sp, data + 8, SIGBUS, BUS_ADRALN },
        { "unaligned program counter", call, data + 2, SIGBUS, BUS_ADRALN },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char const* const reason = expect_fault(&cases[i]);
        if (reason != NULL)
            return reason;
    }
    return NULL;
}

static char const* behind_the_file(void)
{
    int const file = memfd_create("short", 0);
    if (file < 0 || ftruncate(file, 10) != 0)
        return why("memfd: %s", strerror(errno));
    char* const map = mmap(NULL, 2 * page_size(), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    *map = 1;
    struct fault_case const read = { "load behind the file", load, map + page_size() + 4, SIGBUS, BUS_ADRERR };
    struct fault_case const write = { "store behind the file", store, map + page_size() + 8, SIGBUS, BUS_ADRERR };
    char const* const reason = expect_fault(&read);
    return reason != NULL ? reason : expect_fault(&write);
}

/* A faulting instruction changes no register; an access over two pages names the page that is missing. */
static char const* precision(void)
{
    char* const memory = pages(3, PROT_READ | PROT_WRITE);
    char* const hole = memory + page_size();
    munmap(hole, page_size());
    struct caught seen = catch_signal(load_post_index, hole + 8);
    FAIL_UNLESS(seen.x[1] == (uint64_t)hole + 8 && seen.x[2] == 77, "ldr changed x1 %lx x2 %lx", seen.x[1], seen.x[2]);
    seen = catch_signal(store_pair_pre_index, hole + page_size());
    FAIL_UNLESS(seen.x[1] == (uint64_t)hole + page_size(), "stp changed its base to %lx", seen.x[1]);

    seen = catch_signal(load, hole - 2);
    FAIL_UNLESS(seen.signal == SIGSEGV && seen.address == hole, "over the page's end: si_addr %p", seen.address);
    memset(hole - 8, 0x55, 8);
    seen = catch_signal(store, hole - 1);
    FAIL_UNLESS(seen.signal == SIGSEGV && seen.address == hole, "store over the page's end: %p", seen.address);
    FAIL_UNLESS(hole[-1] == 0x55, "half a store was done");
    seen = catch_signal(load, hole + page_size() - 2);
    FAIL_UNLESS((char*)seen.address == hole + page_size() - 2, "into a good page: si_addr %p", seen.address);
    return NULL;
}

static char const* tagged_addresses(void)
{
    uint64_t* const data = pages(1, PROT_READ | PROT_WRITE);
    uint64_t* const tagged = (uint64_t*)((uint64_t)data | 0xa5ull << 56);
    *(uint64_t volatile*)tagged = 42;
    FAIL_UNLESS(*(uint64_t volatile*)data == 42, "a tagged store went elsewhere");
    munmap(data, page_size());
    struct caught const seen = catch_signal(load, tagged);
    FAIL_UNLESS(seen.signal == SIGSEGV && seen.address == data, "si_addr %p for %p", seen.address, (void*)tagged);
    struct caught const wild = catch_signal(load, (void*)0x00f0000000001000); /* bits 55..48 are no tag */
    FAIL_UNLESS(wild.signal == SIGSEGV, "an address out of range gave signal %d", wild.signal);
    return NULL;
}

/* The kernel's own accesses on our behalf fault as ours do, and are undone. */
static char const* system_calls(void)
{
    char* const memory = pages(2, PROT_READ | PROT_WRITE);
    memset(memory, 7, 2 * page_size());
    char* const end = memory + page_size();
    mprotect(end, page_size(), PROT_NONE);
    int ends[2];
    if (pipe(ends) != 0)
        return "pipe";
    FAIL_UNLESS(write(ends[1], end, 8) == -1 && errno == EFAULT, "write of PROT_NONE was done");
    FAIL_UNLESS(write(ends[1], "abcdefgh", 8) == 8, "write");
    mprotect(memory, page_size(), PROT_READ);
    FAIL_UNLESS(read(ends[0], memory, 8) == -1 && errno == EFAULT, "read into a read-only page was done");
    FAIL_UNLESS(memory[0] == 7, "a read-only page changed");
    FAIL_UNLESS(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, (void*)0xffff000000000000) == -1 && errno == EFAULT,
        "the kernel wrote to its own half for us");
    return NULL;
}

struct check const fault_checks[] = {
    { "fault-segments", segments },
    { "fault-alignment", alignment },
    { "fault-behind-the-file", behind_the_file },
    { "fault-precision", precision },
    { "fault-tagged-addresses", tagged_addresses },
    { "fault-system-calls", system_calls },
    { 0 },
};
