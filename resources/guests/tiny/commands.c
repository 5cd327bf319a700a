#include "tiny.h"

enum { PSCI_SYSTEM_OFF = 0x84000008, PSCI_SYSTEM_RESET = 0x84000009 };
#define PSCI_CPU_ON 0xc4000003ul

extern char _image_end[];

static volatile uint64_t race_until;
static volatile uint64_t race_rounds[MAX_CPUS];
static uint64_t fill_seed;
enum { FILL_BYTES = 8 << 20 };

static int is(char const* line, char const* word, char const** rest)
{
    while (*word)
        if (*line++ != *word++)
            return 0;
    if (*line && *line != ' ')
        return 0;
    while (*line == ' ')
        line++;
    *rest = line;
    return 1;
}

static uint64_t number(char const** text)
{
    char const* p = *text;
    uint64_t value = 0, base = 10;
    if (p[0] == '0' && p[1] == 'x')
        base = 16, p += 2;
    for (;; p++) {
        uint64_t const digit = *p >= '0' && *p <= '9' ? (uint64_t)(*p - '0')
            : (*p | 32) >= 'a' && (*p | 32) <= 'f'    ? (uint64_t)((*p | 32) - 'a' + 10)
                                                      : 99;
        if (digit >= base)
            break;
        value = value * base + digit;
    }
    while (*p == ' ')
        p++;
    *text = p;
    return value;
}

static uint64_t milliseconds(uint64_t ticks)
{
    return ticks * 1000 / READ_REGISTER("cntfrq_el0");
}

// Memory nobody uses: behind image, device tree and initrd.
static uint64_t free_memory(void)
{
    uint64_t end = (uint64_t)_image_end;
    if (board.initrd_end > end)
        end = board.initrd_end;
    if (board.fdt + 0x200000 > end)
        end = board.fdt + 0x200000;
    return (end + 0x1fffff) & ~0x1ffffful;
}

static uint64_t memory_end(void)
{
    return board.memory_base + board.memory_size;
}

static void show_cpu(void)
{
    print("CPU: MIDR %x MPIDR %x EL%u, %u in the device tree, %u online\n", READ_REGISTER("midr_el1"),
        READ_REGISTER("mpidr_el1"), READ_REGISTER("CurrentEL") >> 2, (uint64_t)board.cpus, (uint64_t)cpus_online);
    print("ID: PFR0 %x PFR1 %x ISAR0 %x ISAR1 %x\n", READ_REGISTER("id_aa64pfr0_el1"), READ_REGISTER("id_aa64pfr1_el1"),
        READ_REGISTER("id_aa64isar0_el1"), READ_REGISTER("id_aa64isar1_el1"));
    print("ID: MMFR0 %x MMFR1 %x MMFR2 %x DFR0 %x\n", READ_REGISTER("id_aa64mmfr0_el1"),
        READ_REGISTER("id_aa64mmfr1_el1"), READ_REGISTER("S3_0_C0_C7_2"), READ_REGISTER("id_aa64dfr0_el1"));
    print("timer: CNTFRQ %u Hz\n", READ_REGISTER("cntfrq_el0"));
}

static void smp(void)
{
    uint32_t started = cpus_online;
    uint64_t const cpu_on = psci_is_0_1() ? board.psci_cpu_on : PSCI_CPU_ON;
    for (uint32_t cpu = 0; cpu < board.cpus; cpu++) {
        if (cpu == this_cpu())
            continue;
        uint64_t const result = psci_call(cpu_on, board.mpidrs[cpu], (uint64_t)secondary_entry, cpu);
        if (result == 0)
            started++;
        else
            print("CPU_ON %x: error -%u\n", board.mpidrs[cpu], 0 - result);
    }
    uint64_t const deadline = counter() + 10 * READ_REGISTER("cntfrq_el0");
    while (cpus_online < started && counter() < deadline)
        __asm__ volatile("yield");
    print("smp: %u of %u CPUs online\n", (uint64_t)cpus_online, (uint64_t)board.cpus);
}

static uint64_t next(uint64_t x)
{
    x ^= x << 13;
    x ^= x >> 7;
    return x ^ x << 17;
}

static void memtest(void)
{
    uint64_t const start = free_memory();
    uint64_t end = memory_end();
    if (end > start + (64ul << 20))
        end = start + (64ul << 20);
    uint64_t errors = 0;
    for (uint64_t pattern = 0; pattern < 2; pattern++) {
        uint64_t x = 0x9e3779b97f4a7c15ul + pattern;
        for (uint64_t at = start; at < end; at += 8)
            *(uint64_t volatile*)at = x = next(x);
        x = 0x9e3779b97f4a7c15ul + pattern;
        for (uint64_t at = start; at < end; at += 8)
            errors += *(uint64_t volatile*)at != (x = next(x));
    }
    print("memtest: %u MiB from %x, %u errors\n", (end - start) >> 20, start, errors);
}

static void fill(uint64_t seed)
{
    fill_seed = seed ? seed : 1;
    uint64_t x = fill_seed;
    for (uint64_t at = 0; at < FILL_BYTES; at += 8)
        *(uint64_t volatile*)(free_memory() + at) = x = next(x);
    print("fill: %u MiB with seed %u\n", (uint64_t)FILL_BYTES >> 20, fill_seed);
}

