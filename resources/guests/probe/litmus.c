/*
 * Memory order. Each test runs its threads over an array of locations many thousand times, meets at each location, and
 * counts how often the outcome that tells of reordering appeared. [Arm DDI 0487, B2.3; names of the tests: Alglave,
 * Maranget, Tautschnig, "Herding cats", 2014]
 */
#include "probe.h"

enum {
    kLocations = 15000,
    kBatches = 8,
    kMaxParts = 4,
    /* Steps between two looks at the clock, and until another thread may have this CPU. */
    kSpins = 2000,
    /* A thread whose CPU has no processor of the host keeps the others waiting for so long in all; then they go on. */
    kWaitMs = 500,
    /* Again until a test shows an outcome that every processor can show. */
    kMostRounds = 40,
    /* Steps by which one thread may be late: about the time in which a store becomes visible. */
    kSkews = 64,
};

/* One try: locations on lines of their own, and what the threads read. */
struct trial {
    atomic_int arrived __attribute__((aligned(64)));
    uint64_t volatile x __attribute__((aligned(64)));
    uint64_t volatile y __attribute__((aligned(64)));
    uint64_t r[4] __attribute__((aligned(64)));
};

typedef void (*part)(struct trial*);

enum verdict {
    kForbidden,
    kAllowed,
    /* Every processor with a store buffer shows it, whatever else it keeps in order. */
    kCommon,
};

struct litmus {
    char const* name;
    enum verdict verdict;
    part parts[kMaxParts];
    bool (*outcome)(struct trial const*);
};

#define ST(v, n) "mov x9, #" #n "\nstr x9, [%[" #v "]]\n"
#define STL(v, n) "mov x9, #" #n "\nstlr x9, [%[" #v "]]\n"
#define LD(v, r) "ldr " #r ", [%[" #v "]]\n"
#define LDA(v, r) "ldar " #r ", [%[" #v "]]\n"
#define LDQ(v, r) ".arch armv8.3-a\nldapr " #r ", [%[" #v "]]\n"
#define DMB "dmb ish\n"
#define DMB_LD "dmb ishld\n"
#define DMB_ST "dmb ishst\n"
/* Stores what was read plus n - 1: depends on the data. */
#define ST_DATA(v, r, n) "eor x9, " #r ", " #r "\nadd x9, x9, #" #n "\nstr x9, [%[" #v "]]\n"
#define LD_ADDRESS(v, r, from) "eor x9, " #from ", " #from "\nldr " #r ", [%[" #v "], x9]\n"
#define SWP(v, n) ".arch armv8.2-a\nmov x9, #" #n "\nswpal x9, x10, [%[" #v "]]\n"

#define PART(name, text, ra, rb)                                                                              \
    static void name(struct trial* t)                                                                         \
    {                                                                                                         \
        __asm__ volatile("mov x1, #0\nmov x2, #0\n" text "str x1, [%[a]]\nstr x2, [%[b]]\n" ::[x] "r"(&t->x), \
                         [y] "r"(&t->y), [a] "r"(&t->r[ra]), [b] "r"(&t->r[rb])                               \
                         : "x1", "x2", "x9", "x10", "memory");                                                \
    }
