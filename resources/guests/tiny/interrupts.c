#include "tiny.h"

// GICv3, the generic timer and the exception report.

enum { TIMER_INTID = 27, UART_INTID = 33, TICK_HZ = 100 };

volatile uint64_t timer_ticks[MAX_CPUS];
uint64_t timer_late;
uint32_t gic_frames;
static uint64_t tick_interval;

struct frame {
    uint64_t x[31];
    uint64_t elr, spsr;
};

uint64_t counter(void)
{
    __asm__ volatile("isb" ::: "memory");
    return READ_REGISTER("cntvct_el0");
}

uint32_t this_cpu(void)
{
    return (uint32_t)READ_REGISTER("tpidr_el1");
}

static uint64_t find_frame(uint64_t mpidr)
{
    uint32_t const affinity = (uint32_t)(mpidr & 0xffffff) | (uint32_t)(mpidr >> 32 << 24);
    for (uint32_t region = 0; region < board.gic_region_count; region++) {
        uint64_t const end = board.gic_regions[region][0] + board.gic_regions[region][1];
        for (uint64_t at = board.gic_regions[region][0]; at < end; at += 0x20000) {
            uint64_t const typer = READ64(at + 8);
            if (typer >> 32 == affinity)
                return at;
            if (typer & 16)
                break;
        }
    }
    return 0;
}

void gic_init_distributor(void)
{
    uint64_t const dist = board.gic_distributor;
    if (!dist)
        return;
    WRITE32(dist, 0x10);
    WRITE32(dist + 0x84, ~0u);
    for (uint64_t i = 0; i < 32; i += 4)
        WRITE32(dist + 0x420 + i, 0xa0a0a0a0);
    WRITE64(dist + 0x6000 + 8 * UART_INTID, READ_REGISTER("mpidr_el1") & 0xff00fffffful);
    WRITE32(dist, 0x12);
    WRITE32(dist + 0x104, 1u << (UART_INTID - 32));
    for (uint32_t cpu = 0; cpu < board.cpus; cpu++)
        gic_frames += find_frame(board.mpidrs[cpu]) != 0;
}

int gic_init_cpu(uint32_t cpu)
{
    uint64_t const redist = find_frame(board.mpidrs[cpu]);
    if (!redist)
        return 0;
    WRITE32(redist + 0x14, READ32(redist + 0x14) & ~2u);
    while (READ32(redist + 0x14) & 4)
        ;
    uint64_t const sgi = redist + 0x10000;
    WRITE32(sgi + 0x80, ~0u);
    for (uint64_t i = 0; i < 32; i += 4)
        WRITE32(sgi + 0x400 + i, 0xa0a0a0a0);
    WRITE32(sgi + 0x100, 1u << TIMER_INTID | 0xffff);
    WRITE_REGISTER("S3_0_C12_C12_5", 7); // ICC_SRE_EL1
    __asm__ volatile("isb");
    WRITE_REGISTER("S3_0_C4_C6_0", 0xf0); // ICC_PMR_EL1
    WRITE_REGISTER("S3_0_C12_C12_4", 0); // ICC_CTLR_EL1
    WRITE_REGISTER("S3_0_C12_C12_7", 1); // ICC_IGRPEN1_EL1
    __asm__ volatile("isb");
    return 1;
}

void timer_start(uint32_t cpu)
{
    (void)cpu;
    tick_interval = READ_REGISTER("cntfrq_el0") / TICK_HZ;
    WRITE_REGISTER("cntv_cval_el0", counter() + tick_interval);
    WRITE_REGISTER("cntv_ctl_el0", 1);
    __asm__ volatile("msr daifclr, #2" ::: "memory");
}

static void handle_irq(void)
{
    for (;;) {
        uint64_t const intid = READ_REGISTER("S3_0_C12_C12_0") & 0xffffff; // ICC_IAR1_EL1
        if (intid >= 1020)
            return;
        if (intid == TIMER_INTID) {
            timer_late = counter() - READ_REGISTER("cntv_cval_el0");
            timer_ticks[this_cpu()]++;
            WRITE_REGISTER("cntv_cval_el0", READ_REGISTER("cntv_cval_el0") + tick_interval);
            if (READ_REGISTER("cntv_cval_el0") < counter()) // we slept through more than one
                WRITE_REGISTER("cntv_cval_el0", counter() + tick_interval);
            __asm__ volatile("isb");
        } else if (intid == UART_INTID) {
            console_interrupt();
        }
        WRITE_REGISTER("S3_0_C12_C12_1", intid); // ICC_EOIR1_EL1
    }
}

void handle_exception(uint64_t kind, struct frame* frame)
{
    if (kind == 5) // IRQ at EL1 with SP_EL1
        return handle_irq();
    static char const* const names[] = { "synchronous", "IRQ", "FIQ", "SError" };
    print("\nEXCEPTION %s on CPU %u: ESR %x ELR %x FAR %x SPSR %x\n", names[kind & 3], (uint64_t)this_cpu(),
        READ_REGISTER("esr_el1"), frame->elr, READ_REGISTER("far_el1"), frame->spsr);
    for (uint32_t i = 0; i < 31; i++)
        print("x%u=%x%s", (uint64_t)i, frame->x[i], i % 4 == 3 || i == 30 ? "\n" : " ");
    print("tiny: halted\n");
    for (;;)
        __asm__ volatile("msr daifset, #15\n\twfi");
}
