// Memory: latency, locality, wide copies, and the instructions that are atomic.
#include "benchmark.h"

// A circle of pointers in random order, one in each 64 bytes; the permutation is kept behind them.
static uint64_t* make_circle(uint8_t* arena, uint32_t cells)
{
    enum { STRIDE = 8 };
    uint64_t* const circle = (uint64_t*)arena;
    uint32_t* const order = (uint32_t*)(circle + (size_t)cells * STRIDE);
    uint64_t random = 88172645463325252u;
    for (uint32_t i = 0; i < cells; i++)
        order[i] = i;
    for (uint32_t i = cells - 1; i > 0; i--) {
        uint32_t const j = (uint32_t)(next_random(&random) % i), item = order[i];
        order[i] = order[j];
        order[j] = item;
    }
    for (uint32_t i = 0; i < cells; i++)
        circle[(size_t)order[i] * STRIDE] = (uintptr_t)&circle[(size_t)order[(i + 1) % cells] * STRIDE];
    return circle;
}

static uint64_t chase(uint8_t* arena, uint32_t cells, uint64_t count)
{
    uint64_t const* at = make_circle(arena, cells);
    for (uint64_t i = 0; i < count; i++)
        at = (uint64_t const*)(uintptr_t)*at;
    return (uint64_t)((uint8_t const*)at - arena); // an offset: the arena is somewhere else in each run
}

// A load that waits for the load before it, within 16 KiB: the nearest cache.
uint64_t kernel_chase_l1(uint8_t* arena, uint64_t count)
{
    return chase(arena, 256, count);
}

// The same within 32 MiB: cache misses, and more pages than a translation buffer holds.
uint64_t kernel_chase_32m(uint8_t* arena, uint64_t count)
{
    return chase(arena, 1 << 19, count);
}

// Copies 64 KiB to and fro with 16-byte registers, as memcpy() does.
uint64_t kernel_copy(uint8_t* arena, uint64_t count)
{
    typedef uint64_t Vector __attribute__((vector_size(16)));
    enum { BYTES = 65536 };
    Vector* from = (Vector*)arena;
    Vector* to = (Vector*)(arena + 2 * BYTES);
    for (int i = 0; i < BYTES; i++)
        arena[i] = (uint8_t)i;
    while (count-- > 0) {
        for (unsigned i = 0; i < BYTES / sizeof(Vector); i += 4) {
            Vector const a = from[i], b = from[i + 1], c = from[i + 2], d = from[i + 3];
            to[i] = a;
            to[i + 1] = b;
            to[i + 2] = c;
            to[i + 3] = d;
        }
        __asm__ volatile("" ::: "memory");
        Vector* const other = from;
        from = to;
        to = other;
    }
    return from[38][1];
}

// Insertions and look-ups in a hash table of 16 MiB with open addressing.
uint64_t kernel_hash(uint8_t* arena, uint64_t count)
{
    enum { SLOTS = 1 << 21 };
    uint64_t* const table = (uint64_t*)arena;
    for (uint32_t i = 0; i < SLOTS; i++)
        table[i] = 0;
    uint64_t random = 99, hits = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t const key = (next_random(&random) >> 20 & 0xfffff) + 1;
        uint64_t slot = key * 0x9e3779b97f4a7c15u >> 43;
        while (table[slot] && table[slot] != key)
            slot = (slot + 1) % SLOTS;
        hits += table[slot] == key;
        table[slot] = key;
    }
    return hits;
}

// Atomic addition, and exclusive-or with acquire and release, by load and store exclusive.
uint64_t kernel_exclusives(uint8_t* arena, uint64_t count)
{
    uint64_t* const sum = (uint64_t*)arena;
    uint32_t* const mix = (uint32_t*)(arena + 64);
    *sum = 0;
    *mix = 1;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t value;
        uint32_t failed;
        __asm__ volatile("1: ldxr %0, [%2]\n\tadd %0, %0, %3\n\tstxr %w1, %0, [%2]\n\tcbnz %w1, 1b"
                         : "=&r"(value), "=&r"(failed)
                         : "r"(sum), "r"(i)
                         : "memory");
        __asm__ volatile("1: ldaxr %w0, [%2]\n\teor %w0, %w0, %w3\n\tstlxr %w1, %w0, [%2]\n\tcbnz %w1, 1b"
                         : "=&r"(value), "=&r"(failed)
                         : "r"(mix), "r"(i)
                         : "memory");
    }
    return *sum ^ *mix;
}

// The same by the atomic instructions of Armv8.1.
uint64_t kernel_lse(uint8_t* arena, uint64_t count)
{
    uint64_t* const sum = (uint64_t*)arena;
    uint32_t* const mix = (uint32_t*)(arena + 64);
    *sum = 0;
    *mix = 1;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t old;
        __asm__ volatile(".arch_extension lse\n\tldadd %2, %0, [%1]" : "=&r"(old) : "r"(sum), "r"(i) : "memory");
        uint32_t expected = *(uint32_t volatile*)mix;
        uint32_t const wanted = expected ^ (uint32_t)i;
        __asm__ volatile(".arch_extension lse\n\tcasal %w0, %w2, [%1]"
                         : "+r"(expected)
                         : "r"(mix), "r"(wanted)
                         : "memory");
    }
    return *sum ^ *mix;
}
