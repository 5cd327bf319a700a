#include "conformance.h"

struct call* volatile current_call[CPUS];
static struct record const* volatile cursor;
static struct record const* volatile mail[CPUS];
static uint32_t volatile online[CPUS];
static uint32_t volatile posted[CPUS], woken[CPUS]; // SGIs that tell of mail: sent, acknowledged
static uint32_t volatile acknowledged;
static uint32_t requests;
uint64_t measure_calls(uint64_t function, uint64_t count), measure_nothing(uint64_t function, uint64_t count);
extern volatile uint64_t resume_daif;

enum { UART = 0x09000000, DR = 0x00, FR = 0x18, IMSC = 0x38 };

void drain_interrupts(void)
{
    WRITE_REGISTER("cntv_ctl_el0", 0);
    __asm__ volatile("isb");
    for (;;) {
        uint64_t const intid = READ_REGISTER("S3_0_C12_C12_0") & 0xffffff; // ICC_IAR1_EL1
        if (intid >= 1020)
            return;
        if (intid == 0)
            woken[this_cpu()]++;
        WRITE_REGISTER("S3_0_C12_C12_1", intid); // ICC_EOIR1_EL1
    }
}

static uint64_t place(uint64_t what)
{
    switch (what & 0xff) {
    case PLACE_SECONDARY: return (uint64_t)&secondary_entry;
    case PLACE_RESUME: return (uint64_t)&resume_entry;
    case PLACE_HANDLER: return (uint64_t)&sdei_entry;
    case PLACE_RESUME_POINT: return (uint64_t)&resume_point;
    case PLACE_IMAGE: return (uint64_t)_image;
    case PLACE_VECTORS_TO_HANDLER: return (uint64_t)&sdei_entry - READ_REGISTER("vbar_el1");
    case PLACE_AUTO_HANDLER: return (uint64_t)&auto_entry;
    default: return 0;
    }
}

static uint64_t index_of(struct record const* record)
{
    return (uint64_t)(record - (struct record const*)board.initrd_start);
}

static void execute_call(struct record const* record, uint32_t cpu)
{
    struct call call;
    call.conduit = record->conduit;
    call.resumed = 0;
    struct call const* const outer = current_call[cpu];
    uint64_t before[31];
    for (uint64_t i = 0; i < 31; i++)
        before[i] = call.x[i] = i < 6 ? record->x[i] + place(record->places >> (8 * i)) : 0xa5a5000000000000ul | i << 8 | cpu;
    before[28] = before[29] = before[30] = 0;
    current_call[cpu] = &call;
    do_call(&call);
    current_call[cpu] = (struct call*)outer;
    if (call.resumed) {
        gic_init_cpu(cpu);
        drain_interrupts();
        report(REPORT_RESUMED, (uint64_t[]) { index_of(record), call.x[0], call.daif, call.el, call.sp_select, call.sctlr });
        return;
    }
    uint64_t changed = 0;
    for (uint32_t i = 1; i < 31; i++)
        changed |= (uint64_t)(call.x[i] != before[i]) << i;
    changed |= (uint64_t)(call.sp_moved != 0) << 31 | (uint64_t)(call.nzcv != 0xa0000000) << 32;
    uint64_t const seen = changed ? -1ul : 0;
    report(REPORT_CALL,
        (uint64_t[]) { index_of(record), call.x[0], changed, call.x[1] & seen, call.x[2] & seen, call.x[3] & seen });
}

static void host_request(struct record const* record)
{
    uint32_t const number = ++requests;
    report(REPORT_REQUEST, (uint64_t[]) { index_of(record), number });
    // Only now may the host act: an event would find the lock of report() taken otherwise.
    put_char('~');
    // Asleep: whoever looks at the UART again and again keeps the host from answering.
    WRITE32(UART + IMSC, 0x50); // receive and receive time-out
    while (acknowledged < number) {
        if (READ32(UART + FR) & 1u << 4) {
            __asm__ volatile("wfi");
            continue;
        }
        (void)READ32(UART + DR);
        acknowledged++;
    }
    WRITE32(UART + IMSC, 0);
}

static uint64_t mixed(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * 0x100000001b3ul;
    return hash ^ hash >> 29;
}

