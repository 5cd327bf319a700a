// First program of the benchmark guest. It obeys lines on its console:
//   run NAME COUNT     answers `done NAME COUNT NANOSECONDS CHECKSUM`, `failed NAME`, or `cannot NAME` when there is no
//                      such program or this CPU cannot run it
//   latency COUNT NANOSECONDS busy|idle   answers `latency LEAST P50 P99 P99.9 MOST`, in nanoseconds
//   release            gives the arena back: an operation like fork would copy its page tables; answers `released`
//   off                switches the guest off
// The host says what is measured and when, so that several guests can take turns.
#define _GNU_SOURCE
#include "benchmark.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

// Bits of AT_HWCAP. [Linux, Documentation/arch/arm64/elf_hwcaps.rst]
enum {
    HAS_AES = 1 << 3,
    HAS_PMULL = 1 << 4,
    HAS_SHA2 = 1 << 6,
    HAS_CRC32 = 1 << 7,
    HAS_ATOMICS = 1 << 8,
    HAS_DOT = 1 << 20
};

static struct {
    char const* name;
    Kernel* run;
    unsigned long needs;
} const kKernels[] = {
    { "alu", kernel_alu, 0 },
    { "coremark", kernel_coremark, 0 },
    { "sieve", kernel_sieve, 0 },
    { "bytes", kernel_bytes, 0 },
    { "calls", kernel_calls, 0 },
    { "bytecode", kernel_bytecode, 0 },
    { "recursion", kernel_recursion, 0 },
    { "quicksort", kernel_quicksort, 0 },
    { "sha256", kernel_sha256, 0 },
    { "bignum", kernel_bignum, 0 },
    { "divide", kernel_divide, 0 },
    { "chase-l1", kernel_chase_l1, 0 },
    { "chase-32m", kernel_chase_32m, 0 },
    { "copy", kernel_copy, 0 },
    { "hash", kernel_hash, 0 },
    { "nbody", kernel_nbody, 0 },
    { "mandelbrot", kernel_mandelbrot, 0 },
    { "matrix", kernel_matrix, 0 },
    { "pixels", kernel_pixels, 0 },
    { "crc32c", kernel_crc, HAS_CRC32 },
    { "exclusives", kernel_exclusives, 0 },
    { "lse", kernel_lse, HAS_ATOMICS },
    { "aes", kernel_aes, HAS_AES },
    { "sha256-insn", kernel_sha256_instructions, HAS_SHA2 },
    { "pmull", kernel_polynomials, HAS_PMULL },
    { "dot", kernel_dot, HAS_DOT },
};

static struct {
    char const* name;
    Operation* run;
} const kOperations[] = {
    { "syscall", operation_syscall },
    { "pipe", operation_pipe },
    { "fork", operation_fork },
    { "fork-exec", operation_fork_exec },
    { "vfork-exec", operation_exec },
    { "touch", operation_touch },
    { "copy-on-write", operation_copy_on_write },
    { "signal", operation_signal },
    { "read", operation_read },
    { "lock-2cpu", operation_lock },
    { "handoff-2cpu", operation_handoff },
};

static uint8_t* arena;

static uint64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

enum Outcome { DONE, FAILED, UNABLE };

static enum Outcome run(char const* name, uint64_t* count, uint64_t* checksum)
{
    for (size_t i = 0; i < sizeof kKernels / sizeof *kKernels; i++)
        if (arena && strcmp(name, kKernels[i].name) == 0) {
            if ((getauxval(AT_HWCAP) & kKernels[i].needs) != kKernels[i].needs)
                return UNABLE;
            *checksum = kKernels[i].run(arena, *count);
            return DONE;
        }
    for (size_t i = 0; i < sizeof kOperations / sizeof *kOperations; i++)
        if (strcmp(name, kOperations[i].name) == 0) {
            *checksum = kOperations[i].run(*count);
            return *checksum == *count ? DONE : FAILED;
        }
    if (has_script(name))
        return run_script(name, count, checksum) ? DONE : FAILED;
    return UNABLE;
}

static void latency(uint64_t count, uint64_t interval, int is_loaded)
{
    uint64_t* const samples = (uint64_t*)arena;
    if (!arena || count == 0 || count > ARENA_BYTES / sizeof *samples
        || !measure_latency(samples, count, interval, is_loaded)) {
        printf("cannot latency\n");
        return;
    }
    printf("latency %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", samples[0], samples[count / 2],
        samples[count * 99 / 100], samples[count * 999 / 1000], samples[count - 1]);
}

static void obey(char const* line)
{
    char name[32];
    uint64_t interval;
    uint64_t count, checksum = 0;
    if (sscanf(line, "run %31s %" SCNu64, name, &count) == 2) {
        uint64_t const start = nanoseconds();
        enum Outcome const outcome = run(name, &count, &checksum);
        uint64_t const elapsed = nanoseconds() - start;
        if (outcome == DONE)
            printf("done %s %" PRIu64 " %" PRIu64 " %016" PRIx64 "\n", name, count, elapsed, checksum);
        else
            printf("%s %s\n", outcome == FAILED ? "failed" : "cannot", name);
    } else if (sscanf(line, "latency %" SCNu64 " %" SCNu64 " %31s", &count, &interval, name) == 3) {
        latency(count, interval, strcmp(name, "busy") == 0);
    } else if (strncmp(line, "release", 7) == 0) {
        if (arena)
            munmap(arena, ARENA_BYTES);
        arena = NULL;
        printf("released\n");
    } else if (strncmp(line, "off", 3) == 0) {
        reboot(RB_POWER_OFF);
    }
    fflush(stdout);
}

static void open_console(void)
{
    mkdir("/dev", 0755);
    mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
    int const console = open("/dev/console", O_RDWR);
    if (console >= 0) {
        dup2(console, 0);
        dup2(console, 1);
        dup2(console, 2);
    }
    struct termios settings;
    if (tcgetattr(0, &settings) == 0) {
        settings.c_lflag &= ~(tcflag_t)ECHO; // The answers stand alone.
        tcsetattr(0, TCSANOW, &settings);
    }
}

int main(int count, char** arguments)
{
    if (count > 1 && strcmp(arguments[1], "exit") == 0)
        return 0; // a child of operation_exec
    open_console();
    mkdir("/proc", 0755);
    mount("proc", "/proc", "proc", 0, NULL);
    mkdir("/tmp", 0777);
    arena = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (arena == MAP_FAILED)
        return 1;
    memset(arena, 1, ARENA_BYTES);
    printf("BENCHMARK-READY\n");
    fflush(stdout);
    char line[128];
    while (fgets(line, sizeof line, stdin))
        obey(line);
    return 0;
}