/* Parts that read nothing write their zeros to r[3], which two-thread tests do not use. */
PART(mp_write, ST(x, 1) ST(y, 1), 3, 3)
PART(mp_write_dmb, ST(x, 1) DMB ST(y, 1), 3, 3)
PART(mp_write_dmb_st, ST(x, 1) DMB_ST ST(y, 1), 3, 3)
PART(mp_write_stl, ST(x, 1) STL(y, 1), 3, 3)
PART(mp_read, LD(y, x1) LD(x, x2), 0, 1)
PART(mp_read_dmb, LD(y, x1) DMB LD(x, x2), 0, 1)
PART(mp_read_dmb_ld, LD(y, x1) DMB_LD LD(x, x2), 0, 1)
PART(mp_read_lda, LDA(y, x1) LD(x, x2), 0, 1)
PART(mp_read_ldapr, LDQ(y, x1) LD(x, x2), 0, 1)
PART(mp_read_address, LD(y, x1) LD_ADDRESS(x, x2, x1), 0, 1)
PART(sb_0, ST(x, 1) LD(y, x1), 0, 3)
PART(sb_1, ST(y, 1) LD(x, x1), 1, 3)
PART(sb_0_dmb, ST(x, 1) DMB LD(y, x1), 0, 3)
PART(sb_1_dmb, ST(y, 1) DMB LD(x, x1), 1, 3)
PART(sb_0_ordered, STL(x, 1) LDA(y, x1), 0, 3)
PART(sb_1_ordered, STL(y, 1) LDA(x, x1), 1, 3)
PART(sb_0_rcpc, STL(x, 1) LDQ(y, x1), 0, 3)
PART(sb_1_rcpc, STL(y, 1) LDQ(x, x1), 1, 3)
PART(sb_0_swap, SWP(x, 1) LDA(y, x1), 0, 3)
PART(sb_1_swap, SWP(y, 1) LDA(x, x1), 1, 3)
PART(lb_0, LD(x, x1) ST(y, 1), 0, 3)
PART(lb_1, LD(y, x1) ST(x, 1), 1, 3)
PART(lb_0_dmb, LD(x, x1) DMB ST(y, 1), 0, 3)
PART(lb_1_dmb, LD(y, x1) DMB ST(x, 1), 1, 3)
PART(lb_0_data, LD(x, x1) ST_DATA(y, x1, 1), 0, 3)
PART(lb_1_data, LD(y, x1) ST_DATA(x, x1, 1), 1, 3)
PART(lb_0_ordered, LDA(x, x1) STL(y, 1), 0, 3)
PART(lb_1_ordered, LDA(y, x1) STL(x, 1), 1, 3)
PART(s_0, ST(x, 2) ST(y, 1), 3, 3)
PART(s_0_dmb, ST(x, 2) DMB ST(y, 1), 3, 3)
PART(s_0_stl, ST(x, 2) STL(y, 1), 3, 3)
PART(s_1, LD(y, x1) ST(x, 1), 0, 3)
PART(s_1_data, LD(y, x1) ST_DATA(x, x1, 1), 0, 3)
PART(s_1_lda, LDA(y, x1) ST(x, 1), 0, 3)
PART(r_1, ST(y, 2) LD(x, x1), 0, 3)
PART(r_1_dmb, ST(y, 2) DMB LD(x, x1), 0, 3)
PART(r_1_ordered, STL(y, 2) LDA(x, x1), 0, 3)
PART(w_0, ST(x, 1) ST(y, 2), 3, 3)
PART(w_1, ST(y, 1) ST(x, 2), 3, 3)
PART(w_0_dmb, ST(x, 1) DMB ST(y, 2), 3, 3)
PART(w_1_dmb, ST(y, 1) DMB ST(x, 2), 3, 3)
PART(w_0_stl, STL(x, 1) STL(y, 2), 3, 3)
PART(w_1_stl, STL(y, 1) STL(x, 2), 3, 3)
PART(co_read, LD(x, x1) LD(x, x2), 0, 1)

/* Writers of IRIW and WRC must leave r alone: four threads read into all of it. */
static void write_x(struct trial* t)
{
    t->x = 1;
}
static void write_y(struct trial* t)
{
    t->y = 1;
}
PART(iriw_0, LD(x, x1) LD(y, x2), 0, 1)
PART(iriw_1, LD(y, x1) LD(x, x2), 2, 3)
PART(iriw_0_dmb, LD(x, x1) DMB LD(y, x2), 0, 1)
PART(iriw_1_dmb, LD(y, x1) DMB LD(x, x2), 2, 3)
PART(iriw_0_lda, LDA(x, x1) LDA(y, x2), 0, 1)
PART(iriw_1_lda, LDA(y, x1) LDA(x, x2), 2, 3)
PART(iriw_0_address, LD(x, x1) LD_ADDRESS(y, x2, x1), 0, 1)
PART(iriw_1_address, LD(y, x1) LD_ADDRESS(x, x2, x1), 2, 3)
PART(wrc_1, LD(x, x1) ST_DATA(y, x1, 1), 2, 3)

