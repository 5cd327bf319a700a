/* The performance counters, through perf_event_open. */
#include "probe.h"

#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

enum { kRounds = 500000, kPeriod = 100000, kRingPages = 8 };

/* Two instructions a round. */
void spin_rounds(uint64_t rounds);
extern char spin_end[];
__asm__(".text\n.balign 64\n.global spin_rounds, spin_end\nspin_rounds:\n subs x0, x0, #1\n b.ne "
        "spin_rounds\nspin_end:\n ret\n");

static int open_counter(uint64_t what, uint64_t period)
{
    struct perf_event_attr wanted = {
        .type = PERF_TYPE_HARDWARE,
        .size = sizeof wanted,
        .config = what,
        .sample_period = period,
        .sample_type = PERF_SAMPLE_IP,
        .disabled = 1,
        .exclude_kernel = 1,
        .exclude_hv = 1,
        .wakeup_events = 1,
    };
    return (int)syscall(SYS_perf_event_open, &wanted, 0, -1, -1, 0);
}

static uint64_t count_rounds(int counter, uint64_t rounds)
{
    uint64_t value = 0;
    ioctl(counter, PERF_EVENT_IOC_RESET, 0);
    ioctl(counter, PERF_EVENT_IOC_ENABLE, 0);
    spin_rounds(rounds);
    ioctl(counter, PERF_EVENT_IOC_DISABLE, 0);
    return read(counter, &value, sizeof value) == sizeof value ? value : 0;
}

static char const* count_instructions(void)
{
    int const counter = open_counter(PERF_COUNT_HW_INSTRUCTIONS, 0);
    FAIL_UNLESS(counter >= 0, "perf_event_open: %s", strerror(errno));
    uint64_t const least = count_rounds(counter, 1);
    uint64_t const most = count_rounds(counter, 1 + kRounds);
    /* What surrounds the rounds is the same both times, but for an instruction or two that an interrupt adds. */
    uint64_t const found = most - least;
    FAIL_UNLESS(found >= 2 * kRounds - 50 && found <= 2 * kRounds + 5000, "%lu instead of %d", found, 2 * kRounds);
    return NULL;
}

static char const* count_cycles(void)
{
    int const counter = open_counter(PERF_COUNT_HW_CPU_CYCLES, 0);
    FAIL_UNLESS(counter >= 0, "perf_event_open: %s", strerror(errno));
    uint64_t const few = count_rounds(counter, 1000);
    uint64_t const many = count_rounds(counter, 100000);
    FAIL_UNLESS(few > 0 && many > few, "%lu cycles, then %lu", few, many);
    return NULL;
}

static atomic_int overflows;

static void on_overflow(int number)
{
    (void)number;
    atomic_fetch_add(&overflows, 1);
}

/* Signals come, and samples point into the loop. */
static char const* overflow(void)
{
    pin_to(cpu_count() - 1);
    int const counter = open_counter(PERF_COUNT_HW_INSTRUCTIONS, kPeriod);
    FAIL_UNLESS(counter >= 0, "perf_event_open: %s", strerror(errno));
    size_t const ring_bytes = kRingPages * page_size();
    struct perf_event_mmap_page* const ring
        = mmap(NULL, page_size() + ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, counter, 0);
    FAIL_UNLESS(ring != MAP_FAILED, "mmap: %s", strerror(errno));
    signal(SIGIO, on_overflow);
    fcntl(counter, F_SETOWN, getpid());
    fcntl(counter, F_SETFL, O_ASYNC);
    uint64_t const counted = count_rounds(counter, 10 * kRounds);
    int const periods = 2 * 10 * kRounds / kPeriod;

    char const* const data = (char const*)ring + page_size();
    int samples = 0;
    int inside = 0;
    for (uint64_t at = 0; at < ring->data_head && at < ring_bytes;) {
        struct perf_event_header const* const header = (void const*)(data + at);
        if (header->type == PERF_RECORD_SAMPLE) {
            uint64_t const pc = *(uint64_t const*)(header + 1);
            samples++;
            inside += pc >= (uint64_t)spin_rounds && pc <= (uint64_t)spin_end;
        }
        at += header->size;
    }
    /* An interrupt may come late on a busy host: then several periods are one sample, but none is invented. */
    FAIL_UNLESS(counted >= 20 * kRounds && counted <= 20 * kRounds + 20000, "%lu counted", counted);
    FAIL_UNLESS(samples >= 5 && samples <= periods + 2, "%d samples of %d periods", samples, periods);
    FAIL_UNLESS(inside >= samples - 3, "%d of %d samples are in the loop", inside, samples);
    FAIL_UNLESS(atomic_load(&overflows) >= periods / 2, "%d signals of %d", atomic_load(&overflows), periods);
    return NULL;
}

/* Two threads on one CPU count only what is theirs. */
static char const* counters_follow_threads(void)
{
    pin_to(0);
    pid_t const other = fork();
    if (other == 0)
        for (;;)
            spin_rounds(100000);
    int const counter = open_counter(PERF_COUNT_HW_INSTRUCTIONS, 0);
    uint64_t const least = count_rounds(counter, 1);
    uint64_t const found = count_rounds(counter, 1 + 10 * kRounds) - least;
    kill(other, SIGKILL);
    waitpid(other, NULL, 0);
    FAIL_UNLESS(found >= 20 * kRounds - 50 && found <= 20 * kRounds + 20000, "%lu instead of %d", found, 20 * kRounds);
    return NULL;
}

struct check const perf_checks[] = {
    { "perf-instructions", count_instructions },
    { "perf-cycles", count_cycles },
    { "perf-overflow", overflow },
    { "perf-counters-follow-threads", counters_follow_threads },
    { 0 },
};
