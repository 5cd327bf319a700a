#pragma once

#include "../tiny/tiny.h"

// Where the slots are that the host moves about, and what is in each. The code and the tables of all slots do the same
// but for the slot's number, so a slot may take any other's place at any moment; what the CPUs have written moves along. The host keeps all windows
// occupied by at least 256 KiB while the CPUs hammer. test/helpers/mapper-guest.ts has the same numbers.
enum { WINDOWS = 6, HAMMER_CPUS = 8, RING = 512, CODE_COPIES = 32, SERIAL_PAGE = 16 };
#define WINDOW_BASE 0x80000000ul
#define WINDOW_STEP 0x400000ul
#define ROM_BASE 0x88000000ul // the same code and tables; only read and executed, so it may become read-only
#define WILD_ADDRESS 0x3000000000ul // nothing is ever there

enum {
    CODE = 0x0000, // CODE_COPIES of moving_code, 64 bytes apart
    SERIAL = 0x0800, // which slot it is
    COUNTERS = 0x1000, // eight
    LEVEL2 = 0x2000,
    LEVEL3 = 0x3000,
    PAIRS = 0x4000, // 64 bytes for each CPU
    RINGS = 0x8000, // 4 KiB for each CPU
};

static inline uint64_t window(uint64_t index)
{
    return index == WINDOWS ? ROM_BASE : WINDOW_BASE + index * WINDOW_STEP;
}

// prepare.c
extern uint64_t pattern_page[512];
void prepare(void);
// Virtual address of a page that is translated by tables in windows `first` and `second`: `page` 0 is pattern_page,
// 1 + n the counters of window n, SERIAL_PAGE the number of the slot that the last table was in.
uint64_t walked(uint64_t first, uint64_t second, uint64_t page);

// hammer.c
extern volatile uint32_t hammering;
void hammer_round(uint32_t cpu);
void tally(void);
void show_slots(void);
uint64_t rounds_of(uint32_t cpu);

// moving.S
#define MOVING_NUMBER 0x0123456789abcdeful
extern char moving_code[], moving_number[];
void atomic_add_lse(uint64_t volatile* address, uint64_t value);
void store_pair(uint64_t address, uint64_t first, uint64_t second);
uint64_t load_pair(uint64_t address, uint64_t* second);
