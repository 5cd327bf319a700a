#include "conformance.h"

enum { HOSTILE_VALUES = 64, SAFE_FUNCTIONS = 88 };

struct hostile_state {
    uint64_t random, left, faults, handlers, functions, reports, criticals, nested;
};
struct hostile_state hostile_state[CPUS];
uint64_t hostile_values[HOSTILE_VALUES];
// The first CPU keeps away from the last three, which would turn it off.
uint32_t hostile_functions[96];
static uint64_t hostile_calls;
extern char hostile_vectors[];

void hostile_prepare(struct record const* record)
{
    uint64_t const seed = record->x[0], calls = record->x[1];
    uint32_t count = 0;
    for (uint32_t number = 0; number <= 0x17; number++)
        for (uint32_t width = 0; width < 2; width++)
            if (number != 2 && number != 0xb)
                hostile_functions[count++] = (width ? 0xc4000000u : 0x84000000u) | number;
    for (uint32_t number = 0x20; number <= 0x33; number++)
        for (uint32_t twice = 0; twice < 2; twice++)
            // Random handlers and resume addresses would end the machine as lost; hostile.S has its own.
            hostile_functions[count++] = 0xc4000000u | (number == 0x21 ? 0x24 : number == 0x26 ? 0x25 : number);
    static uint32_t const others[] = { 0x80000000, 0x80000001, 0x95c1ba5e, 0x95c1ba60 };
    for (uint32_t i = 0; i < 4; i++)
        hostile_functions[count++] = others[i];
    if (count != SAFE_FUNCTIONS) {
        print("functions %u\n", (uint64_t)count);
        return;
    }
    hostile_functions[count++] = 0x84000002;
    hostile_functions[count++] = 0x8400000b;
    hostile_functions[count++] = 0x95c1ba5f;
    uint64_t const odd[] = { 0, 1, 2, 3, 4, 0x10, 0x8000000, ~0ul, 0x7fffffffffffffff, 0x80000000, 0xffffffff, 0x40000000,
        0x40800000, 0x40ffffff, 0x41000000, 0x10000, 0x1010000, 0x2010000, 0x40000001, 0x42000000, 0x9000000,
        board.memory_base + board.memory_size - 4, board.memory_base + board.memory_size, 0xc4000001, 0x84000015,
        0xff00000000, 0x100, 0x10100, 0x80000001, 17, 18, 0x400000000000 };
    for (uint32_t i = 0; i < HOSTILE_VALUES; i++) {
        uint32_t const kind = i & 3;
        hostile_values[i] = kind == 0 ? (uint64_t)&hostile_entry
            : kind == 1              ? (uint64_t)(i & 4 ? &hostile_handler : &hostile_entry)
            : i & 4                  ? odd[(i >> 3) * 4 + kind]
            : kind == 2              ? odd[(i >> 3) * 4 + (i & 8 ? 0 : 1)]
                                     : (uint64_t[]) { 0, 0, 0x40000000, 0x40800000 }[i >> 3 & 3];
    }
    // Numbers that happen to be addresses of memory lead to our entry too.
    for (uint32_t i = 0; i < sizeof odd / sizeof *odd; i++) {
        uint64_t const from = odd[i] & ~63ul;
        if (from < board.memory_base || from >= board.memory_base + board.memory_size)
            continue;
        for (uint64_t at = from; at < from + 64; at += 4)
            *(uint32_t volatile*)at = 0x14000000 | (((uint64_t)&hostile_entry - at) >> 2 & 0x3ffffff);
        __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" ::"r"(from) : "memory");
    }
    for (uint32_t cpu = 0; cpu < CPUS; cpu++)
        hostile_state[cpu] = (struct hostile_state) { (seed + cpu) * 0x9e3779b97f4a7c15ul | 1, cpu == 0 ? calls : ~0ul, 0, 0,
            cpu == 0 ? SAFE_FUNCTIONS : SAFE_FUNCTIONS + 3, cpu == 0, 0, 0 };
    for (uint32_t cpu = 1; cpu < board.cpus; cpu++)
        gic_init_cpu(cpu); // its redistributor; the rest is done at its entry
    hostile_calls = calls;
    WRITE_REGISTER("vbar_el1", (uint64_t)hostile_vectors);
    WRITE_REGISTER("cntv_cval_el0", 0);
    WRITE_REGISTER("cntv_ctl_el0", 1);
    psci_hvc(0xc400002c, 0, 0, 0);
}

void hostile_report(void)
{
    print("Z %u", hostile_calls);
    for (uint32_t cpu = 0; cpu < board.cpus; cpu++) {
        struct hostile_state const* const state = &hostile_state[cpu];
        print(" %u %u %u %u %u", cpu ? ~state->left : hostile_calls, state->faults, state->handlers, state->criticals, state->nested);
    }
    print("\n");
    for (;;)
        __asm__ volatile("wfi");
}
