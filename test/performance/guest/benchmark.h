// What the benchmark guest is made of: kernels that compute, and operations of the system under them.
#pragma once

#include <stddef.h>
#include <stdint.h>

// Every kernel may use this much memory; it is touched before the first measurement.
enum { ARENA_BYTES = 96 << 20 };

// Repeats its work `count` times in the arena. Returns a checksum that depends on nothing but `count`.
typedef uint64_t Kernel(uint8_t* arena, uint64_t count);

// Repeats one operation `count` times. Returns what must be the same everywhere, 0 when it failed.
typedef uint64_t Operation(uint64_t count);

Kernel kernel_alu, kernel_coremark, kernel_sieve, kernel_bytes, kernel_calls, kernel_bytecode, kernel_recursion,
    kernel_quicksort, kernel_sha256, kernel_bignum, kernel_divide, kernel_chase_l1, kernel_chase_32m, kernel_copy,
    kernel_hash, kernel_nbody, kernel_mandelbrot, kernel_matrix, kernel_pixels, kernel_crc, kernel_exclusives,
    kernel_lse, kernel_aes, kernel_sha256_instructions, kernel_polynomials, kernel_dot;

Operation operation_syscall, operation_pipe, operation_fork, operation_fork_exec, operation_exec, operation_touch,
    operation_copy_on_write, operation_signal, operation_read, operation_lock, operation_handoff;

// Whether /bench/NAME.sh is there.
int has_script(char const* name);

// Runs it with the count as its argument. The checksum is that of what it prints. A script that works for a time
// instead of a number of rounds writes into /tmp/work how much it did, which then is the count. Returns 0 when it
// failed.
int run_script(char const* name, uint64_t* count, uint64_t* checksum);

// Sleeps `count` times for `interval` nanoseconds, as a real-time task, beside a busy process or alone. `samples` gets
// how late each awakening was, in nanoseconds and in rising order. Returns 0 when there can be no such task.
int measure_latency(uint64_t* samples, uint64_t count, uint64_t interval, int is_loaded);

static inline uint64_t rotate_left(uint64_t value, unsigned by)
{
    return value << by | value >> (64 - by);
}

// Marsaglia's xorshift generator: the same numbers everywhere. The state must not be 0.
static inline uint64_t next_random(uint64_t* state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}
