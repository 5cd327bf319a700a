// A static arm64 Linux program that executes single instructions with a given state and reports the state after. Run
// under qemu-aarch64, or on arm64 hardware, it is the independent oracle of the instruction tests. It shares no code
// with the emulator. Reads OracleRecords (oracle_record.h) from standard input until its end, writes one for each.
#define _GNU_SOURCE
#include "oracle_record.h"

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

enum { kBatch = kOracleSlots, kWordsPerSlot = kOracleSlotBytes / 4 };

#define CODE_BYTES ((size_t)kOracleSlots * kOracleSlotBytes)
#define CODE_START (ORACLE_CODE_ADDRESS - 4)

static uint32_t const kLoadX0X1 = 0xa9428400; // ldp x0, x1, [x0, #40]: OracleRecord::x
static uint32_t const kBreakpoint = 0xd4200000; // brk #0

void oracle_run(OracleRecord* record, void const* slot);
extern char const oracle_exit[];
extern char const oracle_resume[];

_Static_assert(offsetof(OracleRecord, x) == 40, "kLoadX0X1 and oracle_entry.S");
_Static_assert(offsetof(OracleRecord, sp) == 288, "oracle_entry.S");
_Static_assert(offsetof(OracleRecord, v) == 320, "oracle_entry.S");
_Static_assert(sizeof(OracleRecord) == 1216, "the layout is a protocol");

static OracleRecord g_records[kBatch];
static OracleRecord* volatile g_current;

static void die(char const* what)
{
    perror(what);
    exit(1);
}

static struct fpsimd_context const* find_fpsimd(ucontext_t const* context)
{
    unsigned char const* at = (unsigned char const*)context->uc_mcontext.__reserved;
    unsigned char const* const end = at + sizeof(context->uc_mcontext.__reserved);
    while (at < end) {
        struct _aarch64_ctx const* const head = (struct _aarch64_ctx const*)at;
        if (head->magic == FPSIMD_MAGIC)
            return (struct fpsimd_context const*)head;
        if (head->magic == 0 || head->size == 0)
            break;
        at += head->size;
    }
    return NULL;
}

// The interrupted state is the result: instructions that fault must leave precisely what the architecture says.
static void on_signal(int number, siginfo_t* info, void* opaque)
{
    ucontext_t* const context = opaque;
    OracleRecord* const record = g_current;
    struct fpsimd_context const* const fpsimd = find_fpsimd(context);
    if (record == NULL || fpsimd == NULL)
        _exit(2);
    record->signal = (uint32_t)number;
    record->fault_address = (uint64_t)info->si_addr;
    record->pc = context->uc_mcontext.pc;
    memcpy(record->x, context->uc_mcontext.regs, sizeof(record->x));
    record->sp = context->uc_mcontext.sp;
    record->nzcv = context->uc_mcontext.pstate & 0xf0000000;
    record->fpcr = fpsimd->fpcr;
    record->fpsr = fpsimd->fpsr;
    memcpy(record->v, fpsimd->vregs, sizeof(record->v));
    context->uc_mcontext.pc = (uint64_t)oracle_resume;
}

static void install_handlers(void)
{
    static char alternate_stack[65536];
    stack_t const stack = { .ss_sp = alternate_stack, .ss_size = sizeof(alternate_stack) };
    if (sigaltstack(&stack, NULL) != 0)
        die("sigaltstack");
    int const signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE };
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct sigaction action = { .sa_flags = SA_SIGINFO | SA_ONSTACK };
        action.sa_sigaction = on_signal;
        if (sigaction(signals[i], &action, NULL) != 0)
            die("sigaction");
    }
}

