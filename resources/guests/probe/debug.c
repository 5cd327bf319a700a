/* Single step, hardware breakpoints and watchpoints through ptrace. */
#include "probe.h"

#include <asm/ptrace.h>
#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

struct registers {
    uint64_t x[31], sp, pc, pstate;
};

/* struct user_hwdebug_state of the kernel, for 16 slots. */
struct debug_state {
    uint32_t info, pad;
    struct {
        uint64_t address;
        uint32_t control, pad;
    } slot[16];
};

enum { kEnabled = 1, kUser = 2 << 1, kExecute = 0 << 3, kLoad = 1 << 3, kStore = 2 << 3 };

/* Two steps of the branches, a call, a system call, and a store exclusive that must fail: each step ends with an
   exception return, which clears the monitor. */
void step_begin(void);
void step_function(void);
extern char step_end[], step_taken[], step_after_call[];
__asm__(".text\n.balign 64\n"
        "step_begin:\n mov x9, #3\n cbz x9, step_end\n cbnz x9, step_taken\n udf #0\n"
        "step_taken:\n mov x10, x30\n bl step_function\n"
        "step_after_call:\n mov x30, x10\n mov x8, #172\n svc #0\n mov x11, sp\n ldxr w12, [x11]\n"
        " stxr w13, w12, [x11]\n mov w0, w13\n"
        "step_end:\n ret\n"
        "step_function:\n nop\n ret\n"
        ".global step_begin, step_taken, step_after_call, step_end, step_function\n");

/* One instruction each, so that the address tells which access it was. x0 is the buffer, x1 four bytes on. */
void accesses(void* buffer, void* behind);
__asm__(".text\n.balign 64\n.arch armv8.2-a\n"
        ".global accesses\naccesses:\n"
        " strb w9, [x0, #1]\n strb w9, [x0, #2]\n strb w9, [x0, #4]\n ldrb w9, [x0, #3]\n" /* 0 */
        " sturh w9, [x0, #1]\n str w9, [x0]\n str x9, [x0, #8]\n stp x9, x10, [x0, #-16]\n" /* 4 */
        " stp x9, x10, [x0, #-8]\n str q0, [x0, #-16]\n stur q0, [x0, #-8]\n ldadd w9, w10, [x0]\n" /* 8 */
        " dc zva, x0\n prfm pldl1keep, [x0]\n ldr x9, [x0]\n ldp x9, x10, [x0, #-8]\n" /* 12 */
        " ldr q0, [x0, #16]\n ld1 {v0.16b}, [x0]\n ldxr w9, [x0]\n swp w9, w10, [x1]\n" /* 16 */
        " st1 {v0.b}[3], [x0]\n stlr w9, [x0]\n ldar w9, [x0]\n ret\n"); /* 20 */

static pid_t start_child(void (*body)(void))
{
    pid_t const child = fork();
    if (child == 0) {
        ptrace(PTRACE_TRACEME, 0, NULL, NULL);
        raise(SIGSTOP);
        body();
        _exit(42);
    }
    int status;
    waitpid(child, &status, 0);
    return child;
}

static struct registers registers_of(pid_t child)
{
    struct registers registers = { 0 };
    struct iovec io = { &registers, sizeof registers };
    ptrace(PTRACE_GETREGSET, child, (void*)NT_PRSTATUS, &io);
    return registers;
}

static bool set_slot(pid_t child, int set, int slot, uint64_t address, uint32_t control)
{
    /* Slots that are handed over are taken, even when they are not enabled: no more than needed. */
    struct debug_state state = { 0 };
    struct iovec io = { &state, 8 + 16 * (size_t)(slot + 1) };
    if (ptrace(PTRACE_GETREGSET, child, (void*)(intptr_t)set, &io) != 0)
        return false;
    state.slot[slot].address = address;
    state.slot[slot].control = control;
    io.iov_len = 8 + 16 * (size_t)(slot + 1);
    return ptrace(PTRACE_SETREGSET, child, (void*)(intptr_t)set, &io) == 0;
}

static int go(pid_t child, int request)
{
    int status;
    if (ptrace(request, child, NULL, NULL) != 0)
        return -1;
    waitpid(child, &status, 0);
    return status;
}

static bool is_trap(int status)
{
    return WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP;
}

static void step_body(void)
{
    step_begin();
}

static char const* single_step(void)
{
    pid_t const child = start_child(step_body);
    int status = 0;
    uint64_t const begin = (uint64_t)step_begin;
    for (int i = 0; registers_of(child).pc != begin; i++) {
        status = go(child, PTRACE_SINGLESTEP);
        FAIL_UNLESS(is_trap(status) && i < 20000, "on the way there: status %x", status);
    }
    uint64_t const taken = (uint64_t)step_taken, call = (uint64_t)step_function, after = (uint64_t)step_after_call;
    uint64_t const expected[] = { begin + 4, begin + 8, taken, taken + 4, call, call + 4, after, after + 4, after + 8,
        after + 12, after + 12, /* Linux reports the end of the system call, and then the processor the step */
        after + 16, after + 20, after + 24, (uint64_t)step_end };
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        status = go(child, PTRACE_SINGLESTEP);
        uint64_t const pc = registers_of(child).pc;
        FAIL_UNLESS(is_trap(status) && pc == expected[i], "step %zu: status %x at begin%+ld instead of %+ld", i, status,
            (long)(pc - begin), (long)(expected[i] - begin));
    }
    siginfo_t information;
    ptrace(PTRACE_GETSIGINFO, child, NULL, &information);
    FAIL_UNLESS(information.si_code == TRAP_TRACE, "si_code %d", information.si_code);
    FAIL_UNLESS(registers_of(child).x[0] == 1, "a store exclusive after an exception return did not fail");
    FAIL_UNLESS(WEXITSTATUS(go(child, PTRACE_CONT)) == 42, "the child did not end well");
    return NULL;
}