static bool out_mp(struct trial const* t)
{
    return t->r[0] == 1 && t->r[1] == 0;
}
static bool out_sb(struct trial const* t)
{
    return t->r[0] == 0 && t->r[1] == 0;
}
static bool out_lb(struct trial const* t)
{
    return t->r[0] == 1 && t->r[1] == 1;
}
static bool out_s(struct trial const* t)
{
    return t->r[0] == 1 && t->x == 2;
}
static bool out_r(struct trial const* t)
{
    return t->y == 2 && t->r[0] == 0;
}
static bool out_w(struct trial const* t)
{
    return t->x == 1 && t->y == 1;
}
static bool out_iriw(struct trial const* t)
{
    return t->r[0] == 1 && t->r[1] == 0 && t->r[2] == 1 && t->r[3] == 0;
}
static bool out_wrc(struct trial const* t)
{
    return t->r[2] == 1 && t->r[0] == 1 && t->r[1] == 0;
}

static struct litmus const tests[] = {
    { "MP", kAllowed, { mp_write, mp_read }, out_mp },
    { "MP+dmbs", kForbidden, { mp_write_dmb, mp_read_dmb }, out_mp },
    { "MP+dmb.st+dmb.ld", kForbidden, { mp_write_dmb_st, mp_read_dmb_ld }, out_mp },
    { "MP+dmb.st+address", kForbidden, { mp_write_dmb_st, mp_read_address }, out_mp },
    { "MP+stlr+ldar", kForbidden, { mp_write_stl, mp_read_lda }, out_mp },
    { "MP+stlr+ldapr", kForbidden, { mp_write_stl, mp_read_ldapr }, out_mp },
    { "SB", kCommon, { sb_0, sb_1 }, out_sb },
    { "SB+dmbs", kForbidden, { sb_0_dmb, sb_1_dmb }, out_sb },
    { "SB+stlr+ldar", kForbidden, { sb_0_ordered, sb_1_ordered }, out_sb },
    { "SB+stlr+ldapr", kAllowed, { sb_0_rcpc, sb_1_rcpc }, out_sb },
    { "SB+swpal+ldar", kForbidden, { sb_0_swap, sb_1_swap }, out_sb },
    { "LB", kAllowed, { lb_0, lb_1 }, out_lb },
    { "LB+dmbs", kForbidden, { lb_0_dmb, lb_1_dmb }, out_lb },
    { "LB+data", kForbidden, { lb_0_data, lb_1_data }, out_lb },
    { "LB+ldar+stlr", kForbidden, { lb_0_ordered, lb_1_ordered }, out_lb },
    { "S", kAllowed, { s_0, s_1 }, out_s },
    { "S+dmb+data", kForbidden, { s_0_dmb, s_1_data }, out_s },
    { "S+stlr+ldar", kForbidden, { s_0_stl, s_1_lda }, out_s },
    { "R", kCommon, { mp_write, r_1 }, out_r },
    { "R+dmbs", kForbidden, { mp_write_dmb, r_1_dmb }, out_r },
    { "R+stlr+ldar", kForbidden, { mp_write_stl, r_1_ordered }, out_r },
    { "2+2W", kAllowed, { w_0, w_1 }, out_w },
    { "2+2W+dmbs", kForbidden, { w_0_dmb, w_1_dmb }, out_w },
    { "2+2W+stlrs", kForbidden, { w_0_stl, w_1_stl }, out_w },
    { "CoRR", kForbidden, { write_x, co_read }, out_mp },
    { "IRIW", kAllowed, { iriw_0, write_x, iriw_1, write_y }, out_iriw },
    { "IRIW+dmbs", kForbidden, { iriw_0_dmb, write_x, iriw_1_dmb, write_y }, out_iriw },
    { "IRIW+ldars", kForbidden, { iriw_0_lda, write_x, iriw_1_lda, write_y }, out_iriw },
    { "IRIW+addresses", kForbidden, { iriw_0_address, write_x, iriw_1_address, write_y }, out_iriw },
    { "WRC+data+address", kForbidden, { write_x, wrc_1, mp_read_address }, out_wrc },
};

