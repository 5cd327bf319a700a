#include "tiny.h"

volatile uint32_t cpus_online;

// One level 1 table of 1 GiB blocks: devices below 1 GiB, RAM (and holes to fall into) up to 256 GiB, devices above.
// Runs with the MMU off.
void build_tables(void)
{
    uint64_t* const translation_table = (uint64_t*)_tables;
    uint64_t const block = 1, accessed = 1ul << 10, inner_shareable = 3ul << 8, normal = 1ul << 2;
    uint64_t const never_execute = 3ul << 53;
    for (uint64_t i = 0; i < 512; i++) {
        int const device = i == 0 || i >= 256;
        translation_table[i] = i << 30 | block | accessed | (device ? never_execute : inner_shareable | normal);
    }
}

uint64_t psci_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    return board.psci_by_smc ? psci_smc(function, a, b, c) : psci_hvc(function, a, b, c);
}

int psci_is_0_1(void)
{
    char const* at = board.psci_compatible;
    for (char const* name = "arm,psci"; *name; name++)
        if (*at++ != *name)
            return 0;
    return *at == 0;
}

static void enable_this_cpu(uint32_t cpu)
{
    WRITE_REGISTER("tpidr_el1", cpu);
    if (!gic_init_cpu(cpu))
        print("CPU %u: no redistributor\n", (uint64_t)cpu);
    timer_start(cpu);
    __atomic_add_fetch(&cpus_online, 1, __ATOMIC_RELEASE);
}

void secondary_main(uint32_t cpu)
{
    enable_this_cpu(cpu);
    print("CPU %u online, MPIDR %x\n", (uint64_t)cpu, READ_REGISTER("mpidr_el1"));
    for (;;) {
        race_on(cpu);
        __asm__ volatile("wfi");
    }
}

static void banner(void)
{
    print("\ntiny guest 1\n");
    run_command("cpu");
    print("GIC: version %u, %u redistributors, %u interrupt lines\n",
        (uint64_t)((READ32(board.gic_distributor + 0xffe8) >> 4) & 15), (uint64_t)gic_frames,
        (uint64_t)(((READ32(board.gic_distributor + 4) & 31) + 1) * 32));
    if (board.has_psci) {
        uint64_t const version = psci_is_0_1() ? 1 : psci_call(0x84000000, 0, 0, 0);
        print("PSCI: version %u.%u by %s (%s)\n", version >> 16 & 0x7fff, version & 0xffff,
            board.psci_by_smc ? "SMC" : "HVC", board.psci_compatible);
    } else {
        print("PSCI: none\n");
    }
    run_command("mem");
    print("bootargs: %s\n", board.bootargs);
}

// run=smp,memtest,spin:100,off: the commands of the boot arguments; a colon stands for a blank.
static void run_bootargs(void)
{
    char const* p = board.bootargs;
    while (*p) {
        while (*p == ' ')
            p++;
        int const run = p[0] == 'r' && p[1] == 'u' && p[2] == 'n' && p[3] == '=';
        p += run ? 4 : 0;
        while (*p && *p != ' ') {
            char line[80];
            uint32_t length = 0;
            for (; *p && *p != ' ' && *p != ','; p++)
                if (length + 1 < sizeof line)
                    line[length++] = *p == ':' ? ' ' : *p;
            line[length] = 0;
            if (*p == ',')
                p++;
            if (run) {
                print("tiny> %s\n", line);
                run_command(line);
            }
        }
    }
}

static char wait_for_char(void)
{
    for (;;) {
        // Masked between the look and WFI, so that no byte arrives unseen in between; WFI wakes all the same.
        __asm__ volatile("msr daifset, #2" ::: "memory");
        int const c = get_char();
        if (c < 0)
            __asm__ volatile("wfi");
        __asm__ volatile("msr daifclr, #2\n\tisb" ::: "memory");
        if (c >= 0)
            return (char)c;
    }
}

void guest_main(void const* fdt)
{
    uint64_t const mpidr = READ_REGISTER("mpidr_el1") & 0xff00fffffful;
    if (!parse_fdt(fdt))
        print("tiny: no device tree at %x\n", (uint64_t)fdt);
    board.fdt = (uint64_t)fdt;
    uint32_t self = 0;
    for (uint32_t cpu = 0; cpu < board.cpus; cpu++)
        self = board.mpidrs[cpu] == mpidr ? cpu : self;
    gic_init_distributor();
    console_enable_interrupts();
    enable_this_cpu(self);
    banner();
    run_bootargs();
    for (;;) {
        char line[80];
        uint32_t length = 0;
        print("tiny> ");
        for (;;) {
            char const c = wait_for_char();
            if (c == '\r' || c == '\n')
                break;
            if ((c == 8 || c == 127) && length > 0) {
                length--;
                print("\b \b");
            } else if (c >= ' ' && c < 127 && length + 1 < sizeof line) {
                line[length++] = c;
                put_char(c);
            }
        }
        line[length] = 0;
        print("\n");
        run_command(line);
    }
}
