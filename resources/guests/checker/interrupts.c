#include "checker.h"

// The GIC is set up, and an exception told, as in the tiny guest; the interrupts themselves are ours.
struct frame;
void report_exception(uint64_t kind, struct frame* frame);
#define handle_exception report_exception
#include "../tiny/interrupts.c"
#undef handle_exception

void handle_exception(uint64_t kind, struct frame* frame)
{
    if (kind != 5) // IRQ at EL1 with SP_EL1
        return report_exception(kind, frame);
    uint32_t const self = this_cpu();
    for (;;) {
        uint64_t const intid = READ_REGISTER("S3_0_C12_C12_0") & 0xffffff; // ICC_IAR1_EL1
        if (intid >= 1020)
            return;
        if (intid == TIMER_INTID)
            tick(&cpus[self]);
        else if (intid == UART_INTID)
            console_interrupt();
        else if (intid < 16)
            take_sgi(self, intid);
        else
            fail("an interrupt that nobody enabled", 0, intid);
        WRITE_REGISTER("S3_0_C12_C12_1", intid); // ICC_EOIR1_EL1
    }
}
