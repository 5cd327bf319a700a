#include "conformance.h"

volatile uint64_t handlers_entered;
struct record const* volatile in_handler[CPUS];

void leave_failed(uint64_t x0)
{
    SAY("F %x\n", x0);
    for (;;)
        __asm__ volatile("msr daifset, #15\n\twfi");
}

// One line of what the dispatcher gave, then what the script says. On a CPU other than the first nobody reads the
// script, so the handler executes what was left for it, if anything, and completes.
void sdei_handler(struct handler_frame* frame)
{
    uint64_t const elr = READ_REGISTER("elr_el1"), spsr = READ_REGISTER("spsr_el1");
    uint64_t const daif = READ_REGISTER("daif"), el = READ_REGISTER("CurrentEL"), select = READ_REGISTER("SPSel");
    uint32_t const cpu = this_cpu();
    struct call const* const call = current_call[cpu];
    uint64_t changed = 0;
    for (uint32_t i = 4; call && i < 28; i++)
        changed |= (uint64_t)(frame->x[i] != call->x[i]) << i;
    report(REPORT_HANDLER,
        (uint64_t[]) { cpu, frame->x[0], frame->x[1], frame->x[3], changed, daif | el << 12 | select << 16, elr, spsr, call != 0 });
    frame->leave_function = 0xc4000025;
    frame->leave_argument = 0;
    frame->leave_by_smc = 0;
    struct record const* const own = in_handler[cpu];
    handlers_entered++;
    if (cpu == 0)
        return run_script(frame);
    in_handler[cpu] = 0;
    if (own)
        execute(own, cpu);
}