static void* map_at(uint64_t address, size_t size, int protection)
{
    void* const wanted = (void*)address;
    void* const got = mmap(wanted, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (got != wanted)
        die("mmap");
    return got;
}

static uint32_t branch_to_exit(uint32_t const* from)
{
    int64_t const distance = (int64_t)oracle_exit - (int64_t)from;
    return UINT32_C(0x14000000) | ((uint32_t)(distance / 4) & UINT32_C(0x03ffffff));
}

/* False: that is what it has already. */
static bool write_slot(uint32_t* slot, OracleRecord const* record)
{
    if (record->word_count == 0 || record->word_count > kOracleMaximumWords) {
        fprintf(stderr, "oracle_runner: word_count %u is not in 1..%d\n", record->word_count, kOracleMaximumWords);
        exit(1);
    }
    uint32_t words[kWordsPerSlot];
    words[0] = kLoadX0X1;
    memcpy(words + 1, record->words, record->word_count * sizeof(uint32_t));
    unsigned const end = 1 + record->word_count;
    words[end] = branch_to_exit(slot + end);
    for (unsigned i = end + 1; i < kWordsPerSlot; i++)
        words[i] = kBreakpoint; // a branch astray is reported as SIGTRAP
    if (memcmp(slot, words, sizeof(words)) == 0)
        return false;
    memcpy(slot, words, sizeof(words));
    return true;
}

static uint32_t* slot_of(uint32_t* code, size_t record_number)
{
    return code + record_number % kOracleSlots * kWordsPerSlot;
}

static void run_record(uint32_t const* slot, OracleRecord* record, uint8_t* pages)
{
    uint8_t* const window_a = pages + (ORACLE_WINDOW_A - ORACLE_MEMORY_PAGES);
    uint8_t* const window_b = pages + (ORACLE_WINDOW_B - ORACLE_MEMORY_PAGES);
    memcpy(window_a, record->memory, kOracleWindowABytes);
    memcpy(window_b, record->memory + kOracleWindowABytes, kOracleWindowBBytes);
    record->signal = 0;
    record->fault_address = 0;
    record->pc = (uint64_t)(slot + 1 + record->word_count);
    g_current = record;
    oracle_run(record, slot);
    g_current = NULL;
    memcpy(record->memory, window_a, kOracleWindowABytes);
    memcpy(record->memory + kOracleWindowABytes, window_b, kOracleWindowBBytes);
}

// A whole batch, or what is left before the end of the input: code that is written in one go costs one translation
// flush.
static size_t read_records(void)
{
    size_t filled = 0;
    while (filled < sizeof(g_records)) {
        ssize_t const got = read(STDIN_FILENO, (char*)g_records + filled, sizeof(g_records) - filled);
        if (got < 0)
            die("read");
        if (got == 0)
            break;
        filled += (size_t)got;
    }
    if (filled % sizeof(OracleRecord) != 0) {
        fprintf(stderr, "oracle_runner: the input ends inside a record\n");
        exit(1);
    }
    return filled / sizeof(OracleRecord);
}

static void write_records(size_t count)
{
    char const* at = (char const*)g_records;
    size_t left = count * sizeof(OracleRecord);
    while (left != 0) {
        ssize_t const put = write(STDOUT_FILENO, at, left);
        if (put <= 0)
            die("write");
        at += put;
        left -= (size_t)put;
    }
}

int main(void)
{
    uint32_t* const code = map_at(CODE_START, CODE_BYTES, PROT_READ | PROT_WRITE | PROT_EXEC);
    uint8_t* const pages = map_at(ORACLE_MEMORY_PAGES, ORACLE_MEMORY_PAGE_BYTES, PROT_READ | PROT_WRITE);
    install_handlers();
    size_t first = 0;
    for (size_t count = read_records(); count != 0; count = read_records()) {
        // All slots are written before the first one runs: alternating would cost a translation flush each.
        bool is_new = false;
        for (size_t i = 0; i < count; i++)
            is_new |= write_slot(slot_of(code, first + i), &g_records[i]);
        if (is_new)
            __builtin___clear_cache((char*)code, (char*)code + CODE_BYTES);
        for (size_t i = 0; i < count; i++)
            run_record(slot_of(code, first + i), &g_records[i], pages);
        write_records(count);
        first += count;
    }
    return 0;
}
