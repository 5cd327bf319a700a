/* Threads, signals and pages for the checks. */
#include "probe.h"

#include <ucontext.h>

int cpu_count(void)
{
    return (int)sysconf(_SC_NPROCESSORS_ONLN);
}

size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

void pin_to(int cpu)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
    if (sched_setaffinity(0, sizeof set, &set) != 0)
        abort();
}

void* pages(size_t count, int protection)
{
    void* const memory = mmap(NULL, count * page_size(), protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        abort();
    return memory;
}

struct start {
    int number;
    void* (*body)(void*);
};

static void* enter(void* argument)
{
    struct start const start = *(struct start*)argument;
    free(argument);
    pin_to(start.number % cpu_count());
    return start.body((void*)(intptr_t)start.number);
}

void start_threads(pthread_t* threads, int count, void* (*body)(void*))
{
    for (int i = 0; i < count; i++) {
        struct start* const start = malloc(sizeof *start);
        *start = (struct start) { i, body };
        if (pthread_create(&threads[i], NULL, enter, start) != 0)
            abort();
    }
}

void join_threads(pthread_t* threads, int count)
{
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

void run_threads(int count, void* (*body)(void*))
{
    pthread_t threads[64];
    start_threads(threads, count, body);
    join_threads(threads, count);
}

static sigjmp_buf way_back;
static struct caught last;

static void on_signal(int number, siginfo_t* information, void* context)
{
    mcontext_t const* const machine = &((ucontext_t*)context)->uc_mcontext;
    last.signal = number;
    last.code = information->si_code;
    last.address = information->si_addr;
    last.pc = machine->pc;
    last.sp = machine->sp;
    for (int i = 0; i < 31; i++)
        last.x[i] = machine->regs[i];
    siglongjmp(way_back, 1);
}

struct caught catch_signal(void (*body)(void*), void* argument)
{
    static int const numbers[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE };
    static char other_stack[64 * 1024];
    stack_t const stack = { .ss_sp = other_stack, .ss_size = sizeof other_stack };
    sigaltstack(&stack, NULL);
    struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        sigaction(numbers[i], &action, NULL);
    memset(&last, 0, sizeof last);
    if (sigsetjmp(way_back, 1) == 0)
        body(argument);
    return last;
}
