// SPDX-License-Identifier: GPL-2.0
// A client of SDEI inside a Debian guest: takes an event through the kernel's own driver and prints the stack of what
// it interrupted. Parameters:
//   event    number of the event (0, or a vendor event of the machine)
//   mode     "spin":   this CPU spins with interrupts masked until the event comes, from outside or from another CPU
//            "signal": the same, and another CPU signals event 0 by EVENT_SIGNAL once the spinning has begun
//            "wait":   registers, enables and returns
//
// The functions of the driver are not exported to modules; their addresses come from kprobes.
#include <linux/arm-smccc.h>
#include <linux/arm_sdei.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/kprobes.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched/debug.h>

#include <asm/sysreg.h>

#define SDEI_EVENT_SIGNAL 0xc400002f
#define SPIN_LIMIT_SECONDS 120

static uint event;
module_param(event, uint, 0444);
static char* mode = "wait";
module_param(mode, charp, 0444);

static int (*event_register)(u32, sdei_event_callback*, void*);
static int (*event_unregister)(u32);
static int (*event_enable)(u32);
static int (*event_disable)(u32);
static void (*print_regs)(struct pt_regs*);

static int hits;
static int spinning;
static u64 signalled_at, handled_at;

static void* address_of(char const* name)
{
    struct kprobe probe = { .symbol_name = name };
    void* address;

    if (register_kprobe(&probe) < 0)
        return NULL;
    address = (void*)probe.addr;
    unregister_kprobe(&probe);
    return address;
}

// Like a non-maskable interrupt: no locks, no sleeping.
static int on_event(u32 number, struct pt_regs* regs, void* argument)
{
    handled_at = ktime_get_mono_fast_ns();
    pr_info("SDEI-EVENT 0x%x on CPU %d, interrupts were %s at %pS\n", number, raw_smp_processor_id(),
        regs->pstate & PSR_I_BIT ? "masked" : "open", (void*)regs->pc);
    print_regs(regs);
    WRITE_ONCE(hits, hits + 1);
    return 0;
}

// Calls nothing while it spins: an event at the entry of another function would not have this one on its stack.
static noinline int spin_with_interrupts_masked(void)
{
    u64 const limit = read_sysreg(cntvct_el0) + SPIN_LIMIT_SECONDS * (u64)read_sysreg(cntfrq_el0);
    int const before = READ_ONCE(hits);
    unsigned long flags;

    local_irq_save(flags);
    WRITE_ONCE(spinning, 1);
    while (READ_ONCE(hits) == before && read_sysreg(cntvct_el0) < limit)
        ;
    WRITE_ONCE(spinning, 0);
    local_irq_restore(flags);
    return READ_ONCE(hits) == before ? -ETIMEDOUT : 0;
}

// On another CPU: signals event 0 to the CPU that spins.
static int signaller(void* target)
{
    struct arm_smccc_res result;

    while (!READ_ONCE(spinning))
        cpu_relax();
    mdelay(20);
    signalled_at = ktime_get_mono_fast_ns();
    arm_smccc_1_1_hvc(SDEI_EVENT_SIGNAL, 0, (unsigned long)target, &result);
    pr_info("SDEI-SIGNAL gave %ld\n", (long)result.a0);
    return 0;
}

static int find_driver(void)
{
    event_register = address_of("sdei_event_register");
    event_unregister = address_of("sdei_event_unregister");
    event_enable = address_of("sdei_event_enable");
    event_disable = address_of("sdei_event_disable");
    print_regs = address_of("show_regs");
    return event_register && event_unregister && event_enable && event_disable && print_regs ? 0 : -ENOENT;
}

static int spin(bool with_signal)
{
    int error;

    pr_info("SDEI-SPINNING\n");
    // Stay on one CPU, and let the line above reach the console before interrupts are off.
    set_cpus_allowed_ptr(current, cpumask_of(0));
    msleep(200);
    if (with_signal) {
        unsigned long const target = read_cpuid_mpidr() & MPIDR_HWID_BITMASK;
        struct task_struct* task = kthread_create(signaller, (void*)target, "sdei-signal");

        if (IS_ERR(task))
            return PTR_ERR(task);
        kthread_bind(task, 1);
        wake_up_process(task);
    }
    error = spin_with_interrupts_masked();
    if (with_signal && !error)
        pr_info("SDEI-LATENCY %llu ns from EVENT_SIGNAL to the callback\n", handled_at - signalled_at);
    pr_info("SDEI-SPUN %d\n", error);
    return error;
}

static int __init sdei_client_init(void)
{
    int error = find_driver();

    if (error)
        return error;
    error = event_register(event, on_event, NULL);
    pr_info("SDEI-REGISTER 0x%x gave %d\n", event, error);
    if (error)
        return error;
    error = event_enable(event);
    pr_info("SDEI-ENABLE 0x%x gave %d\n", event, error);
    if (!error && strcmp(mode, "wait"))
        error = spin(!strcmp(mode, "signal"));
    if (error)
        event_unregister(event);
    return error;
}

static void __exit sdei_client_exit(void)
{
    int const disabled = event_disable(event);
    int const unregistered = event_unregister(event);

    pr_info("SDEI-GONE %d %d after %d events\n", disabled, unregistered, hits);
}

module_init(sdei_client_init);
module_exit(sdei_client_exit);
MODULE_DESCRIPTION("Takes an SDEI event and prints the stack of what it interrupted");
MODULE_LICENSE("GPL");
