#include "checker.h"

#define PSCI_CPU_OFF 0x84000002ul
#define PSCI_CPU_ON 0xc4000003ul
#define PSCI_AFFINITY_INFO 0xc4000004ul
#define AFFINITY_OFF 1

// The last CPU goes off and on again after so many rounds, and the first one tells of every so many.
enum { ROUNDS_A_LIFE = 24, ROUNDS_A_LINE = 8, ROUNDS_A_NAP = 4 };

struct cpu cpus[CHECKED_CPUS];
uint32_t cpu_count;
static uint32_t volatile must_park, has_failed;

_Noreturn void fail(char const* what, uint64_t expected, uint64_t found)
{
    if (!__atomic_exchange_n(&has_failed, 1, __ATOMIC_ACQ_REL))
        print("FAIL on CPU %u in round %u: %s: expected %x, found %x\n", (uint64_t)this_cpu(), cpus[this_cpu()].rounds,
            what, expected, found);
    for (;;)
        __asm__ volatile("msr daifset, #15\n\twfi");
}

void take(uint32_t* lock)
{
    while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE))
        __asm__ volatile("yield");
}

void release(uint32_t* lock)
{
    __atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

// One level 1 table of 1 GiB blocks: devices below 1 GiB, memory above. Runs with the MMU off.
void build_tables(void)
{
    uint64_t* const translation_table = (uint64_t*)_tables;
    for (uint64_t i = 0; i < 512; i++)
        translation_table[i] = i << 30 | 1 | 1ul << 10 | (i == 0 ? 3ul << 53 : 3ul << 8 | 1ul << 2);
}

static void enter(uint32_t self)
{
    WRITE_REGISTER("tpidr_el1", self);
    gic_init_cpu(self);
    set_system_registers(self);
    tick_start(&cpus[self]);
    __asm__ volatile("msr daifclr, #2" ::: "memory");
    signals_start(self);
}

static void do_round(uint32_t self)
{
    struct cpu* const cpu = &cpus[self];
    check_arithmetic(self, cpu->rounds);
    check_page(self, cpu->rounds % PAGES);
    check_system_registers(self);
    check_signals(self);
    check_ticks(cpu);
    if (cpu->rounds % ROUNDS_A_NAP == ROUNDS_A_NAP - 1)
        wait_for_tick(cpu);
    check_shared();
    cpu->rounds = cpu->rounds + 1;
}

static void park(struct cpu* self)
{
    self->parked = 1;
    while (must_park)
        __asm__ volatile("yield");
    self->parked = 0;
}

void secondary_main(uint32_t self)
{
    struct cpu* const cpu = &cpus[self];
    enter(self);
    if (cpu->cycles == 0)
        fill_pages(self);
    do {
        if (must_park)
            park(cpu);
        do_round(self);
    } while (self != cpu_count - 1 || cpu->rounds % ROUNDS_A_LIFE);
    signals_stop(self);
    tick_stop(cpu);
    cpu->cycles = cpu->cycles + 1;
    __asm__ volatile("msr daifset, #2" ::: "memory");
    fail("CPU_OFF", 0, firmware_call(PSCI_CPU_OFF, 0, 0, 0, 0, 0));
}

static void turn_on(uint32_t cpu)
{
    uint64_t const result = firmware_call(PSCI_CPU_ON, board.mpidrs[cpu], (uint64_t)secondary_entry, cpu, 0, 0);
    if (result != 0)
        fail("CPU_ON", 0, result);
}

// The last CPU, once it is off.
static void turn_on_again(void)
{
    static uint64_t lives;
    uint32_t const last = cpu_count - 1;
    if (last == 0 || cpus[last].cycles == lives)
        return;
    if (firmware_call(PSCI_AFFINITY_INFO, board.mpidrs[last], 0, 0, 0, 0) != AFFINITY_OFF)
        return;
    lives++;
    turn_on(last);
}

static uint64_t least_rounds(void)
{
    uint64_t least = ~0ul;
    for (uint32_t cpu = 0; cpu < cpu_count; cpu++)
        least = cpus[cpu].rounds < least ? cpus[cpu].rounds : least;
    return least;
}

// All CPUs between two rounds; what they have done must add up.
static void tally(void)
{
    must_park = 1;
    cpus[0].parked = 1;
    for (uint32_t cpu = 0; cpu < cpu_count; cpu++)
        while (!cpus[cpu].parked)
            turn_on_again();
    uint64_t rounds = 0, ticks = 0, sgis = 0, events = 0, cycles = 0;
    for (uint32_t cpu = 0; cpu < cpu_count; cpu++) {
        rounds += cpus[cpu].rounds;
        ticks += cpus[cpu].ticks + cpus[cpu].all_ticks;
        sgis += cpus[cpu].sgis_taken;
        events += cpus[cpu].events_taken;
        cycles += cpus[cpu].cycles;
        if (cpus[cpu].sgis_taken != cpus[cpu].sgis_sent)
            fail("SGIs", cpus[cpu].sgis_sent, cpus[cpu].sgis_taken);
    }
    if (shared_rounds() != rounds)
        fail("rounds that all CPUs counted", rounds, shared_rounds());
    print("T rounds %u ticks %u sgis %u events %u cycles %u counter %u frequency %u\n", rounds, ticks, sgis, events,
        cycles, counter(), READ_REGISTER("cntfrq_el0"));
    must_park = 0;
    cpus[0].parked = 0;
}

// Key "t": adds up; "x": a check is made to fail, so that one sees that it can.
static void obey(int key)
{
    if (key == 't')
        tally();
    if (key == 'x')
        cpus[0].generation[(cpus[0].rounds + 3) % PAGES]++;
}

void guest_main(void const* fdt)
{
    parse_fdt(fdt);
    cpu_count = board.cpus < CHECKED_CPUS ? board.cpus : CHECKED_CPUS;
    build_window();
    gic_init_distributor();
    console_enable_interrupts();
    WRITE_REGISTER("tpidr_el1", 0);
    learn_sums();
    enter(0);
    fill_pages(0);
    for (uint32_t cpu = 1; cpu < cpu_count; cpu++)
        turn_on(cpu);
    print("checker %u\n", (uint64_t)cpu_count);
    for (uint64_t told = 0;;) {
        do_round(0);
        turn_on_again();
        if (least_rounds() >= told + ROUNDS_A_LINE) {
            told = least_rounds();
            print("R %u\n", told);
        }
        obey(get_char());
    }
}
