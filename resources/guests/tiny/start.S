// Entry, exception vectors and the few things C cannot say. Runs at EL1 (or drops there from EL2).

    .section .head, "ax"
    .global _start
_start:
    // Linux Image header. [Linux, Documentation/arch/arm64/booting.rst]
    b       primary
    .long   0
    .quad   0                       // text_offset
    .section .head2, "ax"            // tiny.lds puts image_size here
    .quad   0xa                     // little-endian, 4 KiB pages, anywhere in memory
    .quad   0, 0, 0
    .ascii  "ARM\x64"
    .long   0

    .text
primary:
    mov     x19, x0                 // device tree
    bl      to_el1
    // The loader clears BSS, a reset in place does so too; be sure anyway.
    adrp    x0, _bss
    add     x0, x0, :lo12:_bss
    adrp    x1, _image_end
    add     x1, x1, :lo12:_image_end
1:  stp     xzr, xzr, [x0], #16
    cmp     x0, x1
    b.lo    1b
    // Pointers in tables are made absolute: R_AARCH64_RELATIVE is all the linker leaves to do.
    adrp    x0, _relocations
    add     x0, x0, :lo12:_relocations
    adrp    x1, _relocations_end
    add     x1, x1, :lo12:_relocations_end
    adrp    x2, _image
1:  cmp     x0, x1
    b.hs    2f
    ldp     x3, x4, [x0], #16       // offset, info
    ldr     x5, [x0], #8            // addend
    cmp     w4, #1027
    b.ne    1b
    add     x5, x5, x2
    str     x5, [x2, x3]
    b       1b
2:  adrp    x0, _stacks
    add     x0, x0, #4096
    mov     sp, x0
    bl      build_tables            // C, MMU still off
    bl      mmu_on
    mov     x0, x19
    bl      guest_main
1:  wfi
    b       1b

// CPU_ON lands here with the CPU's index in x0.
    .global secondary_entry
secondary_entry:
    mov     x19, x0
    bl      to_el1
    adrp    x0, _stacks
    add     x1, x19, #1
    add     x0, x0, x1, lsl #12
    mov     sp, x0
    bl      mmu_on
    mov     x0, x19
    bl      secondary_main
1:  wfi
    b       1b

to_el1:
    mrs     x1, CurrentEL
    cmp     x1, #8
    b.ne    1f
    mov     x1, #(1 << 31)          // HCR_EL2.RW
    msr     hcr_el2, x1
    mov     x1, #3
    msr     cnthctl_el2, x1
    msr     cntvoff_el2, xzr
    mrs     x1, S3_4_C12_C9_5       // ICC_SRE_EL2
    mov     x2, #9
    orr     x1, x1, x2
    msr     S3_4_C12_C9_5, x1
    mov     x1, #0x3c5
    msr     spsr_el2, x1
    msr     elr_el2, x30
    eret
1:  ret

mmu_on:
    adrp    x1, vectors
    add     x1, x1, :lo12:vectors
    msr     vbar_el1, x1
    mov     x1, #(3 << 20)          // FP for everybody
    msr     cpacr_el1, x1
    mov     x1, #0xff00             // index 0: Device-nGnRnE, index 1: Normal write-back
    msr     mair_el1, x1
    // 39-bit VA, 4 KiB pages, inner shareable write-back walks, TTBR1 off, 40-bit PA.
    ldr     x1, =0x200803519
    msr     tcr_el1, x1
    adrp    x1, _tables
    msr     ttbr0_el1, x1
    dsb     ish
    tlbi    vmalle1
    dsb     ish
    isb
    mrs     x1, sctlr_el1
    ldr     x2, =0x1005             // M, C, I
    orr     x1, x1, x2
    msr     sctlr_el1, x1
    isb
    ret

    .global psci_hvc
psci_hvc:
    hvc     #0
    ret

    .global psci_smc
psci_smc:
    smc     #0
    ret

// uint64_t spin_loop(uint64_t rounds): eight instructions a round.
    .global spin_loop
    .balign 64
spin_loop:
    mov     x1, #1
1:  add     x1, x1, x0
    eor     x2, x1, x1, lsl #7
    add     x1, x2, x1, lsr #3
    orr     x3, x1, #1
    mul     x1, x1, x3
    eor     x1, x1, x2
    subs    x0, x0, #1
    b.ne    1b
    mov     x0, x1
    ret

    .global jump_to
jump_to:
    br      x0

    .macro  vector kind
    .balign 128
    sub     sp, sp, #288
    stp     x0, x1, [sp]
    mov     x0, #\kind
    b       exception_common
    .endm

    .balign 2048
vectors:
    vector 0
    vector 1
    vector 2
    vector 3
    vector 4
    vector 5
    vector 6
    vector 7
    vector 8
    vector 9
    vector 10
    vector 11
    vector 12
    vector 13
    vector 14
    vector 15

exception_common:
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
    mrs     x2, elr_el1
    mrs     x3, spsr_el1
    stp     x30, x2, [sp, #240]
    str     x3, [sp, #256]
    mov     x1, sp
    bl      handle_exception
    ldr     x3, [sp, #256]
    ldp     x30, x2, [sp, #240]
    msr     elr_el1, x2
    msr     spsr_el1, x3
    ldp     x28, x29, [sp, #224]
    ldp     x26, x27, [sp, #208]
    ldp     x24, x25, [sp, #192]
    ldp     x22, x23, [sp, #176]
    ldp     x20, x21, [sp, #160]
    ldp     x18, x19, [sp, #144]
    ldp     x16, x17, [sp, #128]
    ldp     x14, x15, [sp, #112]
    ldp     x12, x13, [sp, #96]
    ldp     x10, x11, [sp, #80]
    ldp     x8, x9, [sp, #64]
    ldp     x6, x7, [sp, #48]
    ldp     x4, x5, [sp, #32]
    ldp     x2, x3, [sp, #16]
    ldp     x0, x1, [sp]
    add     sp, sp, #288
    eret
    .ltorg