// Everything this CPU can see of itself and the interrupt controller, and the code and tables in memory.
static void print_state(struct record const* record)
{
    uint64_t registers = 0, memory = 0, gic = 0, timer = 0;
#define MIX(name) registers = mixed(registers, READ_REGISTER(name))
    MIX("sctlr_el1"), MIX("vbar_el1"), MIX("ttbr0_el1"), MIX("ttbr1_el1"), MIX("tcr_el1"), MIX("mair_el1");
    MIX("cpacr_el1"), MIX("tpidr_el0"), MIX("tpidr_el1"), MIX("tpidrro_el0"), MIX("elr_el1"), MIX("spsr_el1");
    MIX("sp_el0"), MIX("daif"), MIX("esr_el1"), MIX("far_el1"), MIX("contextidr_el1"), MIX("mdscr_el1"), MIX("par_el1");
    timer = mixed(timer, READ_REGISTER("cntv_ctl_el0"));
    timer = mixed(timer, READ_REGISTER("cntv_cval_el0"));
    timer = mixed(timer, READ_REGISTER("cntkctl_el1"));
    for (uint64_t const* at = (uint64_t const*)_image; at < (uint64_t const*)_text_end; at++)
        memory = mixed(memory, *at);
    for (uint64_t const* at = (uint64_t const*)_tables; at < (uint64_t const*)(_tables + 4096); at++)
        memory = mixed(memory, *at);
    // Scratch memory that nobody writes to.
    for (uint64_t const* at = (uint64_t const*)(board.memory_base + board.memory_size - (2 << 20));
         at < (uint64_t const*)(board.memory_base + board.memory_size); at += 8)
        memory = mixed(memory, *at);
    static uint32_t const distributor[] = { 0x0, 0x4, 0x84, 0x104, 0x204, 0x304, 0x420, 0x424, 0xc08 };
    for (uint32_t i = 0; i < sizeof distributor / sizeof *distributor; i++)
        gic = mixed(gic, READ32(board.gic_distributor + distributor[i]));
    uint64_t const sgi = board.gic_regions[0][0] + 0x10000;
    static uint32_t const redistributor[] = { 0x80, 0x100, 0x200, 0x300, 0x400, 0x404, 0x408, 0x418, 0x41c, 0xc00, 0xc04 };
    for (uint32_t i = 0; i < sizeof redistributor / sizeof *redistributor; i++)
        gic = mixed(gic, READ32(sgi + redistributor[i]));
    gic = mixed(gic, READ_REGISTER("S3_0_C4_C6_0"));
    gic = mixed(gic, READ_REGISTER("S3_0_C12_C12_7"));
    SAY("S %u %x %x %x %x\n", (uint64_t)record->id, registers, memory, gic, timer);
}

static void measure(struct record const* record)
{
    uint64_t const count = record->x[1];
    uint64_t const start = counter();
    measure_nothing(record->x[0], count);
    uint64_t const middle = counter();
    measure_calls(record->x[0], count);
    uint64_t const end = counter();
    SAY("M %u %u %u %u %u\n", (uint64_t)record->id, count, middle - start, end - middle, READ_REGISTER("cntfrq_el0"));
}

// From before EVENT_SIGNAL of event 0 at this CPU to the first instruction of the handler.
static void signal_latency(struct record const* record)
{
    uint64_t const count = record->x[1];
    uint64_t total = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t const start = READ_REGISTER("cntvct_el0");
        psci_hvc(0xc400002f, 0, board.mpidrs[0], 0);
        total += auto_time - start;
    }
    SAY("M %u %u 0 %u %u\n", (uint64_t)record->id, auto_handled, total, READ_REGISTER("cntfrq_el0"));
}

static void see_pending(struct record const*);

void execute(struct record const* record, uint32_t cpu)
{
    switch (record->op) {
    case OP_CALL: return execute_call(record, cpu);
    case OP_WAIT_HANDLER:
        while (handlers_entered < record->x[0])
            ;
        return;
    case OP_HOST: return host_request(record);
    case OP_STATE: return print_state(record);
    case OP_TIMER:
        WRITE_REGISTER("cntv_cval_el0", counter() + READ_REGISTER("cntfrq_el0") / 1000000 * record->x[0]);
        WRITE_REGISTER("cntv_ctl_el0", record->x[1]);
        __asm__ volatile("isb");
        return;
    case OP_WAIT_ONLINE:
        while (online[record->x[0]] != record->x[1])
            ;
        return;
    case OP_WAIT_POWER: // until AFFINITY_INFO of the CPU x0 is x1; PSCI 0.2 and newer
        while (psci_hvc(0xc4000004, record->x[0], 0, 0) != record->x[1])
            ;
        return;
    case OP_WAIT_RESULT: // until the call x0 to x3 gives x4
        while (psci_hvc(record->x[0], record->x[1], record->x[2] + place(record->places >> 16), record->x[3]) != record->x[4])
            ;
        return;
    case OP_PEEK: SAY("V %u %x\n", (uint64_t)record->id, *(uint64_t volatile*)record->x[0]); return;
    case OP_POKE: *(uint64_t volatile*)record->x[0] = record->x[1]; return;
    case OP_DELAY: {
        uint64_t const until = counter() + READ_REGISTER("cntfrq_el0") / 1000000 * record->x[0];
        while (counter() < until)
            ;
        return;
    }
    case OP_HOSTILE:
        hostile_prepare(record);
        hostile_start();
        return;
    case OP_MEASURE: return measure(record);
    case OP_SIGNAL_LATENCY: return signal_latency(record);
    case OP_QUIET: return quiet_calls(record->x[0], record->x[1] + place(record->places >> 8), record->x[2], record->x[3]);
    case OP_SEE_PENDING: return see_pending(record);
    case OP_BLOCKS: report_in_blocks = 1; return;
    case OP_REPEAT: return repeat_call(record->x[0], record->x[1], record->x[2], record->x[3]);
    default: SAY("U %u\n", (uint64_t)record->op);
    }
}

