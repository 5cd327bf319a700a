// What C cannot say: work that has every register in use at once, and an SDEI handler.

    // Offsets in struct registers.
    .equ    FLAGS, 232
    .equ    VECTORS, 256

// void add_to_registers(struct registers const* from, struct registers* to, uint64_t times)
    .global add_to_registers
add_to_registers:
    stp     x29, x30, [sp, #-96]!
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    mov     x30, x1
    mov     x29, x2
    ldp     x3, x4, [x0, #FLAGS]
    ldr     x5, [x0, #FLAGS + 16]
    msr     nzcv, x3
    msr     fpcr, x4
    msr     fpsr, x5
    add     x3, x0, #VECTORS
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    ldr     q\n, [x3], #16
    .endr
    .irp    n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
    ldr     x\n, [x0, #8 * \n]
    .endr
    ldr     x0, [x0]
1:
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
    add     x\n, x\n, #2 * \n + 1
    .endr
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30
    add     v\n\().2d, v\n\().2d, v31.2d
    .endr
    sub     x29, x29, #1
    cbnz    x29, 1b
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28
    str     x\n, [x30, #8 * \n]
    .endr
    mrs     x3, nzcv
    mrs     x4, fpcr
    mrs     x5, fpsr
    stp     x3, x4, [x30, #FLAGS]
    str     x5, [x30, #FLAGS + 16]
    add     x3, x30, #VECTORS
    .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
    str     q\n, [x3], #16
    .endr
    ldp     x27, x28, [sp, #80]
    ldp     x25, x26, [sp, #64]
    ldp     x23, x24, [sp, #48]
    ldp     x21, x22, [sp, #32]
    ldp     x19, x20, [sp, #16]
    ldp     x29, x30, [sp], #96
    ret

// uint64_t sum_of_fractions(uint64_t terms, uint64_t control)
    .global sum_of_fractions
sum_of_fractions:
    msr     fpcr, x1
    movi    d0, #0
    fmov    d1, #1.0
    fmov    d2, #1.0
1:  fdiv    d3, d1, d2
    fadd    d0, d0, d3
    fmadd   d0, d3, d3, d0
    fadd    d2, d2, d1
    sub     x0, x0, #1
    cbnz    x0, 1b
    fmov    x0, d0
    ret

// uint64_t firmware_call(uint64_t function, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t)
    .global firmware_call
firmware_call:
    hvc     #0
    ret

// On the interrupted stack, with the interrupted registers from x18 on; the others are given back by the completion.
    .global event_entry
event_entry:
    ldr     x2, [x1]
    add     x2, x2, #1
    str     x2, [x1]
    mov     x0, #0x25               // SDEI_EVENT_COMPLETE
    movk    x0, #0xc400, lsl #16
    mov     x1, #0
    hvc     #0
    b       .                       // it does not return
