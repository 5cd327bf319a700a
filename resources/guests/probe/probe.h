/* What the checks of the probe share. A check returns NULL when all is well, else why it is not. */
#pragma once

#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

typedef char const* (*check_function)(void);

struct check {
    char const* name;
    check_function run;
};

/* Tables of checks, each ends with an empty entry. */
extern struct check const processor_checks[];
extern struct check const fault_checks[];
extern struct check const undefined_checks[];
extern struct check const debug_checks[];
extern struct check const perf_checks[];
extern struct check const memory_checks[];
extern struct check const hammer_checks[];
extern struct check const code_checks[];
extern struct check const context_checks[];
extern struct check const time_checks[];
extern struct check const atomic_checks[];
extern struct check const litmus_checks[];
extern struct check const lock_checks[];
extern struct check const bpf_checks[];

/* A text that lives as long as the process of the check. */
char const* why(char const* format, ...) __attribute__((format(printf, 1, 2)));
/* A line for people that is no result. */
void note(char const* format, ...) __attribute__((format(printf, 1, 2)));

int cpu_count(void);
void pin_to(int cpu);
void* pages(size_t count, int protection);
size_t page_size(void);
uint64_t now_ns(void);
/* Starts `count` threads with their number as argument, on CPU (number mod CPUs), and waits for them all. */
void run_threads(int count, void* (*body)(void* number));
void start_threads(pthread_t* threads, int count, void* (*body)(void* number));
void join_threads(pthread_t* threads, int count);

/* What a signal told. */
struct caught {
    int volatile signal;
    int volatile code;
    void* volatile address;
    volatile uint64_t pc;
    volatile uint64_t sp;
    volatile uint64_t x[31];
};
/* Runs body(argument) and returns the first synchronous signal it raises; signal 0 when none. */
struct caught catch_signal(void (*body)(void*), void* argument);

#define FAIL_UNLESS(condition, ...)  \
    do {                             \
        if (!(condition))            \
            return why(__VA_ARGS__); \
    } while (0)
