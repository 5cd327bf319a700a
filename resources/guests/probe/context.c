/* What a thread has in its registers stays there: over switches, signals and moves to another CPU. */
#include "probe.h"

#include <fenv.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <sys/time.h>

struct vectors {
    uint64_t lane[64];
};

/* Loads all vector registers and FPCR, does `rounds` system calls (number in x8) or, for 0xffffffff, nothing but
   count, and stores what is there then. */
void hold_vectors(struct vectors const* in, struct vectors* out, uint64_t rounds, uint64_t call);
#define EACH_PAIR(instruction)                                                                                    \
    instruction(0, 1) instruction(2, 3) instruction(4, 5) instruction(6, 7) instruction(8, 9) instruction(10, 11) \
        instruction(12, 13) instruction(14, 15) instruction(16, 17) instruction(18, 19) instruction(20, 21)       \
            instruction(22, 23) instruction(24, 25) instruction(26, 27) instruction(28, 29) instruction(30, 31)
#define LOAD(a, b) " ldp q" #a ", q" #b ", [x0], #32\n"
#define STORE(a, b) " stp q" #a ", q" #b ", [x1], #32\n"
__asm__(".text\n.balign 64\nhold_vectors:\n"
        " stp d8, d9, [sp, #-64]!\n stp d10, d11, [sp, #16]\n stp d12, d13, [sp, #32]\n stp d14, d15, [sp, "
        "#48]\n" EACH_PAIR(LOAD) " mov x8, x3\n mov x9, x2\n"
                                 "1: cbz x8, 2f\n svc #0\n"
                                 "2: subs x9, x9, #1\n b.ne 1b\n" EACH_PAIR(
                                     STORE) " ldp d10, d11, [sp, #16]\n ldp d12, d13, [sp, #32]\n ldp d14, d15, [sp, "
                                            "#48]\n ldp d8, d9, [sp], #64\n ret\n");

static atomic_uint differences;

static void fill(struct vectors* vectors, uint64_t seed)
{
    for (int i = 0; i < 64; i++)
        vectors->lane[i] = seed = seed * 6364136223846793005u + 1442695040888963407u;
}

static void* hold(void* number)
{
    struct vectors in, out;
    for (int i = 0; i < 40; i++) {
        fill(&in, (uint64_t)number * 1000 + (uint64_t)i);
        pin_to((int)((uintptr_t)number + (uintptr_t)i) % cpu_count());
        hold_vectors(&in, &out, 50, SYS_sched_yield);
        if (memcmp(&in, &out, sizeof in) != 0)
            atomic_fetch_add(&differences, 1);
    }
    return NULL;
}

static char const* vectors_over_switches(void)
{
    run_threads(2 * cpu_count(), hold);
    FAIL_UNLESS(atomic_load(&differences) == 0, "%u times registers changed", atomic_load(&differences));
    return NULL;
}

static atomic_int signals;

static void clobber(int number)
{
    (void)number;
    struct vectors in, out;
    fill(&in, 77);
    hold_vectors(&in, &out, 1, 0);
    fesetround(FE_UPWARD);
    atomic_fetch_add(&signals, 1);
}

static char const* vectors_over_signals(void)
{
    struct itimerval const each = { { 0, 3000 }, { 0, 3000 } };
    signal(SIGALRM, clobber);
    setitimer(ITIMER_REAL, &each, NULL);
    fesetround(FE_DOWNWARD);
    struct vectors in, out;
    /* A fast processor is done before the first signal: main.c ends a check that waits for ever. */
    for (int i = 0; i < 40 || atomic_load(&signals) < 10; i++) {
        fill(&in, (uint64_t)i);
        hold_vectors(&in, &out, 100000, 0);
        FAIL_UNLESS(memcmp(&in, &out, sizeof in) == 0, "round %d: registers changed", i);
        FAIL_UNLESS(fegetround() == FE_DOWNWARD, "round %d: the rounding mode changed", i);
    }
    return NULL;
}

