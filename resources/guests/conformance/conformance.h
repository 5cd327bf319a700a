#pragma once

#include "tiny.h"

// The guest executes a script that the test hands over as its initial RAM disk: records of 64 bytes. So the cases and
// what is expected of them stand side by side in the test, and nothing here knows what firmware should answer.
enum { OP_END, OP_CALL, OP_LEAVE, OP_WAIT_HANDLER, OP_HOST, OP_STATE, OP_TIMER, OP_WAIT_ONLINE, OP_DELAY, OP_HOSTILE,
    OP_MEASURE, OP_REPEAT, OP_SIGNAL_LATENCY, OP_WAIT_POWER, OP_IN_HANDLER, OP_PEEK, OP_POKE, OP_WAIT_RESULT, OP_QUIET, OP_SEE_PENDING,
    OP_BLOCKS };

struct record {
    uint8_t op;
    uint8_t cpu; // which executes it
    uint8_t conduit; // 0 HVC #0, 1 SMC #0, 2 HVC #1, 3 SMC #1
    uint8_t flags; // 1: do not wait for the end of it
    uint32_t id;
    uint64_t x[6]; // x0 to x5
    uint64_t places; // a byte per x: what is added to it
};

// Added to an argument, since the guest alone knows where it was loaded.
enum { PLACE_NONE, PLACE_SECONDARY, PLACE_RESUME, PLACE_HANDLER, PLACE_RESUME_POINT, PLACE_IMAGE, PLACE_VECTORS_TO_HANDLER,
    PLACE_AUTO_HANDLER };

enum { CPUS = 16 };

// calls.S knows these offsets.
struct call {
    uint64_t x[31]; // before, then after
    uint64_t conduit; // 248
    uint64_t nzcv; // 256
    uint64_t sp_moved; // 264
    uint64_t resumed; // 272: came back at the resume entry
    uint64_t daif, el, sp_select, sctlr; // 280: how the entry was found
};

struct handler_frame {
    uint64_t x[31];
    uint64_t leave_function, leave_argument; // 248
    uint64_t leave_by_smc; // 264
};

void do_call(struct call*);
void resume_entry(void);
void sdei_entry(void);
void auto_entry(void);
void resume_point(void);
void hostile_start(void);
void hostile_entry(void);
void hostile_handler(void);
// Never returns: each byte from the console is a round of calls; 1 calls what nobody has, anything else x0 to x3.
void quiet_calls(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
void repeat_call(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
extern char vectors[];
extern volatile uint64_t resume_points, auto_handled, auto_time;
extern volatile uint64_t resume_elr;

// report.c
enum report_kind {
    REPORT_CALL, // record, x0, registers that changed; x1 to x3 if any did
    REPORT_RESUMED, // record, x0, DAIF, CurrentEL, SPSel, SCTLR_EL1
    REPORT_HANDLER, // CPU, x0, x1, x3, registers that changed, PSTATE, ELR_EL1, SPSR_EL1, whether it interrupts a call
    REPORT_REQUEST, // record, how many requests there were
    REPORT_KINDS,
};
enum { REPORT_FIELDS = 9 };
void report_init(void);
void report(enum report_kind, uint64_t const* fields);
extern int report_in_blocks; // 1: keep entries until there are many of them; else each at once
// Around a line of text, which goes behind all that was reported before.
uint64_t begin_line(void);
void end_report(uint64_t daif);
#define SAY(...)                                \
    do {                                        \
        uint64_t const say_daif = begin_line(); \
        print(__VA_ARGS__);                     \
        end_report(say_daif);                   \
    } while (0)

// script.c
void run_script(struct handler_frame*); // until the end, or the OP_LEAVE of this handler
void run_mail(uint32_t cpu);
extern struct call* volatile current_call[CPUS];
extern volatile uint64_t handlers_entered;
extern struct record const* volatile in_handler[CPUS]; // what the next handler of a CPU besides the first executes
void start_script(void);
void hostile_prepare(struct record const*);
void execute(struct record const*, uint32_t cpu);
void drain_interrupts(void);