static void breakpoint_body(void)
{
    for (int i = 0; i < 3; i++) {
        step_function();
        for (int j = 0; j < 500; j++)
            (void)getppid();
    }
}

static char const* hardware_breakpoint(void)
{
    pid_t const child = start_child(breakpoint_body);
    struct debug_state state = { 0 };
    struct iovec io = { &state, sizeof state };
    ptrace(PTRACE_GETREGSET, child, (void*)NT_ARM_HW_BREAK, &io);
    FAIL_UNLESS((state.info & 0xff) == 6, "%u breakpoints instead of 6", state.info & 0xff);
    uint64_t const target = (uint64_t)step_function;
    uint32_t const control = kEnabled | kUser | kExecute | 0xf << 5;
    for (int i = 0; i < 3; i++) {
        FAIL_UNLESS(set_slot(child, NT_ARM_HW_BREAK, 0, target, control), "set: %s", strerror(errno));
        int status = go(child, PTRACE_CONT);
        siginfo_t information = { 0 };
        ptrace(PTRACE_GETSIGINFO, child, NULL, &information);
        uint64_t const pc = registers_of(child).pc;
        FAIL_UNLESS(is_trap(status) && information.si_code == TRAP_HWBKPT && pc == target
                && (uint64_t)information.si_addr == target,
            "hit %d: status %x code %d pc %lx", i, status, information.si_code, pc);
        step_function(); /* Ours is the same address, but not the child's. */
        set_slot(child, NT_ARM_HW_BREAK, 0, target, 0);
        status = go(child, PTRACE_SINGLESTEP);
        FAIL_UNLESS(is_trap(status) && registers_of(child).pc == target + 4, "the step over it: status %x", status);
    }
    /* Neighbours of what is executed must not hit. */
    FAIL_UNLESS(set_slot(child, NT_ARM_HW_BREAK, 0, (uint64_t)step_begin, control), "set: %s", strerror(errno));
    FAIL_UNLESS(set_slot(child, NT_ARM_HW_BREAK, 1, target - 4, control), "set: %s", strerror(errno));
    int const status = go(child, PTRACE_CONT);
    FAIL_UNLESS(WIFEXITED(status) && WEXITSTATUS(status) == 42, "hit without reason: status %x", status);
    return NULL;
}

static char watched[192] __attribute__((aligned(64)));

static void watch_body(void)
{
    accesses(watched + 64, watched + 68);
}

/* Runs all accesses with bytes 2 and 3 watched; compares the set of instructions that hit. */
static char const* watch(uint32_t kind, uint32_t expected)
{
    pid_t const child = start_child(watch_body);
    uint64_t const first = (uint64_t)watched + 64 + 2;
    uint32_t const control = kEnabled | kUser | kind | 0x3 << 5;
    uint32_t seen = 0;
    for (int hits = 0;; hits++) {
        FAIL_UNLESS(set_slot(child, NT_ARM_HW_WATCH, 0, first, control), "set: %s", strerror(errno));
        int status = go(child, PTRACE_CONT);
        if (WIFEXITED(status))
            break;
        siginfo_t information = { 0 };
        ptrace(PTRACE_GETSIGINFO, child, NULL, &information);
        uint64_t const index = (registers_of(child).pc - (uint64_t)accesses) / 4;
        FAIL_UNLESS(is_trap(status) && information.si_code == TRAP_HWBKPT && index < 24 && hits < 24,
            "status %x code %d pc %lx", status, information.si_code, registers_of(child).pc);
        uint64_t const at = (uint64_t)information.si_addr;
        FAIL_UNLESS(
            at >= first - 10 && at < first + 2, "access %lu: si_addr at byte %ld", index, (long)(at - first) + 2);
        seen |= 1u << index;
        set_slot(child, NT_ARM_HW_WATCH, 0, first, 0);
        status = go(child, PTRACE_SINGLESTEP);
        ptrace(PTRACE_GETSIGINFO, child, NULL, &information);
        FAIL_UNLESS(is_trap(status) && registers_of(child).pc == (uint64_t)accesses + 4 * index + 4,
            "the step over access %lu: status %x code %d", index, status, information.si_code);
    }
    FAIL_UNLESS(seen == expected, "accesses %06x hit, not %06x", seen, expected);
    return NULL;
}

enum {
    kStores = 1 << 1 | 1 << 4 | 1 << 5 | 1 << 8 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 21,
    kLoads = 1 << 3 | 1 << 11 | 1 << 14 | 1 << 15 | 1 << 17 | 1 << 18 | 1 << 22,
};

static char const* watch_stores(void)
{
    return watch(kStore, kStores);
}
static char const* watch_loads(void)
{
    return watch(kLoad, kLoads);
}
static char const* watch_both(void)
{
    return watch(kLoad | kStore, kLoads | kStores);
}

struct check const debug_checks[] = {
    { "debug-single-step", single_step },
    { "debug-hardware-breakpoint", hardware_breakpoint },
    { "debug-watch-stores", watch_stores },
    { "debug-watch-loads", watch_loads },
    { "debug-watch-both", watch_both },
    { 0 },
};
