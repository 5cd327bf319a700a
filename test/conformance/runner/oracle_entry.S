// void oracle_run(OracleRecord* record, void const* slot)
//
// Loads the whole user-visible state from the record, runs the slot and stores the state back. The slot begins with an
// instruction of ours that loads x0 and x1, the last two registers; it ends with a branch to oracle_exit. TPIDR_EL0
// keeps x0 while the way out looks for the record: nothing else is free at that point.

#define X 40
#define SP 288
#define NZCV 296
#define FPCR 304
#define FPSR 312
#define V 320

    .text
    .global oracle_run
    .type oracle_run, %function
oracle_run:
    stp x29, x30, [sp, #-160]!
    stp x19, x20, [sp, #16]
    stp x21, x22, [sp, #32]
    stp x23, x24, [sp, #48]
    stp x25, x26, [sp, #64]
    stp x27, x28, [sp, #80]
    stp d8, d9, [sp, #96]
    stp d10, d11, [sp, #112]
    stp d12, d13, [sp, #128]
    stp d14, d15, [sp, #144]
    adrp x9, oracle_saved
    add x9, x9, :lo12:oracle_saved
    mov x10, sp
    mrs x11, tpidr_el0
    stp x10, x11, [x9]
    str x0, [x9, #16]

    ldp x2, x3, [x0, #NZCV]
    ldr x4, [x0, #FPSR]
    ldr x5, [x0, #SP]
    msr nzcv, x2
    msr fpcr, x3
    msr fpsr, x4
    mov sp, x5
    ldp q0, q1, [x0, #V + 0]
    ldp q2, q3, [x0, #V + 32]
    ldp q4, q5, [x0, #V + 64]
    ldp q6, q7, [x0, #V + 96]
    ldp q8, q9, [x0, #V + 128]
    ldp q10, q11, [x0, #V + 160]
    ldp q12, q13, [x0, #V + 192]
    ldp q14, q15, [x0, #V + 224]
    ldp q16, q17, [x0, #V + 256]
    ldp q18, q19, [x0, #V + 288]
    ldp q20, q21, [x0, #V + 320]
    ldp q22, q23, [x0, #V + 352]
    ldp q24, q25, [x0, #V + 384]
    ldp q26, q27, [x0, #V + 416]
    ldp q28, q29, [x0, #V + 448]
    ldp q30, q31, [x0, #V + 480]
    ldp x2, x3, [x0, #X + 16]
    ldp x4, x5, [x0, #X + 32]
    ldp x6, x7, [x0, #X + 48]
    ldp x8, x9, [x0, #X + 64]
    ldp x10, x11, [x0, #X + 80]
    ldp x12, x13, [x0, #X + 96]
    ldp x14, x15, [x0, #X + 112]
    ldp x16, x17, [x0, #X + 128]
    ldp x18, x19, [x0, #X + 144]
    ldp x20, x21, [x0, #X + 160]
    ldp x22, x23, [x0, #X + 176]
    ldp x24, x25, [x0, #X + 192]
    ldp x26, x27, [x0, #X + 208]
    ldp x28, x29, [x0, #X + 224]
    ldr x30, [x0, #X + 240]
    clrex
    br x1

    .global oracle_exit
oracle_exit:
    msr tpidr_el0, x0
    adrp x0, oracle_saved
    add x0, x0, :lo12:oracle_saved
    ldr x0, [x0, #16]
    str x1, [x0, #X + 8]
    stp x2, x3, [x0, #X + 16]
    stp x4, x5, [x0, #X + 32]
    stp x6, x7, [x0, #X + 48]
    stp x8, x9, [x0, #X + 64]
    stp x10, x11, [x0, #X + 80]
    stp x12, x13, [x0, #X + 96]
    stp x14, x15, [x0, #X + 112]
    stp x16, x17, [x0, #X + 128]
    stp x18, x19, [x0, #X + 144]
    stp x20, x21, [x0, #X + 160]
    stp x22, x23, [x0, #X + 176]
    stp x24, x25, [x0, #X + 192]
    stp x26, x27, [x0, #X + 208]
    stp x28, x29, [x0, #X + 224]
    str x30, [x0, #X + 240]
    mrs x1, tpidr_el0
    str x1, [x0, #X]
    mov x1, sp
    str x1, [x0, #SP]
    mrs x1, nzcv
    mrs x2, fpcr
    mrs x3, fpsr
    stp x1, x2, [x0, #NZCV]
    str x3, [x0, #FPSR]
    stp q0, q1, [x0, #V + 0]
    stp q2, q3, [x0, #V + 32]
    stp q4, q5, [x0, #V + 64]
    stp q6, q7, [x0, #V + 96]
    stp q8, q9, [x0, #V + 128]
    stp q10, q11, [x0, #V + 160]
    stp q12, q13, [x0, #V + 192]
    stp q14, q15, [x0, #V + 224]
    stp q16, q17, [x0, #V + 256]
    stp q18, q19, [x0, #V + 288]
    stp q20, q21, [x0, #V + 320]
    stp q22, q23, [x0, #V + 352]
    stp q24, q25, [x0, #V + 384]
    stp q26, q27, [x0, #V + 416]
    stp q28, q29, [x0, #V + 448]
    stp q30, q31, [x0, #V + 480]

// The signal handler comes back here after it has stored the state itself.
    .global oracle_resume
oracle_resume:
    msr fpcr, xzr
    adrp x9, oracle_saved
    add x9, x9, :lo12:oracle_saved
    ldp x10, x11, [x9]
    mov sp, x10
    msr tpidr_el0, x11
    ldp x19, x20, [sp, #16]
    ldp x21, x22, [sp, #32]
    ldp x23, x24, [sp, #48]
    ldp x25, x26, [sp, #64]
    ldp x27, x28, [sp, #80]
    ldp d8, d9, [sp, #96]
    ldp d10, d11, [sp, #112]
    ldp d12, d13, [sp, #128]
    ldp d14, d15, [sp, #144]
    ldp x29, x30, [sp], #160
    ret
    .size oracle_run, . - oracle_run

// Host stack pointer, host TPIDR_EL0, address of the record being run.
    .bss
    .balign 16
oracle_saved:
    .zero 32
    .section .note.GNU-stack, "", %progbits
