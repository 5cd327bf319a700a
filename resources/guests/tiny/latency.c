#include "tiny.h"

// How late the handler of the timer's interrupt is: from the compare value to a read of the counter in the handler.

enum { MAX_SAMPLES = 100000 };

static uint32_t samples[MAX_SAMPLES];

// Shell sort with Knuth's gaps.
static void sort(uint32_t* items, uint64_t count)
{
    uint64_t gap = 1;
    while (gap < count / 3)
        gap = 3 * gap + 1;
    for (; gap > 0; gap /= 3)
        for (uint64_t i = gap; i < count; i++) {
            uint32_t const item = items[i];
            uint64_t at = i;
            for (; at >= gap && items[at - gap] > item; at -= gap)
                items[at] = items[at - gap];
            items[at] = item;
        }
}

static uint64_t nanoseconds(uint64_t ticks)
{
    return ticks * 1000000000 / READ_REGISTER("cntfrq_el0");
}

static uint64_t measure(int is_idle, uint64_t us)
{
    uint64_t const before = timer_ticks[this_cpu()];
    WRITE_REGISTER("cntv_cval_el0", counter() + us * READ_REGISTER("cntfrq_el0") / 1000000);
    while (timer_ticks[this_cpu()] == before)
        if (is_idle)
            __asm__ volatile("wfi");
        else
            spin_loop(16);
    return timer_late;
}

void latency(uint64_t count, int is_idle)
{
    if (count == 0 || count > MAX_SAMPLES)
        count = MAX_SAMPLES;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t const late = nanoseconds(measure(is_idle, 100 + i % 64));
        samples[i] = late > ~0u ? ~0u : (uint32_t)late;
    }
    timer_start(this_cpu());
    sort(samples, count);
    print("latency: %u interrupts, ns: least %u, 50 %% %u, 99 %% %u, 99.9 %% %u, most %u\n", count,
        (uint64_t)samples[0], (uint64_t)samples[count / 2], (uint64_t)samples[count * 99 / 100],
        (uint64_t)samples[count * 999 / 1000], (uint64_t)samples[count - 1]);
}
