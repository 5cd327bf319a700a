#include "sample_words.h"

#include <doctest/doctest.h>

#include <string>

namespace dormouse::emulator::isa::test {

TEST_CASE("every row decodes its own words")
{
    std::mt19937 random { 4 };
    for (Instruction const instruction : all_instructions()) {
        auto const words = sample_words(instruction, 64, random);
        CHECK_MESSAGE(!words.empty(), std::string(info(instruction).name));
        CHECK(static_cast<bool>(info(instruction).handler));
    }
}

// What the decoder finds must have the row's fixed bits; what it does not find must not be a row without constraints.
TEST_CASE("the tree agrees with the fixed bits of the rows")
{
    std::mt19937 random { 5 };
    unsigned allocated = 0;
    for (int i = 0; i < 2'000'000; ++i) {
        uint32_t const word = static_cast<uint32_t>(random());
        Instruction const instruction = decode(word);
        Encoding const fixed = encoding(instruction);
        if (instruction != Instruction::Unallocated) {
            ++allocated;
            if ((word & fixed.mask) != fixed.value)
                FAIL("wrong row for " << word);
        }
    }
    CHECK(allocated > 400'000);
}

TEST_CASE("reserved encodings are unallocated")
{
    constexpr uint32_t reserved[] = {
        0x0000'0000, // UDF #0
        0x0bc0'0000, // ADD (shifted register) with ROR
        0x0b00'8000, // ADD W with a shift of 32
        0x0b20'1400, // ADD (extended register) with a shift of 5
        0x1240'0000, // AND W with a 64-bit mask
        0x1200'fc00, // AND with an element of no size
        0x1200'7c00, // AND with an element of all ones
        0x9240'fc00, // the same with 64 bits
        0x12c0'0000, // MOVN W with a shift of 32
        0x3280'0000, // move wide, opc 1
        0x1340'0000, // SBFM W with N = 1
        0x1300'8000, // SBFM W with imms = 32
        0x1380'8000, // EXTR W of 32
        0x5ac0'0c00, // REV with opcode 3 and W registers
        0x9ac0'4000, // CRC32B with sf = 1
        0x1ac0'4c00, // CRC32X with sf = 0
        0x9b40'0000, // SMULH with Ra = 0
        0x5400'0010, // BC.cond
        0xd61f'0800, // BRAA
        0xd65f'0fff, // RETAA
        0xd6bf'03e0, // DRPS
        0xd4a0'0001, // DCPS1
        0x6800'0000, // STGP
        0x3860'9000, // atomic with o3 = 1 and opc 1
        0x4821'7c00, // CASP with an odd Rs
        0x4820'7c01, // CASP with an odd Rt
        0x8840'7c00, // LDXR with Rs = 0
    };
    for (uint32_t const word : reserved) {
        CHECK_MESSAGE(decode(word) == Instruction::Unallocated, std::string(info(decode(word)).name));
    }
}

TEST_CASE("more specific rows win")
{
    CHECK(decode(0xd500'401f) == Instruction::CFINV);
    CHECK(decode(0xd503'201f) == Instruction::HINT);
    CHECK(decode(0xd503'205f) == Instruction::WFE);
    CHECK(decode(0xd503'207f) == Instruction::WFI);
}

TEST_CASE("what ends a block")
{
    CHECK(info(Instruction::B_cond).ends_block);
    CHECK(info(Instruction::SVC).ends_block);
    CHECK(info(Instruction::MSR_register).ends_block);
    CHECK(info(Instruction::Unallocated).ends_block);
    CHECK_FALSE(info(Instruction::ADD_immediate).ends_block);
    CHECK_FALSE(info(Instruction::LDR_64_unsigned).ends_block);
}

}