static void check(void)
{
    uint64_t x = fill_seed, sum = 0, errors = 0;
    if (!x) {
        print("check: nothing filled\n");
        return;
    }
    for (uint64_t at = 0; at < FILL_BYTES; at += 8) {
        uint64_t const value = *(uint64_t volatile*)(free_memory() + at);
        errors += value != (x = next(x));
        sum = (sum << 1 | sum >> 63) ^ value;
    }
    for (uint64_t at = 0; at < (uint64_t)(_text_end - _image); at += 8)
        sum = (sum << 1 | sum >> 63) ^ *(uint64_t const*)(_image + at);
    print("check: %s, sum %x, %u errors, seed %u\n", errors ? "DAMAGED" : "ok", sum, errors, fill_seed);
}

static void spin(uint64_t millions)
{
    millions = millions ? millions : 10;
    uint64_t const start = counter();
    uint64_t const result = spin_loop(millions * 125000); // eight instructions a round
    uint64_t const ticks = counter() - start;
    uint64_t const us = ticks * 1000000 / READ_REGISTER("cntfrq_el0");
    print("spin: %u million instructions in %u ms, %u MIPS (%x)\n", millions, us / 1000,
        us ? millions * 1000000 / us : 0, result);
}

void race_on(uint32_t cpu)
{
    while (counter() < race_until) {
        spin_loop(1000);
        race_rounds[cpu]++;
    }
}

static void race(uint64_t ms)
{
    for (uint32_t cpu = 0; cpu < board.cpus; cpu++)
        race_rounds[cpu] = 0;
    race_until = counter() + (ms ? ms : 1000) * READ_REGISTER("cntfrq_el0") / 1000;
    race_on(this_cpu());
    for (uint32_t cpu = 0; cpu < board.cpus; cpu++)
        print("race: CPU %u did %u rounds\n", (uint64_t)cpu, race_rounds[cpu]);
}

static void call(char const* rest)
{
    uint64_t const function = number(&rest), a = number(&rest), b = number(&rest), c = number(&rest);
    uint64_t const result = psci_call(function, a, b, c);
    print("call %x: %x", function, result);
    if ((int)result < 0)
        print(" (-%u)", (uint64_t)(uint32_t) - (int)result);
    print("\n");
}

static void halt(void)
{
    for (;;)
        __asm__ volatile("msr daifset, #15\n\twfi");
}

static void help(void)
{
    print(
        "help cpu mem time uptime irq smp memtest idle off reset panic fault\n"
        "echo TEXT | spin MILLIONS | race MS | latency COUNT [idle] | call FID A1 A2 A3 | wild ADDRESS | jump ADDRESS\n"
        "fill SEED, then check: memory checksum | sleep MS\n");
}

static void sleep(uint64_t ms)
{
    uint64_t const until = counter() + ms * READ_REGISTER("cntfrq_el0") / 1000;
    while (counter() < until)
        __asm__ volatile("wfi"); // the tick wakes us
}

void run_command(char* line)
{
    char const* rest = "";
    if (!*line)
        return;
    if (is(line, "help", &rest))
        help();
    else if (is(line, "cpu", &rest))
        show_cpu();
    else if (is(line, "mem", &rest))
        print("memory: %u MiB at %x, image at %x, initrd %x..%x\n", board.memory_size >> 20, board.memory_base,
            (uint64_t)_image, board.initrd_start, board.initrd_end);
    else if (is(line, "time", &rest))
        print("time: CNTVCT %u, RTC %u s since 1970\n", counter(), (uint64_t)READ32(0x09010000ul));
    else if (is(line, "uptime", &rest))
        print("uptime: %u ms\n", milliseconds(counter()));
    else if (is(line, "irq", &rest))
        for (uint32_t cpu = 0; cpu < board.cpus; cpu++)
            print("irq: CPU %u had %u timer ticks\n", (uint64_t)cpu, timer_ticks[cpu]);
    else if (is(line, "smp", &rest))
        smp();
    else if (is(line, "memtest", &rest))
        memtest();
    else if (is(line, "fill", &rest))
        fill(number(&rest));
    else if (is(line, "check", &rest))
        check();
    else if (is(line, "spin", &rest))
        spin(number(&rest));
    else if (is(line, "race", &rest))
        race(number(&rest));
    else if (is(line, "latency", &rest)) {
        uint64_t const count = number(&rest);
        latency(count, *rest == 'i');
    } else if (is(line, "sleep", &rest))
        sleep(number(&rest));
    else if (is(line, "call", &rest))
        call(rest);
    else if (is(line, "echo", &rest))
        print("%s\n", rest);
    else if (is(line, "idle", &rest)) { // without ticks, until a key is pressed
        WRITE_REGISTER("cntv_ctl_el0", 0);
        __asm__ volatile("wfi");
        timer_start(this_cpu());
        print("idle: woken\n");
    } else if (is(line, "fault", &rest)) // an exception of the guest's own: nothing is mapped up there
        WRITE64(0xffff000000000000ul, 1);
    else if (is(line, "wild", &rest)) { // mapped, but there is no memory and no device
        uint64_t const address = *rest ? number(&rest) : 0x3000000000ul;
        print("wild: reading %x\n", address);
        print("wild: read %x\n", READ64(address));
    } else if (is(line, "jump", &rest)) {
        uint64_t const address = *rest ? number(&rest) : 0x3000000000ul;
        print("jump: to %x\n", address);
        jump_to(address);
    } else if (is(line, "panic", &rest)) {
        print("Kernel panic - not syncing: tiny guest was told to\n");
        halt();
    } else if (is(line, "off", &rest)) {
        print("off: %x\n", psci_call(PSCI_SYSTEM_OFF, 0, 0, 0));
    } else if (is(line, "reset", &rest)) {
        print("reset: %x\n", psci_call(PSCI_SYSTEM_RESET, 0, 0, 0));
    } else {
        print("unknown command \"%s\", try help\n", line);
    }
}
