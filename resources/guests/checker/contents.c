#include "checker.h"

// Memory of each CPU, seen through tables of 4 KiB pages that mix up their order; what all CPUs share; system
// registers.

enum { FIRST_ENTRY = 200 }; // of the level 1 table
#define TABLE 3ul
#define PAGE (3ul | 1ul << 10 | 3ul << 8 | 1ul << 2) // accessed, inner shareable, Normal

static uint64_t pages[CHECKED_CPUS][PAGES][PAGE_WORDS] __attribute__((aligned(4096)));
static uint64_t level2[512] __attribute__((aligned(4096)));
static uint64_t level3[CHECKED_CPUS][512] __attribute__((aligned(4096)));

static struct {
    uint32_t lock;
    uint64_t volatile count, complement, last_counter;
} shared = { 0, 0, ~0ul, 0 };

static uint64_t physical_page(uint64_t page)
{
    return (page * 5 + 1) % PAGES;
}

static uint64_t volatile* window(uint32_t self, uint64_t page)
{
    return (uint64_t volatile*)((uint64_t)FIRST_ENTRY << 30 | (uint64_t)self << 21 | page << 12);
}

void build_window(void)
{
    for (uint64_t cpu = 0; cpu < CHECKED_CPUS; cpu++) {
        for (uint64_t page = 0; page < PAGES; page++)
            level3[cpu][page] = (uint64_t)pages[cpu][physical_page(page)] | PAGE;
        level2[cpu] = (uint64_t)level3[cpu] | TABLE;
    }
    ((uint64_t volatile*)_tables)[FIRST_ENTRY] = (uint64_t)level2 | TABLE;
    __asm__ volatile("dsb ish\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
}

static uint64_t word_of(uint32_t self, uint64_t page, uint64_t generation, uint64_t index)
{
    uint64_t const mixed = (generation + 1) * 0x9e3779b97f4a7c15ul + index * 0xc2b2ae3d27d4eb4ful;
    return (mixed ^ mixed >> 29) + (page << 8 | self);
}

static void write_page(uint32_t self, uint64_t page)
{
    for (uint64_t index = 0; index < PAGE_WORDS; index++)
        window(self, page)[index] = word_of(self, page, cpus[self].generation[page], index);
}

void fill_pages(uint32_t self)
{
    for (uint64_t page = 0; page < PAGES; page++)
        write_page(self, page);
}

void check_page(uint32_t self, uint64_t page)
{
    uint64_t const generation = cpus[self].generation[page];
    for (uint64_t index = 0; index < PAGE_WORDS; index++) {
        uint64_t const expected = word_of(self, page, generation, index), found = window(self, page)[index];
        if (found != expected)
            fail("memory", expected, found);
    }
    uint64_t const there = *(uint64_t volatile*)pages[self][physical_page(page)];
    if (there != word_of(self, page, generation, 0))
        fail("the page that the tables name", word_of(self, page, generation, 0), there);
    cpus[self].generation[page] = generation + 1;
    write_page(self, page);
}

// The counter never goes back, from CPU to CPU either.
void check_shared(void)
{
    take(&shared.lock);
    if (shared.count != ~shared.complement)
        fail("what all CPUs count", shared.count, ~shared.complement);
    shared.count = shared.count + 1;
    shared.complement = ~shared.count;
    uint64_t const now = counter();
    if (now < shared.last_counter)
        fail("the counter went back", shared.last_counter, now);
    shared.last_counter = now;
    release(&shared.lock);
}

uint64_t shared_rounds(void)
{
    return shared.count;
}

// --- System registers ----------------------------------------------------------------------------------------------

enum { REGISTERS = 22, FIRST_OF_PART = 14, LAST_OF_PART = 19 }; // CNTFRQ_EL0 to CTR_EL0
static uint64_t remembered[CHECKED_CPUS][REGISTERS];

static void read_registers(uint64_t* into)
{
    uint64_t const values[REGISTERS] = { READ_REGISTER("sctlr_el1"), READ_REGISTER("tcr_el1"),
        READ_REGISTER("ttbr0_el1"), READ_REGISTER("ttbr1_el1"), READ_REGISTER("mair_el1"), READ_REGISTER("vbar_el1"),
        READ_REGISTER("cpacr_el1"), READ_REGISTER("contextidr_el1"), READ_REGISTER("tpidr_el0"),
        READ_REGISTER("tpidrro_el0"), READ_REGISTER("tpidr_el1"), READ_REGISTER("sp_el0"), READ_REGISTER("cntkctl_el1"),
        READ_REGISTER("csselr_el1"), READ_REGISTER("cntfrq_el0"), READ_REGISTER("midr_el1"), READ_REGISTER("mpidr_el1"),
        READ_REGISTER("revidr_el1"), READ_REGISTER("id_aa64pfr0_el1"), READ_REGISTER("ctr_el0"),
        READ_REGISTER("S3_0_C4_C6_0"), // ICC_PMR_EL1
        READ_REGISTER("S3_0_C12_C12_7") }; // ICC_IGRPEN1_EL1
    for (uint32_t i = 0; i < REGISTERS; i++)
        into[i] = values[i];
}

void set_system_registers(uint32_t self)
{
    // Reserved bits as the manual wants them, for processors that keep what was written and for those that do not:
    // LSMAOE, nTLSMD, SPAN, EIS, TSCXT, EOS, SED, ITD one; nAA, CP15BEN zero. [Arm DDI 0487, SCTLR_EL1]
    WRITE_REGISTER("sctlr_el1", (READ_REGISTER("sctlr_el1") | 0x30d00980) & ~0x60ul);
    uint64_t const pattern = (self + 1) * 0x0123456789abcdeful;
    WRITE_REGISTER("csselr_el1", self & 1); // unknown until somebody writes it
    WRITE_REGISTER("contextidr_el1", pattern & 0xffffffff);
    WRITE_REGISTER("tpidr_el0", pattern);
    WRITE_REGISTER("tpidrro_el0", ~pattern);
    WRITE_REGISTER("sp_el0", pattern ^ 0x5555);
    WRITE_REGISTER("ttbr1_el1", (uint64_t)level2);
    WRITE_REGISTER("cntkctl_el1", 0x2 | self << 8);
    __asm__ volatile("isb" ::: "memory");
    uint64_t now[REGISTERS];
    read_registers(now);
    // What a CPU is does not depend on whether it was off.
    for (uint32_t i = FIRST_OF_PART; i <= LAST_OF_PART && cpus[self].cycles > 0; i++)
        if (now[i] != remembered[self][i])
            fail("another part after CPU_ON", remembered[self][i], now[i]);
    for (uint32_t i = 0; i < REGISTERS; i++)
        remembered[self][i] = now[i];
}

void check_system_registers(uint32_t self)
{
    uint64_t now[REGISTERS];
    read_registers(now);
    for (uint32_t i = 0; i < REGISTERS; i++)
        if (now[i] != remembered[self][i]) {
            print("system register %u of the list:\n", (uint64_t)i);
            fail("system register", remembered[self][i], now[i]);
        }
}
