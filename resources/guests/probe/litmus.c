/*
 * Memory order. Each test runs its threads over an array of locations many thousand times, each time begun together,
 * and counts how often the outcome that tells of reordering appeared. [Arm DDI 0487, B2.3; names of the tests: Alglave,
 * Maranget, Tautschnig, "Herding cats", 2014]
 */
#include "probe.h"

enum { kLocations = 15000, kBatches = 4, kMaxParts = 4 };

/* One try: locations on lines of their own, and what the threads read. */
struct trial {
    uint64_t volatile x __attribute__((aligned(64)));
    uint64_t volatile y __attribute__((aligned(64)));
    uint64_t r[4] __attribute__((aligned(64)));
};

typedef void (*part)(struct trial*);

struct litmus {
    char const* name;
    bool forbidden;
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
    { "MP", false, { mp_write, mp_read }, out_mp },
    { "MP+dmbs", true, { mp_write_dmb, mp_read_dmb }, out_mp },
    { "MP+dmb.st+dmb.ld", true, { mp_write_dmb_st, mp_read_dmb_ld }, out_mp },
    { "MP+dmb.st+address", true, { mp_write_dmb_st, mp_read_address }, out_mp },
    { "MP+stlr+ldar", true, { mp_write_stl, mp_read_lda }, out_mp },
    { "MP+stlr+ldapr", true, { mp_write_stl, mp_read_ldapr }, out_mp },
    { "SB", false, { sb_0, sb_1 }, out_sb },
    { "SB+dmbs", true, { sb_0_dmb, sb_1_dmb }, out_sb },
    { "SB+stlr+ldar", true, { sb_0_ordered, sb_1_ordered }, out_sb },
    { "SB+stlr+ldapr", false, { sb_0_rcpc, sb_1_rcpc }, out_sb },
    { "SB+swpal+ldar", true, { sb_0_swap, sb_1_swap }, out_sb },
    { "LB", false, { lb_0, lb_1 }, out_lb },
    { "LB+dmbs", true, { lb_0_dmb, lb_1_dmb }, out_lb },
    { "LB+data", true, { lb_0_data, lb_1_data }, out_lb },
    { "LB+ldar+stlr", true, { lb_0_ordered, lb_1_ordered }, out_lb },
    { "S", false, { s_0, s_1 }, out_s },
    { "S+dmb+data", true, { s_0_dmb, s_1_data }, out_s },
    { "S+stlr+ldar", true, { s_0_stl, s_1_lda }, out_s },
    { "R", false, { mp_write, r_1 }, out_r },
    { "R+dmbs", true, { mp_write_dmb, r_1_dmb }, out_r },
    { "R+stlr+ldar", true, { mp_write_stl, r_1_ordered }, out_r },
    { "2+2W", false, { w_0, w_1 }, out_w },
    { "2+2W+dmbs", true, { w_0_dmb, w_1_dmb }, out_w },
    { "2+2W+stlrs", true, { w_0_stl, w_1_stl }, out_w },
    { "CoRR", true, { write_x, co_read }, out_mp },
    { "IRIW", false, { iriw_0, write_x, iriw_1, write_y }, out_iriw },
    { "IRIW+dmbs", true, { iriw_0_dmb, write_x, iriw_1_dmb, write_y }, out_iriw },
    { "IRIW+ldars", true, { iriw_0_lda, write_x, iriw_1_lda, write_y }, out_iriw },
    { "IRIW+addresses", true, { iriw_0_address, write_x, iriw_1_address, write_y }, out_iriw },
    { "WRC+data+address", true, { write_x, wrc_1, mp_read_address }, out_wrc },
};

static struct trial trials[kLocations];
static struct litmus const* current;
static int parts;
static atomic_int arrived;

/* All threads leave at nearly the same moment: they spin, but give way when the others are not running. */
static void meet(int round)
{
    atomic_fetch_add(&arrived, 1);
    for (int spins = 0; atomic_load_explicit(&arrived, memory_order_relaxed) < parts * round; spins++)
        if (spins > 2000)
            sched_yield();
}

static unsigned seen;

static void* run_part(void* number)
{
    int const mine = (int)(intptr_t)number;
    part const body = current->parts[mine];
    for (int batch = 0; batch < kBatches; batch++) {
        meet(2 * batch + 1);
        /* The threads meet somewhere in the array, whoever is the faster one. */
        for (int skew = (batch * 7 + mine * 13) % 40; skew > 0; skew--)
            __asm__ volatile("nop");
        for (int i = 0; i < kLocations; i++)
            body(&trials[i]);
        meet(2 * batch + 2);
        if (mine == 0) {
            for (int i = 0; i < kLocations; i++) {
                seen += current->outcome(&trials[i]);
                trials[i].x = trials[i].y = 0;
                memset(trials[i].r, 0, sizeof trials[i].r);
            }
        }
    }
    return NULL;
}

static char const* outcomes(void)
{
    char forbidden[300] = "";
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        current = &tests[i];
        for (parts = 0; parts < kMaxParts && current->parts[parts] != NULL; parts++) { }
        seen = 0;
        atomic_store(&arrived, 0);
        run_threads(parts, run_part);
        note("litmus %-18s %-9s %6u of %d", current->name, current->forbidden ? "forbidden" : "allowed", seen,
            kBatches * kLocations);
        if (current->forbidden && seen > 0)
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