static char const* rounding(void)
{
    static struct {
        int mode;
        uint64_t third, minus_third;
        uint32_t single;
        int64_t integer;
    } const expected[] = {
        { FE_TONEAREST, 0x3fd5555555555555, 0xbfd5555555555555, 0x3eaaaaab, 2 },
        { FE_UPWARD, 0x3fd5555555555556, 0xbfd5555555555555, 0x3eaaaaab, 3 },
        { FE_DOWNWARD, 0x3fd5555555555555, 0xbfd5555555555556, 0x3eaaaaaa, 2 },
        { FE_TOWARDZERO, 0x3fd5555555555555, 0xbfd5555555555555, 0x3eaaaaaa, 2 },
    };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        double volatile one = 1, three = 3, minus = -1, half = 2.5;
        float volatile one_f = 1, three_f = 3;
        fesetround(expected[i].mode);
        double const third = one / three, minus_third = minus / three;
        float const single = one_f / three_f;
        int64_t integer;
        double const value = half;
        __asm__ volatile("frinti d0, %d1\nfcvtzs %0, d0" : "=r"(integer) : "w"(value) : "v0");
        uint64_t a, b;
        uint32_t c;
        memcpy(&a, &third, 8);
        memcpy(&b, &minus_third, 8);
        memcpy(&c, &single, 4);
        FAIL_UNLESS(a == expected[i].third && b == expected[i].minus_third && c == expected[i].single
                && integer == expected[i].integer,
            "mode %x: %lx %lx %x %ld", expected[i].mode, a, b, c, integer);
    }
    return NULL;
}

static char const* exception_flags(void)
{
    fesetround(FE_TONEAREST);
    double volatile zero = 0, one = 1, three = 3, huge = 1e308, tiny = 1e-308, result;
    struct {
        char const* what;
        double left, right;
        int operation, flags;
    } const cases[] = {
        { "1 / 3", one, three, '/', FE_INEXACT },
        { "1 / 0", one, zero, '/', FE_DIVBYZERO },
        { "0 / 0", zero, zero, '/', FE_INVALID },
        { "overflow", huge, huge, '*', FE_OVERFLOW | FE_INEXACT },
        { "underflow", tiny, tiny, '*', FE_UNDERFLOW | FE_INEXACT },
        { "exact", one, three, '*', 0 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        feclearexcept(FE_ALL_EXCEPT);
        double volatile left = cases[i].left, right = cases[i].right;
        result = cases[i].operation == '/' ? left / right : left * right;
        int const flags = fetestexcept(FE_ALL_EXCEPT);
        FAIL_UNLESS(flags == cases[i].flags, "%s: flags %x instead of %x", cases[i].what, flags, cases[i].flags);
    }
    (void)result;
    /* One statement: the compiler knows nothing of FPCR and might move the multiplication. */
    uint64_t const flush = 1 << 24; /* FPCR.FZ */
    uint64_t fpsr;
    double const subnormal = 4.9e-324;
    double flushed;
    __asm__ volatile("msr fpcr, %2\nfmul %d1, %d3, %d4\nmsr fpcr, xzr\nmrs %0, fpsr"
                     : "=r"(fpsr), "=&w"(flushed)
                     : "r"(flush), "w"(subnormal), "w"((double)one));
    FAIL_UNLESS(flushed == 0 && (fpsr & 0x80), "FZ did not flush a subnormal number");
    return NULL;
}

static atomic_uint ball;

static void* play(void* number)
{
    uint32_t const mine = (uint32_t)(uintptr_t)number;
    for (uint32_t round = 0; round < 1500; round++) {
        uint32_t const expected = 2 * round + mine;
        for (uint32_t seen; (seen = atomic_load(&ball)) != expected;)
            syscall(SYS_futex, &ball, FUTEX_WAIT, seen, NULL, NULL, 0);
        atomic_store(&ball, expected + 1);
        syscall(SYS_futex, &ball, FUTEX_WAKE, 1, NULL, NULL, 0);
    }
    return NULL;
}

static char const* futex_ping_pong(void)
{
    run_threads(2, play);
    FAIL_UNLESS(atomic_load(&ball) == 3000, "%u strokes", atomic_load(&ball));
    return NULL;
}

struct check const context_checks[] = {
    { "context-vectors-over-switches", vectors_over_switches },
    { "context-vectors-over-signals", vectors_over_signals },
    { "context-rounding-modes", rounding },
    { "context-exception-flags", exception_flags },
    { "context-futex-ping-pong", futex_ping_pong },
    { 0 },
};
