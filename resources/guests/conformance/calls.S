// Firmware calls with every general-purpose register known before and looked at afterwards, and the entries through
// which firmware gives control back.

    .include "../tiny/start.S"

    .global mmu_on, do_call
do_call:
    sub     sp, sp, #128
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    stp     x29, x30, [sp, #96]
    str     x0, [sp]
    mrs     x1, mpidr_el1
    and     x1, x1, #15
    adrp    x2, resume_stacks
    add     x2, x2, :lo12:resume_stacks
    mov     x3, sp
    str     x3, [x2, x1, lsl #3]
    mov     x30, x0
    ldr     x1, [x30, #248]
    adr     x2, conduits
    add     x1, x2, x1, lsl #3
    str     x1, [sp, #8]
    mov     x1, #0xa0000000         // N and C
    msr     nzcv, x1
    ldp     x2, x3, [x30, #16]
    ldp     x4, x5, [x30, #32]
    ldp     x6, x7, [x30, #48]
    ldp     x8, x9, [x30, #64]
    ldp     x10, x11, [x30, #80]
    ldp     x12, x13, [x30, #96]
    ldp     x14, x15, [x30, #112]
    ldp     x16, x17, [x30, #128]
    ldp     x18, x19, [x30, #144]
    ldp     x20, x21, [x30, #160]
    ldp     x22, x23, [x30, #176]
    ldp     x24, x25, [x30, #192]
    ldp     x26, x27, [x30, #208]
    ldp     x0, x1, [x30]
    // x28 and x29 find the way to the instruction; x30 keeps the structure.
    ldr     x28, [sp, #8]
    mov     x29, sp
    br      x28
    .balign 8
conduits:
    hvc     #0
    b       called
    smc     #0
    b       called
    hvc     #1
    b       called
    smc     #1
    b       called
called:
    sub     sp, sp, #16
    stp     x0, x1, [sp]
    ldr     x0, [sp, #16]           // the structure, by the stack alone
    stp     x2, x3, [x0, #16]
    ldp     x2, x3, [sp], #16
    stp     x2, x3, [x0]
    stp     x4, x5, [x0, #32]
    stp     x6, x7, [x0, #48]
    stp     x8, x9, [x0, #64]
    stp     x10, x11, [x0, #80]
    stp     x12, x13, [x0, #96]
    stp     x14, x15, [x0, #112]
    stp     x16, x17, [x0, #128]
    stp     x18, x19, [x0, #144]
    stp     x20, x21, [x0, #160]
    stp     x22, x23, [x0, #176]
    stp     x24, x25, [x0, #192]
    stp     x26, x27, [x0, #208]
    mrs     x1, nzcv
    str     x1, [x0, #256]
    // Each of these is 0 when it kept its value.
    mov     x1, sp
    sub     x1, x1, x29
    str     x1, [x0, #264]
    str     x1, [x0, #232]
    ldr     x1, [sp, #8]
    sub     x1, x28, x1
    sub     x2, x30, x0
    str     x1, [x0, #224]
    str     x2, [x0, #240]
1:  ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     x29, x30, [sp, #96]
    add     sp, sp, #128
    ret

// A call that took the power away came back here: context_id in x0, everything else as after reset.
    .global resume_entry
resume_entry:
    mov     x19, x0
    mrs     x20, daif
    mrs     x21, CurrentEL
    mrs     x22, SPSel
    mrs     x23, sctlr_el1
    bl      to_el1
    bl      mmu_on
    mrs     x1, mpidr_el1
    and     x1, x1, #15
    msr     tpidr_el1, x1
    adrp    x2, resume_stacks
    add     x2, x2, :lo12:resume_stacks
    ldr     x3, [x2, x1, lsl #3]
    mov     sp, x3
    ldr     x0, [sp]
    str     x19, [x0]
    mov     x1, #1
    str     x1, [x0, #272]
    stp     x20, x21, [x0, #280]
    stp     x22, x23, [x0, #296]
    b       1b

// An SDEI handler on the interrupted stack. What the script says inside it is executed, then it completes.
    .global sdei_entry
sdei_entry:
    sub     sp, sp, #272
    stp     x0, x1, [sp]
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    str     x30, [sp, #240]
    mov     x0, sp
    bl      sdei_handler
    ldp     x18, x19, [sp, #144]
    ldp     x20, x21, [sp, #160]
    ldp     x22, x23, [sp, #176]
    ldp     x24, x25, [sp, #192]
    ldp     x26, x27, [sp, #208]
    ldp     x28, x29, [sp, #224]
    ldr     x30, [sp, #240]
    ldp     x0, x1, [sp, #248]
    ldr     x2, [sp, #264]
    add     sp, sp, #272
    cbnz    x2, 1f
    hvc     #0
    b       leave_failed            // it came back, though a handler ran
1:  smc     #0
    b       leave_failed

// Where EVENT_COMPLETE_AND_RESUME sends us: like an exception from the interrupted code, so ERET goes back to it.
    .global resume_point
resume_point:
    sub     sp, sp, #32
    stp     x0, x1, [sp]
    str     x2, [sp, #16]
    adrp    x0, resume_points
    ldr     x1, [x0, :lo12:resume_points]
    add     x1, x1, #1
    str     x1, [x0, :lo12:resume_points]
    mrs     x1, daif
    adrp    x0, resume_daif
    str     x1, [x0, :lo12:resume_daif]
    ldp     x0, x1, [sp]
    ldr     x2, [sp, #16]
    add     sp, sp, #32
    eret

// The shortest handler: counts and completes.
    .global auto_entry
auto_entry:
    mrs     x4, cntvct_el0
    adrp    x2, auto_handled
    add     x2, x2, :lo12:auto_handled
    str     x4, [x2, #8]
    ldr     x3, [x2]
    add     x3, x3, #1
    str     x3, [x2]
    mov     x0, #0x25
    movk    x0, #0xc400, lsl #16
    mov     x1, #0
    hvc     #0
    b       leave_failed

// The same call for ever; no other register changes, so that two moments of it can be compared.
    .global repeat_call
repeat_call:
    mov     x4, x0
    mov     x5, x1
    mov     x6, x2
1:  mov     x0, x4
    mov     x1, x5
    mov     x2, x6
    hvc     #0
    b       1b

// Between two rounds all registers and all memory are the same, whatever was called.
    .global quiet_calls
quiet_calls:
    mov     x4, x0
    mov     x5, x1
    mov     x6, x2
    mov     x7, x3
    mov     x8, #0x09000000
0:  mov     x0, #0
    mov     x1, #0
    mov     x2, #0
    mov     x3, #0
    mov     x9, #0
    mov     x10, #0
1:  ldr     w9, [x8, #0x18]         // until the UART has a byte
    tbnz    w9, #4, 1b
    ldr     w9, [x8]
    mov     x10, #8
    cmp     w9, #1
2:  mov     x0, x4
    csel    x0, xzr, x0, eq
    mov     x1, x5
    mov     x2, x6
    mov     x3, x7
    hvc     #0
    sub     x10, x10, #1
    cbnz    x10, 2b
    cmp     x10, x10
    b       0b

// uint64_t measure_calls(uint64_t function, uint64_t count)
    .global measure_calls
measure_calls:
    mov     x9, x0
    mov     x10, x1
1:  mov     x0, x9
    hvc     #0
    subs    x10, x10, #1
    b.ne    1b
    ret

// The same loop without the call.
    .global measure_nothing
measure_nothing:
    mov     x9, x0
    mov     x10, x1
1:  mov     x0, x9
    nop
    subs    x10, x10, #1
    b.ne    1b
    ret

    .bss
    .balign 16
resume_stacks:
    .skip   128
    .global auto_handled, auto_time, resume_points, resume_daif
auto_handled:
    .skip   8
auto_time:
    .skip   8
resume_points:
    .skip   8
resume_daif:
    .skip   8
