#include "checker.h"

// SGIs and SDEI events: each CPU sends one at a time to the next, which must get each once.

#define SDEI_EVENT_REGISTER 0xc4000021ul
#define SDEI_EVENT_ENABLE 0xc4000022ul
#define SDEI_PE_MASK 0xc400002bul
#define SDEI_PE_UNMASK 0xc400002cul
#define SDEI_EVENT_SIGNAL 0xc400002ful
#define SDEI_PRIVATE_RESET 0xc4000031ul
#define SDEI_ANSWER_OF_UNMASK 1 // PE_MASK: it was unmasked

enum { SGI_KINDS = 8, PATIENCE_SECONDS = 60 };

static void succeed(char const* what, uint64_t expected, uint64_t result)
{
    if (result != expected)
        fail(what, expected, result);
}

void signals_start(uint32_t self)
{
    struct cpu* const cpu = &cpus[self];
    uint64_t const counter_of_events = (uint64_t)&cpu->events_taken;
    succeed("SDEI_EVENT_REGISTER", 0,
        firmware_call(SDEI_EVENT_REGISTER, 0, (uint64_t)event_entry, counter_of_events, 0, board.mpidrs[self]));
    succeed("SDEI_EVENT_ENABLE", 0, firmware_call(SDEI_EVENT_ENABLE, 0, 0, 0, 0, 0));
    succeed("SDEI_PE_UNMASK", 0, firmware_call(SDEI_PE_UNMASK, 0, 0, 0, 0, 0));
    take(&cpu->lock);
    cpu->present = 1;
    release(&cpu->lock);
}

// Nothing is under way to this CPU afterwards.
void signals_stop(uint32_t self)
{
    struct cpu* const cpu = &cpus[self];
    take(&cpu->lock);
    cpu->present = 0;
    release(&cpu->lock);
    while (cpu->sgis_taken != cpu->sgis_sent || cpu->events_taken != cpu->events_sent)
        __asm__ volatile("yield");
    succeed("SDEI_PE_MASK", SDEI_ANSWER_OF_UNMASK, firmware_call(SDEI_PE_MASK, 0, 0, 0, 0, 0));
    succeed("SDEI_PRIVATE_RESET", 0, firmware_call(SDEI_PRIVATE_RESET, 0, 0, 0, 0, 0));
}

// In the handler.
void take_sgi(uint32_t self, uint64_t intid)
{
    struct cpu* const cpu = &cpus[self];
    if (cpu->sgis_sent != cpu->sgis_taken + 1)
        fail("an SGI that nobody sent", cpu->sgis_sent, cpu->sgis_taken + 1);
    if (intid != cpu->sgis_sent % SGI_KINDS)
        fail("another SGI than was sent", cpu->sgis_sent % SGI_KINDS, intid);
    __atomic_store_n(&cpu->sgis_taken, cpu->sgis_taken + 1, __ATOMIC_RELEASE);
}

static void send_sgi(uint64_t mpidr, uint64_t intid)
{
    // Aff3, Aff2, Aff1 and a bit for Aff0. [Arm IHI 0069, ICC_SGI1R_EL1]
    uint64_t const value = (mpidr >> 32 & 255) << 48 | (mpidr >> 16 & 255) << 32 | intid << 24
        | (mpidr >> 8 & 255) << 16 | 1ul << (mpidr & 15);
    __asm__ volatile("dsb ish" ::: "memory");
    WRITE_REGISTER("S3_0_C12_C11_5", value);
    __asm__ volatile("isb" ::: "memory");
}

static void wait_until_taken(char const* what, uint64_t const volatile* taken, uint64_t sent)
{
    uint64_t const start = counter();
    while (__atomic_load_n(taken, __ATOMIC_ACQUIRE) != sent) {
        if (*taken > sent)
            fail(what, sent, *taken);
        if (counter() - start > PATIENCE_SECONDS * READ_REGISTER("cntfrq_el0"))
            fail(what, sent, *taken);
        __asm__ volatile("yield");
    }
}

void check_signals(uint32_t self)
{
    uint32_t const other = (self + 1) % cpu_count;
    struct cpu* const target = &cpus[other];
    uint64_t const mpidr = board.mpidrs[other];
    take(&target->lock);
    if (!target->present) {
        release(&target->lock);
        return;
    }
    uint64_t const sgi = target->sgis_sent + 1, event = target->events_sent + 1;
    target->sgis_sent = sgi;
    target->events_sent = event;
    release(&target->lock);
    send_sgi(mpidr, sgi % SGI_KINDS);
    succeed("SDEI_EVENT_SIGNAL", 0, firmware_call(SDEI_EVENT_SIGNAL, 0, mpidr, 0, 0, 0));
    wait_until_taken("an SGI was not taken once", &target->sgis_taken, sgi);
    wait_until_taken("an event was not taken once", &target->events_taken, event);
}
