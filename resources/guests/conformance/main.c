#include "conformance.h"

// One level 1 table of 1 GiB blocks: devices below 1 GiB, memory above. Runs with the MMU off.
void build_tables(void)
{
    uint64_t* const translation_table = (uint64_t*)_tables;
    for (uint64_t i = 0; i < 512; i++) {
        int const device = i == 0 || i >= 256;
        translation_table[i] = i << 30 | 1 | 1ul << 10 | (device ? 3ul << 53 : 3ul << 8 | 1ul << 2);
    }
}

// tiny's interrupt code reports exceptions and halts, which is right here too; nothing but its interrupts is ours.
void guest_main(void const* fdt)
{
    WRITE_REGISTER("tpidr_el1", 0);
    if (!parse_fdt(fdt) || !board.initrd_start) {
        SAY("no script\n");
        return;
    }
    report_init();
    gic_init_distributor();
    gic_init_cpu(0);
    SAY("B %s %s %s %u\n", board.psci_compatible, board.psci_by_smc ? "smc" : "hvc", board.bootargs, (uint64_t)board.cpus);
    start_script();
}

void secondary_main(uint32_t cpu)
{
    WRITE_REGISTER("tpidr_el1", cpu);
    gic_init_cpu(cpu);
    drain_interrupts();
    run_mail(cpu);
}
