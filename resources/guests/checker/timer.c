#include "checker.h"

// The virtual timer: each tick has its place in time, from the first one on, so a tick too many comes too early and one
// too few leaves a gap that nothing fills.

enum { TICKS_A_SECOND = 50, PATIENCE_SECONDS = 60 };

void tick_start(struct cpu* self)
{
    self->tick_interval = READ_REGISTER("cntfrq_el0") / TICKS_A_SECOND;
    self->ticks = 0;
    self->tick_start = counter();
    WRITE_REGISTER("cntv_cval_el0", self->tick_start + self->tick_interval);
    WRITE_REGISTER("cntv_ctl_el0", 1);
    __asm__ volatile("isb" ::: "memory");
}

void tick_stop(struct cpu* self)
{
    WRITE_REGISTER("cntv_ctl_el0", 0);
    __asm__ volatile("isb" ::: "memory");
    self->all_ticks += self->ticks;
    self->ticks = 0;
}

// In the handler.
void tick(struct cpu* self)
{
    uint64_t const due = self->tick_start + (self->ticks + 1) * self->tick_interval;
    uint64_t const compare = READ_REGISTER("cntv_cval_el0");
    if (compare != due)
        fail("CNTV_CVAL_EL0", due, compare);
    uint64_t const now = counter();
    if (now < due)
        fail("a tick came before its time", due, now);
    self->ticks = self->ticks + 1;
    WRITE_REGISTER("cntv_cval_el0", due + self->tick_interval);
    __asm__ volatile("isb" ::: "memory");
}

// Every tick that is due by now comes.
void check_ticks(struct cpu* self)
{
    uint64_t const start = counter();
    uint64_t const due = (start - self->tick_start) / self->tick_interval;
    while (self->ticks < due)
        if (counter() - start > PATIENCE_SECONDS * READ_REGISTER("cntfrq_el0"))
            fail("a tick was lost", due, self->ticks);
}

void wait_for_tick(struct cpu const* self)
{
    for (uint64_t const seen = self->ticks; self->ticks == seen;)
        __asm__ volatile("wfi");
}
