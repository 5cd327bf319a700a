// Random firmware calls from a CPU that keeps nothing in registers between them. Whatever the firmware does, be it a
// handler that never completes, a return to code that is long past, or a fault, ends at hostile_start again.

    .text
    .macro  own_state to, scratch
    mrs     \to, mpidr_el1
    and     \to, \to, #15
    adrp    \scratch, hostile_state
    add     \scratch, \scratch, :lo12:hostile_state
    add     \to, \scratch, \to, lsl #6
    .endm

    // The next number of xorshift64 in \to; x17 is the CPU's own state.
    .macro  next_random to
    ldr     \to, [x17]
    eor     \to, \to, \to, lsl #13
    eor     \to, \to, \to, lsr #7
    eor     \to, \to, \to, lsl #17
    str     \to, [x17]
    .endm

    // Goes there when this CPU has not come through our entry since it was reset: it has other vectors, or none.
    .macro  unless_ours there
    mrs     x0, vbar_el1
    adrp    x5, hostile_vectors
    add     x5, x5, :lo12:hostile_vectors
    cmp     x0, x5
    b.ne    \there
    .endm

    .macro  next_value to
    next_random x16
    lsr     x15, x16, #40
    and     x15, x15, #63
    ldr     \to, [x14, x15, lsl #3]
    tbz     x16, #20, 9f
    eor     \to, \to, x16, lsr #58  // a few low bits
9:  ands    xzr, x16, #0x1e0
    b.ne    8f
    orr     \to, x16, #0x80000000   // anything, but no memory for the 32-bit convention either
8:
    .endm

    // CPU_ON, CPU_SUSPEND and the like come in here: no MMU, no vectors.
    // Random low bits change the address, so all around it leads to the same place.
    .balign 64
    .global hostile_entry
hostile_entry:
    .rept   16
    b       enter
    .endr
enter:
    adrp    x0, hostile_vectors
    add     x0, x0, :lo12:hostile_vectors
    msr     vbar_el1, x0
    mov     x0, #7
    msr     S3_0_C12_C12_5, x0      // ICC_SRE_EL1
    isb
    mov     x0, #0xf0
    msr     S3_0_C4_C6_0, x0        // ICC_PMR_EL1
    mov     x0, #1
    msr     S3_0_C12_C12_7, x0      // ICC_IGRPEN1_EL1
    isb
    // The timer is always due, so nothing sleeps for long.
    msr     cntv_cval_el0, xzr
    msr     cntv_ctl_el0, x0
    isb
    b       hostile_start

    .balign 64
    .global hostile_handler
hostile_handler:
    .rept   16
    b       handle
    .endr
handle:
    mov     x4, x0                  // the event
    unless_ours enter               // or is it the entry of a CPU that was off?
    own_state x17, x16
    ldr     x16, [x17, #24]
    add     x16, x16, #1
    str     x16, [x17, #24]
    mov     x0, #0x40800000
    cmp     x4, x0
    b.ne    6f
    // A critical event: does it interrupt the handler of an ordinary one?
    ldr     x16, [x17, #48]
    add     x16, x16, #1
    str     x16, [x17, #48]
    .irp    event, 0, 0x40000000
    mov     x0, #0x28
    movk    x0, #0xc400, lsl #16
    mov     x1, #\event
    hvc     #0
    and     x0, x0, #4
    ldr     x16, [x17, #56]
    add     x16, x16, x0, lsr #2
    str     x16, [x17, #56]
    .endr
6:  next_random x16
    and     x15, x16, #7
    cbz     x15, 1f                 // never completes
    cmp     x15, #1
    b.eq    2f                      // faults
    cmp     x15, #4
    b.lo    3f                      // completes and goes elsewhere
    mov     x0, #0x25
    movk    x0, #0xc400, lsl #16
    hvc     #0
1:  b       hostile_start
2:  udf     #0
3:  mov     x0, #0x26
    movk    x0, #0xc400, lsl #16
    adr     x1, hostile_start
    hvc     #0

    .global hostile_start
hostile_start:
    unless_ours enter               // has something led here past our entry?
    own_state x17, x16
    ldr     x0, [x17, #8]
    cbz     x0, hostile_end
    sub     x0, x0, #1
    str     x0, [x17, #8]
    // Now and then everything a handler needs, which chance would seldom put together. The host sends the other events.
    next_random x16
    ands    xzr, x16, #0x3f00
    b.ne    7f
    .irp    event, 0x40000000, 0x40800000
    .irp    number, 0x21, 0x22
    mov     x0, #\number
    movk    x0, #0xc400, lsl #16
    mov     x1, #\event
    adr     x2, hostile_handler
    mov     x3, x16
    mov     x4, #0
    hvc     #0
    .endr
    .endr
    .irp    number, 0x21, 0x22, 0x2c, 0x2f
    mov     x0, #\number
    movk    x0, #0xc400, lsl #16
    mov     x1, #0
    adr     x2, hostile_handler
    .if     \number == 0x2f
    mrs     x2, mpidr_el1
    and     x2, x2, #15
    .endif
    mov     x3, x16
    mov     x4, #0
    hvc     #0
    .endr
7:  adrp    x14, hostile_values
    add     x14, x14, :lo12:hostile_values
    next_value x1
    next_value x2
    next_value x3
    next_value x4
    next_value x5
    next_random x16
    adrp    x14, hostile_functions
    add     x14, x14, :lo12:hostile_functions
    ldr     x13, [x17, #32]         // how many functions this CPU calls
    lsr     x15, x16, #32
    udiv    x12, x15, x13
    msub    x15, x12, x13, x15
    ldr     w0, [x14, x15, lsl #2]
    ands    xzr, x16, #0x7c0
    b.ne    1f
    next_random x0
1:  tbz     x16, #0, 2f
    hvc     #0
    b       hostile_start
2:  tbz     x16, #1, 3f
    smc     #0
    b       hostile_start
3:  ands    xzr, x16, #0x3c
    b.ne    4f
    hvc     #0x123
    b       hostile_start
4:  hvc     #0
    b       hostile_start

hostile_end:
    own_state x17, x16
    ldr     x0, [x17, #40]
    cbnz    x0, 5f                  // the first CPU reports
6:  wfi
    b       6b
5:  mov     x0, #0x2b               // PE_MASK
    movk    x0, #0xc400, lsl #16
    hvc     #0
    msr     cntv_ctl_el0, xzr
    adrp    x0, _stacks
    add     x0, x0, #4096
    mov     sp, x0
    bl      mmu_on                  // and vectors that report
    b       hostile_report

    .balign 2048
    .global hostile_vectors
hostile_vectors:
    .rept   16
    .balign 128
    b       hostile_fault
    .endr
    .balign 128
hostile_fault:
    own_state x17, x16
    ldr     x16, [x17, #16]
    add     x16, x16, #1
    str     x16, [x17, #16]
    b       hostile_start
