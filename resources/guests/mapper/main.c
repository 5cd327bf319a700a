#include "mapper.h"

#define PSCI_CPU_ON 0xc4000003ul

volatile uint32_t cpus_online;

// One level 1 table of 1 GiB blocks: devices below 1 GiB, memory above. Runs with the MMU off.
void build_tables(void)
{
    uint64_t* const translation_table = (uint64_t*)_tables;
    for (uint64_t i = 0; i < 512; i++) {
        int const device = i == 0 || i >= 256;
        translation_table[i] = i << 30 | 1 | 1ul << 10 | (device ? 3ul << 53 : 3ul << 8 | 1ul << 2);
    }
}

uint64_t psci_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    return board.psci_by_smc ? psci_smc(function, a, b, c) : psci_hvc(function, a, b, c);
}

static void enable_this_cpu(uint32_t cpu)
{
    WRITE_REGISTER("tpidr_el1", cpu);
    gic_init_cpu(cpu);
    timer_start(cpu);
    __atomic_add_fetch(&cpus_online, 1, __ATOMIC_RELEASE);
}

void secondary_main(uint32_t cpu)
{
    enable_this_cpu(cpu);
    for (;;) {
        while (!hammering)
            __asm__ volatile("wfi"); // the tick wakes us
        while (hammering)
            hammer_round(cpu);
        print("R %u\n", (uint64_t)cpu);
    }
}

static void start_others(void)
{
    for (uint32_t cpu = 1; cpu < board.cpus && cpu < HAMMER_CPUS; cpu++)
        psci_call(PSCI_CPU_ON, board.mpidrs[cpu], (uint64_t)secondary_entry, cpu);
    while (cpus_online < board.cpus && cpus_online < HAMMER_CPUS)
        __asm__ volatile("wfi");
}

// A line for every so many rounds that each CPU has done, so that the host can tell that they go on.
static void heartbeat(void)
{
    static uint64_t last;
    uint64_t least = ~0ul;
    for (uint32_t cpu = 0; cpu < board.cpus && cpu < HAMMER_CPUS; cpu++)
        least = rounds_of(cpu) < least ? rounds_of(cpu) : least;
    if (least < last + 64)
        return;
    last = least;
    print("H\n");
}

static void hammer(void)
{
    hammering = 1;
    for (uint64_t round = 0;; round++) {
        hammer_round(0);
        if (round % 64)
            continue;
        heartbeat();
        int const c = get_char();
        if (c == 's')
            break;
        if (c == 'l')
            print("L %x\n", *(uint64_t volatile*)WILD_ADDRESS);
        if (c == 'w')
            *(uint64_t volatile*)WILD_ADDRESS = 1;
        if (c == 'j')
            jump_to(WILD_ADDRESS);
    }
    hammering = 0;
    print("R 0\n");
}

// Looks for new memory in the window that the next key names.
static void scan(void)
{
    for (;;) {
        int digit = get_char();
        if (digit < 0)
            continue;
        uint64_t const address = WINDOW_BASE + (uint64_t)(digit - '0') * WINDOW_STEP;
        uint64_t volatile* const word = (uint64_t volatile*)(address + 0x10008);
        uint64_t const before = *word;
        *word = 0x1122334455667788ul;
        print("M %x before %x after %x\n", address, before, *word);
        return;
    }
}

void guest_main(void const* fdt)
{
    parse_fdt(fdt);
    gic_init_distributor();
    console_enable_interrupts();
    enable_this_cpu(0);
    start_others();
    print("mapper %u\n", (uint64_t)cpus_online);
    for (;;) {
        int const c = get_char();
        if (c == 'p') {
            prepare();
            print("P\n");
        } else if (c == 'h') {
            hammer();
        } else if (c == 't') {
            tally();
        } else if (c == 'v') {
            show_slots();
        } else if (c == 'm') {
            scan();
        } else if (c < 0) {
            __asm__ volatile("wfi"); // a key or the tick
        }
    }
}
