#include "checker.h"

// General, floating-point and SIMD registers: sums that are known beforehand.

enum { TIMES = 1500, TERMS = 400, MODES = 4 };

static uint64_t sums[MODES];
static struct registers before[CHECKED_CPUS], after[CHECKED_CPUS];

static uint64_t control_of(uint64_t mode)
{
    return mode << 22; // FPCR.RMode
}

void learn_sums(void)
{
    for (uint64_t mode = 0; mode < MODES; mode++)
        sums[mode] = sum_of_fractions(TERMS, control_of(mode));
    for (uint64_t mode = 1; mode < MODES - 1; mode++)
        if (sums[mode] == sums[0])
            fail("the rounding mode makes no difference", mode, sums[mode]);
}

static void expect(char const* what, uint64_t expected, uint64_t found)
{
    if (expected != found)
        fail(what, expected, found);
}

void check_arithmetic(uint32_t self, uint64_t round)
{
    struct registers* const from = &before[self];
    struct registers* const to = &after[self];
    uint64_t const seed = (round + 1) * 0x9e3779b97f4a7c15ul + self;
    for (uint64_t n = 0; n < 29; n++)
        from->x[n] = seed * (2 * n + 3);
    for (uint64_t n = 0; n < 32; n++) {
        from->v[n][0] = seed ^ n * 0xc2b2ae3d27d4eb4ful;
        from->v[n][1] = ~seed * (n + 5);
    }
    from->flags = (round & 15) << 28;
    from->control = control_of(round & 3) | (round & 4) << 22 | (round & 8) << 21; // FZ, DN
    from->status = (round & 1) << 27 | (round & 2) << 6 | (round & 31); // QC, IDC, the five others
    add_to_registers(from, to, TIMES);
    for (uint64_t n = 0; n < 29; n++)
        expect("general register", from->x[n] + TIMES * (2 * n + 1), to->x[n]);
    for (uint64_t n = 0; n < 32; n++)
        for (uint64_t half = 0; half < 2; half++)
            expect("vector register", from->v[n][half] + (n < 31 ? TIMES * from->v[31][half] : 0), to->v[n][half]);
    expect("NZCV", from->flags, to->flags);
    expect("FPCR", from->control, to->control);
    expect("FPSR", from->status, to->status);
    expect("sum of fractions", sums[round & 3], sum_of_fractions(TERMS, control_of(round & 3)));
}
