// What C cannot say: code that can be anywhere, and accesses of one certain instruction.

    .text
    .arch armv8-a+lse

// uint64_t moving_code(uint64_t x): 5 x + the number of the slot, which is fetched as data beside it.
    .global moving_code, moving_number
    .balign 64
moving_code:
    ldr     x1, 1f
    add     x0, x0, x0, lsl #2
    b       2f
    brk     #1
2:  add     x0, x0, x1
    ret
    .balign 8
moving_number:
1:  .quad   0

// void atomic_add_lse(uint64_t volatile* address, uint64_t value)
    .global atomic_add_lse
atomic_add_lse:
    stadd   x1, [x0]
    ret

// void store_pair(uint64_t address, uint64_t first, uint64_t second)
    .global store_pair
store_pair:
    stp     x1, x2, [x0]
    ret

// uint64_t load_pair(uint64_t address, uint64_t* second)
    .global load_pair
load_pair:
    ldp     x0, x2, [x0]
    str     x2, [x1]
    ret
