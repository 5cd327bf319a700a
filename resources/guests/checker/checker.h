#pragma once

#include "../tiny/tiny.h"

// A guest that notices when its machine is not what it was a moment ago: everything a CPU has is made to change by a
// rule, and looked at again and again.

enum { CHECKED_CPUS = 4, PAGES = 32, PAGE_WORDS = 512 };

// What one CPU does, and what others do to it. Those that are not volatile belong to the CPU and its own handlers.
struct cpu {
    uint64_t volatile rounds;
    uint64_t volatile ticks; // of the virtual timer since tick_start
    uint64_t tick_start, tick_interval; // in units of the counter
    uint64_t all_ticks; // of the times before the CPU was off
    uint64_t volatile sgis_sent, sgis_taken; // to this CPU
    uint64_t volatile events_sent, events_taken; // SDEI, to this CPU
    uint64_t volatile present; // it can be sent something; under `lock`
    uint64_t volatile cycles; // that it was off and on again
    uint64_t volatile parked;
    uint32_t lock;
    uint64_t generation[PAGES]; // of what is in its memory
} __attribute__((aligned(64)));
extern struct cpu cpus[CHECKED_CPUS];
extern uint32_t cpu_count;

// main.c
_Noreturn void fail(char const* what, uint64_t expected, uint64_t found);
void take(uint32_t* lock);
void release(uint32_t* lock);

// timer.c
void tick_start(struct cpu* self);
void tick_stop(struct cpu* self);
void tick(struct cpu* self);
void check_ticks(struct cpu* self);
void wait_for_tick(struct cpu const* self);

// signals.c: a ring of CPUs, each of which interrupts the next
void signals_start(uint32_t self);
void signals_stop(uint32_t self);
void take_sgi(uint32_t self, uint64_t intid);
void check_signals(uint32_t self);

// contents.c
void build_window(void);
void fill_pages(uint32_t self);
void check_page(uint32_t self, uint64_t page);
void check_shared(void);
uint64_t shared_rounds(void);
void set_system_registers(uint32_t self);
void check_system_registers(uint32_t self);

// arithmetic.c, registers.S
struct registers {
    uint64_t x[29];
    uint64_t flags; // NZCV
    uint64_t control, status; // FPCR, FPSR
    uint64_t v[32][2];
};
void learn_sums(void);
void check_arithmetic(uint32_t self, uint64_t round);
// Adds 2n + 1 to each Xn and V31 to each other Vn, `times` times (at least one), with all of them in use at once.
void add_to_registers(struct registers const* from, struct registers* to, uint64_t times);
// The sum of 1/k and 1/k^2, k up to `terms`, rounded as FPCR says; the bits of a double.
uint64_t sum_of_fractions(uint64_t terms, uint64_t control);
// With a sixth argument, for SDEI.
uint64_t firmware_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e);
void event_entry(void); // SDEI handler: counts in the word whose address is its argument
