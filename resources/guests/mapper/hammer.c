#include "mapper.h"

// What each CPU does to the slots, round after round, and the sums that tell whether anything was lost.

volatile uint32_t hammering;

static struct {
    uint64_t rounds, random;
    uint64_t added; // to counters, in all slots together
    uint64_t sequence; // of stores to the ring
    uint64_t moved; // how often a window had another slot than the last time
    uint64_t serials[WINDOWS];
    uint64_t wrong;
} __attribute__((aligned(64))) cpus[HAMMER_CPUS];

static uint64_t draw(uint32_t cpu, uint64_t below)
{
    uint64_t x = cpus[cpu].random ? cpus[cpu].random : 0x9e3779b97f4a7c15ul * (cpu + 1);
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    cpus[cpu].random = x;
    return (x >> 20) % below;
}

static void wrong(uint32_t cpu, char const* what, uint64_t address, uint64_t value)
{
    if (cpus[cpu].wrong++ < 4)
        print("WRONG %s on CPU %u at %x: %x\n", what, (uint64_t)cpu, address, value);
}

static int has_lse(void)
{
    return (READ_REGISTER("id_aa64isar0_el1") >> 20 & 15) >= 2;
}

static uint64_t volatile* counter_of(uint32_t cpu, uint64_t page)
{
    return (uint64_t volatile*)(page + 8 * draw(cpu, 8));
}

static void add(uint32_t cpu, uint64_t counters)
{
    uint64_t volatile* const counter = counter_of(cpu, counters);
    if (has_lse() && draw(cpu, 2))
        atomic_add_lse(counter, 1);
    else
        __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED); // a pair of exclusives
    cpus[cpu].added++;
}

// Each store has its number. Another slot in this place may have an older one of the same kind, never a newer one.
static void store_in_ring(uint32_t cpu, uint64_t base)
{
    uint64_t const number = ++cpus[cpu].sequence;
    uint64_t volatile* const place = (uint64_t volatile*)(base + RINGS + 4096 * cpu) + number % RING;
    *place = number;
    uint64_t const now = *place;
    if (now > number || (now && now % RING != number % RING))
        wrong(cpu, "store", (uint64_t)place, now);
}

static void store_two(uint32_t cpu, uint64_t base)
{
    uint64_t const address = base + PAIRS + 64 * cpu;
    uint64_t second = 0;
    store_pair(address, cpus[cpu].rounds, ~cpus[cpu].rounds);
    uint64_t const first = load_pair(address, &second);
    if (second != ~first)
        wrong(cpu, "pair", address, first);
}

// The number of the slot, as its code tells.
static uint64_t executed(uint64_t base, uint64_t copy, uint64_t argument)
{
    uint64_t (*const code)(uint64_t) = (uint64_t(*)(uint64_t))(base + CODE + 64 * copy);
    return code(argument) - 5 * argument - MOVING_NUMBER;
}

static void execute(uint32_t cpu, uint64_t base)
{
    uint64_t const serial = executed(base, draw(cpu, CODE_COPIES), cpus[cpu].rounds);
    if (serial > WINDOWS)
        wrong(cpu, "code", base, serial);
}

static void walk(uint32_t cpu, uint64_t first, uint64_t second)
{
    uint64_t const page = draw(cpu, 1 + WINDOWS);
    uint64_t const address = walked(first, second, page);
    if (draw(cpu, 8))
        __asm__ volatile("tlbi vaae1, %0\n\tdsb nsh\n\tisb" ::"r"(address >> 12) : "memory");
    else
        __asm__ volatile("tlbi vaae1is, %0\n\tdsb ish\n\tisb" ::"r"(address >> 12) : "memory");
    if (page) {
        add(cpu, address);
        return;
    }
    uint64_t const index = draw(cpu, 512);
    uint64_t const value = ((uint64_t volatile*)address)[index];
    if (value != index * 0x9e3779b97f4a7c15ul)
        wrong(cpu, "walk", address, value);
}

void hammer_round(uint32_t cpu)
{
    uint64_t const index = draw(cpu, WINDOWS), somewhere = window(index);
    uint64_t const serial = *(uint64_t volatile*)(somewhere + SERIAL);
    cpus[cpu].moved += serial != cpus[cpu].serials[index];
    cpus[cpu].serials[index] = serial;
    switch (draw(cpu, 6)) {
    case 0: add(cpu, somewhere + COUNTERS); break;
    case 1: store_in_ring(cpu, somewhere); break;
    case 2: store_two(cpu, somewhere); break;
    case 3: execute(cpu, window(draw(cpu, WINDOWS + 1))); break;
    default: walk(cpu, draw(cpu, WINDOWS + 1), draw(cpu, WINDOWS + 1));
    }
    __atomic_store_n(&cpus[cpu].rounds, cpus[cpu].rounds + 1, __ATOMIC_RELAXED);
}

uint64_t rounds_of(uint32_t cpu)
{
    return __atomic_load_n(&cpus[cpu].rounds, __ATOMIC_RELAXED);
}

static uint64_t lost_in_ring(uint32_t cpu)
{
    uint64_t lost = 0;
    for (uint64_t index = 0; index < RING; index++) {
        uint64_t newest = 0;
        for (uint64_t slot = 0; slot < WINDOWS; slot++) {
            uint64_t const value = ((uint64_t volatile*)(window(slot) + RINGS + 4096 * cpu))[index];
            newest = value > newest ? value : newest;
        }
        uint64_t const last = cpus[cpu].sequence;
        uint64_t const back = (last - index) % RING; // from the last store to the last one of this index
        lost += last >= back && last - back > 0 && newest != last - back;
    }
    return lost;
}

// Which slot is in each window: as data, as code and as a table tell. No TLB maintenance but for the tables, so whatever
// was cached before the last change has to be gone by itself.
void show_slots(void)
{
    print("V");
    for (uint64_t index = 0; index < WINDOWS; index++)
        print(" %u", *(uint64_t volatile*)(window(index) + SERIAL));
    for (uint64_t index = 0; index < WINDOWS; index++)
        print(" %u", executed(window(index), 3, index));
    for (uint64_t index = 0; index < WINDOWS; index++) {
        uint64_t const address = walked((index + 1) % WINDOWS, index, SERIAL_PAGE);
        __asm__ volatile("tlbi vaae1, %0\n\tdsb nsh\n\tisb" ::"r"(address >> 12) : "memory");
        print(" %u", *(uint64_t volatile*)address);
    }
    print("\n");
}

// Every slot is in a window, and nobody hammers.
void tally(void)
{
    uint64_t counted = 0, added = 0, bad = 0, lost = 0;
    for (uint64_t slot = 0; slot < WINDOWS; slot++)
        for (uint64_t i = 0; i < 8; i++)
            counted += ((uint64_t volatile*)(window(slot) + COUNTERS))[i];
    for (uint32_t cpu = 0; cpu < board.cpus && cpu < HAMMER_CPUS; cpu++) {
        added += cpus[cpu].added;
        bad += cpus[cpu].wrong;
        lost += lost_in_ring(cpu);
        print("C %u rounds %u stores %u moved %u\n", (uint64_t)cpu, cpus[cpu].rounds, cpus[cpu].sequence,
            cpus[cpu].moved);
    }
    print("T added %u counted %u lost %u wrong %u\n", added, counted, lost, bad);
}