static void post(struct record const* record)
{
    posted[record->cpu]++;
    mail[record->cpu] = record;
    __asm__ volatile("dsb ish");
    WRITE_REGISTER("S3_0_C12_C11_5", 1ul << record->cpu); // ICC_SGI1R_EL1, SGI 0
    while (!(record->flags & 1) && mail[record->cpu])
        ;
}

// Turns the CPU x0, which is off, on and off again until AFFINITY_INFO and CPU_ON both have met it on its way, x1 times at
// most. Counts what either said meanwhile, and answers that no CPU on its way may get.
static void see_pending(struct record const* record)
{
    enum { CPU_OFF = 0x84000002, SUCCESS = 0, IS_ON = 0, IS_PENDING = 2 };
    uint64_t const cpu = record->x[0];
    static struct record const off = { OP_CALL, 1, 0, 1, 0, { CPU_OFF }, 0 };
    uint64_t rounds = 0, by_affinity = 0, by_cpu_on = 0, wrong = 0;
    while (rounds < record->x[1] && !(by_affinity && by_cpu_on)) {
        rounds++;
        uint32_t const lives = online[cpu];
        wrong += psci_hvc(0xc4000003, cpu, (uint64_t)&secondary_entry, cpu) != SUCCESS;
        for (uint64_t state = IS_PENDING; state != IS_ON;) {
            uint64_t const again = psci_hvc(0xc4000003, cpu, (uint64_t)&secondary_entry, cpu);
            state = psci_hvc(0xc4000004, cpu, 0, 0);
            by_cpu_on += again == -5ul;
            by_affinity += state == IS_PENDING;
            wrong += (again != -5ul && again != -4ul) || (again == -4ul && state != IS_ON) || state == 1;
        }
        wrong += psci_hvc(0xc4000003, cpu, (uint64_t)&secondary_entry, cpu) != -4ul;
        while (online[cpu] == lives)
            ;
        post(&off);
        while (psci_hvc(0xc4000004, cpu, 0, 0) != 1)
            ;
    }
    SAY("P %u %u %u %u %u\n", (uint64_t)record->id, rounds, by_affinity, by_cpu_on, wrong);
}

void run_script(struct handler_frame* frame)
{
    for (;;) {
        struct record const* const record = cursor++;
        if (record->op == OP_END) {
            SAY("E %u %u %x\n", handlers_entered, resume_points, resume_daif);
            for (;;)
                __asm__ volatile("wfi");
        }
        if (record->op == OP_LEAVE) {
            if (!frame) {
                SAY("L %u\n", (uint64_t)record->id);
                continue;
            }
            frame->leave_function = record->x[0];
            frame->leave_argument = record->x[1] + place(record->places >> 8);
            frame->leave_by_smc = record->conduit;
            return;
        }
        if (record->op == OP_IN_HANDLER)
            in_handler[record->x[0]] = cursor++;
        else if (record->cpu)
            post(record);
        else
            execute(record, 0);
    }
}

void start_script(void)
{
    cursor = (struct record const*)board.initrd_start;
    run_script(0);
}

// Other CPUs sleep until the first one has something for them.
void run_mail(uint32_t cpu)
{
    online[cpu]++;
    for (;;) {
        while (!mail[cpu]) {
            __asm__ volatile("wfi");
            drain_interrupts();
        }
        struct record const* const record = mail[cpu];
        // Its interrupt must not end the sleep that the record may ask for.
        while (woken[cpu] != posted[cpu])
            drain_interrupts();
        // A call that does not return leaves the box empty.
        if (record->flags & 1)
            mail[cpu] = 0;
        execute(record, cpu);
        if (!(record->flags & 1))
            mail[cpu] = 0;
    }
}
