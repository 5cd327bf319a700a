#include "mapper.h"

// What every slot starts with, and the entries above it in the CPUs' own table.

enum { FIRST_ENTRY = 200 }; // of the level 1 table: virtual addresses from 200 GiB on
#define TABLE 3ul
#define PAGE (3ul | 1ul << 10 | 3ul << 8 | 1ul << 2) // accessed, inner shareable, Normal

uint64_t pattern_page[512] __attribute__((aligned(4096)));
static uint64_t serial_pages[WINDOWS + 1][512] __attribute__((aligned(4096)));

uint64_t walked(uint64_t first, uint64_t second, uint64_t page)
{
    return (FIRST_ENTRY + first) << 30 | second << 21 | page << 12;
}

static void fill_slot(uint64_t base, uint64_t serial)
{
    *(uint64_t volatile*)(base + SERIAL) = serial;
    serial_pages[serial][0] = serial;
    uint64_t const length = (uint64_t)(moving_number - moving_code);
    for (uint64_t copy = base + CODE; copy < base + CODE + CODE_COPIES * 64; copy += 64) {
        for (uint64_t at = 0; at < length; at += 4)
            *(uint32_t volatile*)(copy + at) = *(uint32_t const*)(moving_code + at);
        *(uint64_t volatile*)(copy + length) = MOVING_NUMBER + serial;
    }
    for (uint64_t at = 0; at < CODE_COPIES * 64; at += 64)
        __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0" ::"r"(base + CODE + at) : "memory");
    uint64_t volatile* const level2 = (uint64_t volatile*)(base + LEVEL2);
    uint64_t volatile* const level3 = (uint64_t volatile*)(base + LEVEL3);
    level3[0] = (uint64_t)pattern_page | PAGE;
    for (uint64_t index = 0; index < WINDOWS; index++)
        level3[1 + index] = (window(index) + COUNTERS) | PAGE;
    level3[SERIAL_PAGE] = (uint64_t)serial_pages[serial] | PAGE;
    for (uint64_t index = 0; index <= WINDOWS; index++)
        level2[index] = (window(index) + LEVEL3) | TABLE;
    for (uint64_t cpu = 0; cpu < HAMMER_CPUS; cpu++)
        store_pair(base + PAIRS + 64 * cpu, 0, ~0ul);
}

void prepare(void)
{
    for (uint64_t i = 0; i < 512; i++)
        pattern_page[i] = i * 0x9e3779b97f4a7c15ul;
    for (uint64_t index = 0; index <= WINDOWS; index++) {
        fill_slot(window(index), index);
        ((uint64_t volatile*)_tables)[FIRST_ENTRY + index] = (window(index) + LEVEL2) | TABLE;
    }
    __asm__ volatile("dsb ish\n\ttlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
}