static struct trial trials[kLocations];
static struct litmus const* current;
static int parts;
static atomic_int arrived;

static uint64_t go_on_at;
static atomic_bool wait_no_more;

/* All threads leave at nearly the same moment: they spin, but give way when the others are not running. */
static void meet(int round)
{
    atomic_fetch_add(&arrived, 1);
    for (int spins = 0; atomic_load_explicit(&arrived, memory_order_relaxed) < parts * round; spins++)
        if (spins > kSpins)
            sched_yield();
}

/* The same at one location, unless the others have been waited for long enough. */
static bool meet_at(struct trial* t)
{
    atomic_fetch_add_explicit(&t->arrived, 1, memory_order_relaxed);
    for (int spins = 1; atomic_load_explicit(&t->arrived, memory_order_relaxed) < parts; spins++) {
        if (atomic_load_explicit(&wait_no_more, memory_order_relaxed))
            return false;
        if (spins % kSpins != 0)
            continue;
        if (now_ns() > go_on_at)
            atomic_store_explicit(&wait_no_more, true, memory_order_relaxed);
        sched_yield();
    }
    return true;
}

static unsigned seen;
static unsigned tried;
static unsigned together;

static void count_outcomes(void)
{
    for (int i = 0; i < kLocations; i++) {
        seen += current->outcome(&trials[i]);
        trials[i].x = trials[i].y = 0;
        atomic_store_explicit(&trials[i].arrived, 0, memory_order_relaxed);
        memset(trials[i].r, 0, sizeof trials[i].r);
    }
    tried += kLocations;
}

static void* run_part(void* number)
{
    int const mine = (int)(intptr_t)number;
    part const body = current->parts[mine];
    uint32_t random = 0x9e3779b9u * (unsigned)(mine + 1) + tried;
    for (int batch = 0; batch < kBatches; batch++) {
        meet(2 * batch + 1);
        for (int i = 0; i < kLocations; i++) {
            struct trial* const t = &trials[i];
            /* Both have the lines, so that loads are quick and stores have to ask for them. */
            (void)t->x;
            (void)t->y;
            random ^= random << 13;
            random ^= random >> 17;
            random ^= random << 5;
            bool const met = meet_at(t);
            for (unsigned skew = random % kSkews; skew > 0; skew--)
                __asm__ volatile("nop");
            body(t);
            if (mine == 0)
                together += met;
        }
        meet(2 * batch + 2);
        if (mine == 0)
            count_outcomes();
    }
    return NULL;
}

static void run_test(struct litmus const* test)
{
    current = test;
    for (parts = 0; parts < kMaxParts && test->parts[parts] != NULL; parts++) { }
    seen = tried = together = 0;
    int const rounds = test->verdict == kCommon ? kMostRounds : 1;
    for (int round = 0; round < rounds && seen == 0; round++) {
        atomic_store(&arrived, 0);
        atomic_store(&wait_no_more, false);
        go_on_at = now_ns() + (uint64_t)kWaitMs * 1000000;
        run_threads(parts, run_part);
    }
}

static char const* outcomes(void)
{
    static char const* const verdicts[] = { "forbidden", "allowed", "common" };
    char forbidden[300] = "";
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        run_test(&tests[i]);
        note("litmus %-18s %-9s %6u of %u, %u of them together", current->name, verdicts[current->verdict], seen, tried,
            together);
        if (current->verdict == kForbidden && seen > 0)
            snprintf(forbidden + strlen(forbidden), sizeof forbidden - strlen(forbidden), " %s %u times", current->name,
                seen);
    }
    FAIL_UNLESS(forbidden[0] == '\0', "forbidden outcomes:%s", forbidden);
    return NULL;
}

struct check const litmus_checks[] = {
    { "litmus-outcomes", outcomes },
    { 0 },
};
