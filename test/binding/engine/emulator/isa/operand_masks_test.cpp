#include "sample_words.h"

#include <doctest/doctest.h>

namespace dormouse::emulator::isa::test {

static OperandMasks masks_of(uint32_t word)
{
    return operand_masks(decode(word), word);
}

TEST_CASE("general registers, and 31 as zero or SP")
{
    OperandMasks const add = masks_of(0x9100'43e1); // add x1, sp, #0x10
    CHECK(add.x_written == 1u << 1);
    CHECK(add.x_read == 0);
    CHECK(add.sp_read);
    CHECK_FALSE(add.sp_written);
    OperandMasks const to_sp = masks_of(0x9100'003f); // add sp, x1, #0
    CHECK(to_sp.sp_written);
    CHECK(to_sp.x_written == 0);
    CHECK(to_sp.x_read == 1u << 1);
    OperandMasks const compare = masks_of(0xf100'041f); // cmp x0, #1
    CHECK(compare.x_written == 0);
    CHECK(compare.x_read == 1u << 0);
    CHECK(compare.flags_written == 0xf);
}

TEST_CASE("instructions that keep part of their destination read it")
{
    CHECK(masks_of(0xf280'0023).x_read == 1u << 3); // movk x3, #1
    CHECK(masks_of(0xb340'1c23).x_read == (1u << 1 | 1u << 3)); // bfm x3, x1, #0, #7
}

TEST_CASE("flags that conditions look at")
{
    CHECK(masks_of(0x5400'0000).flags_read == 4); // b.eq
    CHECK(masks_of(0x5400'0002).flags_read == 2); // b.hs
    CHECK(masks_of(0x5400'0004).flags_read == 8); // b.mi
    CHECK(masks_of(0x5400'0007).flags_read == 1); // b.vc
    CHECK(masks_of(0x5400'0008).flags_read == 6); // b.hi
    CHECK(masks_of(0x5400'000a).flags_read == 9); // b.ge
    CHECK(masks_of(0x5400'000d).flags_read == 13); // b.le
    CHECK(masks_of(0x5400'000e).flags_read == 0); // b.al
    CHECK(masks_of(0x9a00'0000).flags_read == 2); // adc
    CHECK(masks_of(0xd500'401f).flags_written == 2); // cfinv
}

TEST_CASE("implicit registers, lists and writeback")
{
    CHECK(masks_of(0x9400'0000).x_written == 1u << 30); // bl
    OperandMasks const pair = masks_of(0xa9bf'7bfd); // stp x29, x30, [sp, #-0x10]!
    CHECK(pair.x_read == (1u << 29 | 1u << 30));
    CHECK(pair.sp_read);
    CHECK(pair.sp_written);
    OperandMasks const swap = masks_of(0x4820'7c82); // casp x0, x1, x2, x3, [x4]
    CHECK(swap.x_read == 0x1f);
    CHECK(swap.x_written == 3);
    OperandMasks const last = masks_of(0x483e'7c82); // casp x30, xzr, x2, x3, [x4]
    CHECK(last.x_written == 1u << 30);
}

TEST_CASE("a register whose number has four bits, beside a bit of an index")
{
    CHECK(masks_of(0x4f7f'8020).v_read == (1u << 1 | 1u << 15)); // mul v0.8h, v1.8h, v15.h[3]
    CHECK(masks_of(0x6f7f'0020).v_read == (1u << 0 | 1u << 1 | 1u << 15)); // mla v0.8h, v1.8h, v15.h[3]
    CHECK(masks_of(0x4f9f'8020).v_read == (1u << 1 | 1u << 31)); // mul v0.4s, v1.4s, v31.s[0]
}

// A walk over all rows: no instruction of these classes touches a vector register, and 31 never shows up.
TEST_CASE("masks stay in their banks")
{
    std::mt19937 random { 6 };
    for (Instruction const instruction : all_instructions()) {
        for (uint32_t const word : sample_words(instruction, 16, random)) {
            OperandMasks const masks = operand_masks(instruction, word);
            CHECK(((masks.x_read | masks.x_written) >> 31) == 0);
            CHECK(masks.flags_read <= 0xf);
            CHECK(masks.flags_written <= 0xf);
            if (!info(instruction).uses_fp)
                CHECK((masks.v_read | masks.v_written) == 0);
        }
    }
}

}
