/* Atomic instructions lose nothing: N threads times M operations give an exact result. */
#include "probe.h"

enum { kTimes = 10000, kThreads = 4 };

static struct {
    uint64_t volatile word[2];
} cell __attribute__((aligned(64)));

/* Each has its operation done kTimes times by each thread; `result` is compared then. */
#define LOOP(name, text, ...)                                                                   \
    static void* name(void* number)                                                             \
    {                                                                                           \
        register uint64_t mine __asm__("x9") = (uint64_t)number;                                \
        for (int i = 0; i < kTimes; i++)                                                        \
            __asm__ volatile(".arch armv8.2-a\n" text ::"r"(&cell), "r"(mine), "r"((uint64_t)1) \
                             : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "cc", "memory");       \
        return NULL;                                                                            \
    }
LOOP(add_lse, "ldadd %2, x1, [%0]")
LOOP(add_lse_ordered, "ldaddal %2, x1, [%0]")
LOOP(add_lse_32, "stadd %w2, [%0]")
LOOP(add_lse_8, "ldaddab %w2, w1, [%0]")
LOOP(add_exclusive, "1: ldxr x1, [%0]\n add x1, x1, %2\n stxr w2, x1, [%0]\n cbnz w2, 1b")
LOOP(add_exclusive_ordered, "1: ldaxr x1, [%0]\n add x1, x1, %2\n stlxr w2, x1, [%0]\n cbnz w2, 1b")
LOOP(add_exclusive_16, "1: ldxrh w1, [%0]\n add w1, w1, #1\n stxrh w2, w1, [%0]\n cbnz w2, 1b")
LOOP(add_exclusive_8, "1: ldaxrb w1, [%0]\n add w1, w1, #1\n stlxrb w2, w1, [%0]\n cbnz w2, 1b")
LOOP(add_exclusive_pair, "1: ldxp x1, x3, [%0]\n add x1, x1, %2\n add x3, x3, %2\n stxp w2, x1, x3, [%0]\n cbnz w2, 1b")
LOOP(add_exclusive_pair_32,
    "1: ldaxp w1, w3, [%0]\n add w1, w1, #1\n add w3, w3, #1\n stlxp w2, w1, w3, [%0]\n cbnz w2, 1b")
LOOP(add_compare, " ldr x1, [%0]\n1: mov x2, x1\n add x3, x1, %2\n casal x1, x3, [%0]\n cmp x1, x2\n b.ne 1b")
LOOP(add_compare_16, " ldrh w1, [%0]\n1: mov w2, w1\n add w3, w1, #1\n cash w1, w3, [%0]\n cmp w1, w2\n b.ne 1b")
LOOP(add_compare_pair,
    " ldp x2, x3, [%0]\n1: mov x1, x2\n add x4, x2, %2\n add x5, x3, %2\n mov x6, x3\n caspal x2, x3, x4, x5, [%0]\n"
    " cmp x2, x1\n ccmp x3, x6, #0, eq\n b.ne 1b")
LOOP(flip_bit, " lsl x1, %2, %1\n ldeoral x1, x2, [%0]")

struct sum {
    void* (*body)(void*);
    char const* what;
    uint64_t first, second; /* what both words must be */
};

static char const* sums(struct sum const* list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        cell.word[0] = cell.word[1] = 0;
        run_threads(kThreads, list[i].body);
        FAIL_UNLESS(cell.word[0] == list[i].first && cell.word[1] == list[i].second, "%s: %lx %lx instead of %lx %lx",
            list[i].what, cell.word[0], cell.word[1], list[i].first, list[i].second);
    }
    return NULL;
}
#define SUMS(list) sums(list, sizeof list / sizeof list[0])

static uint64_t const kSum = kThreads * kTimes;

static char const* lse(void)
{
    struct sum const list[] = {
        { add_lse, "ldadd", kSum, 0 },
        { add_lse_ordered, "ldaddal", kSum, 0 },
        { add_lse_32, "stadd w", kSum, 0 },
        { add_lse_8, "ldaddab", kSum & 0xff, 0 },
        { flip_bit, "ldeoral", 0, 0 },
    };
    return SUMS(list);
}

static char const* exclusive(void)
{
    struct sum const list[] = {
        { add_exclusive, "ldxr", kSum, 0 },
        { add_exclusive_ordered, "ldaxr", kSum, 0 },
        { add_exclusive_16, "ldxrh", kSum, 0 },
        { add_exclusive_8, "ldaxrb", kSum & 0xff, 0 },
        { add_exclusive_pair, "ldxp x", kSum, kSum },
        { add_exclusive_pair_32, "ldaxp w", kSum << 32 | kSum, 0 },
    };
    return SUMS(list);
}

static char const* compare_and_swap(void)
{
    struct sum const list[] = {
        { add_compare, "casal", kSum, 0 },
        { add_compare_16, "cash", kSum, 0 },
        { add_compare_pair, "caspal", kSum, kSum },
    };
    return SUMS(list);
}

static void* mixed(void* number)
{
    static void* (*const bodies[])(void*) = { add_lse, add_exclusive_ordered, add_compare, add_exclusive };
    return bodies[(uintptr_t)number % 4](number);
}

/* Both ways on one location, and on a byte of it while the whole is changed. */
static char const* mixed_forms(void)
{
    struct sum const list[] = { { mixed, "ldadd with ldxr and cas", kSum, 0 } };
    return SUMS(list);
}

static uint64_t tokens[kThreads];

static void* swap_tokens(void* number)
{
    uint64_t token = 1ull << 8 * (uintptr_t)number;
    for (int i = 0; i < kTimes; i++)
        __asm__ volatile(".arch armv8.2-a\nswpal %0, %0, [%1]" : "+r"(token) : "r"(&cell) : "memory");
    tokens[(uintptr_t)number] = token;
    return NULL;
}

/* Each token is held by one thread or lies in the cell; none is lost, none is doubled. */
static char const* swap(void)
{
    cell.word[0] = 0;
    run_threads(kThreads, swap_tokens);
    uint64_t all = cell.word[0];
    for (int i = 0; i < kThreads; i++)
        all += tokens[i];
    FAIL_UNLESS(all == 0x01010101, "tokens %lx", all);
    return NULL;
}

/* Thread k raises the cell to i * threads + k: in the end there is the largest of all. */
static void* raise_and_lower(void* number)
{
    for (uint64_t i = 0; i < kTimes; i++) {
        uint64_t const value = i * kThreads + (uint64_t)number;
        __asm__ volatile(".arch armv8.2-a\nldumaxal %0, x1, [%1]\nldsminal %2, x1, [%3]" ::"r"(value),
                         "r"(&cell.word[0]), "r"(-value), "r"(&cell.word[1])
                         : "x1", "memory");
    }
    return NULL;
}

static char const* minimum_and_maximum(void)
{
    cell.word[0] = cell.word[1] = 0;
    run_threads(kThreads, raise_and_lower);
    FAIL_UNLESS(cell.word[0] == kSum - 1 && cell.word[1] == 1 - kSum, "%lx %lx", cell.word[0], cell.word[1]);
    return NULL;
}

struct check const atomic_checks[] = {
    { "atomic-lse", lse },
    { "atomic-exclusive", exclusive },
    { "atomic-compare-and-swap", compare_and_swap },
    { "atomic-mixed-forms", mixed_forms },
    { "atomic-swap", swap },
    { "atomic-minimum-and-maximum", minimum_and_maximum },
    { 0 },
};
