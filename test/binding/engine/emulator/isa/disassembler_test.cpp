#include "reference_disassembler.h"
#include "sample_words.h"

#include <doctest/doctest.h>

#include <string>

namespace dormouse::emulator::isa::test {

// Where the two differ on purpose. Everything else must be the same.
static bool differs_on_purpose(Instruction instruction, std::string const& ours, std::string const& theirs)
{
    // Objdump names the registers and operations it knows; we print the encoding, which is never wrong.
    bool const has_encoding = ours.find(" s2_") != std::string::npos || ours.find(" s3_") != std::string::npos;
    if ((instruction == Instruction::MRS || instruction == Instruction::MSR_register) && has_encoding)
        return ours.substr(0, 4) == theirs.substr(0, 4) && theirs.find(" s2_") == std::string::npos
            && theirs.find(" s3_") == std::string::npos;
    // Hints that have a row are called by their name.
    if (instruction == Instruction::WFE)
        return ours == "wfe" && theirs == "hint 2";
    if (instruction == Instruction::WFI)
        return ours == "wfi" && theirs == "hint 3";
    if (instruction == Instruction::SEV)
        return ours == "sev" && theirs == "hint 4";
    if (instruction == Instruction::SEVL)
        return ours == "sevl" && theirs == "hint 5";
    // CONSTRAINED UNPREDICTABLE register choices execute here and have no assembly there.
    return theirs.rfind(".inst", 0) == 0 && ours.rfind("ldpsw ", 0) == 0;
}

TEST_CASE("every row reads as objdump reads it")
{
    constexpr size_t kWordsPerRow = 24;
    std::mt19937 random { 20 };
    std::vector<uint32_t> words;
    for (Instruction const instruction : all_instructions()) {
        auto const samples = sample_words(instruction, kWordsPerRow, random);
        REQUIRE_MESSAGE(!samples.empty(), std::string(info(instruction).name));
        words.insert(words.end(), samples.begin(), samples.end());
    }
    auto const expected = reference_disassembly(words);
    REQUIRE_MESSAGE(
        expected.size() == words.size(), "aarch64-linux-gnu-objdump is needed (binutils-aarch64-linux-gnu)");
    for (size_t i = 0; i < words.size(); ++i) {
        std::string const ours = normalised(disassemble(words[i], i * 4));
        std::string const theirs = normalised(expected[i]);
        if (!differs_on_purpose(decode(words[i]), ours, theirs))
            CHECK_MESSAGE(ours == theirs, std::string(info(decode(words[i])).name));
    }
}

TEST_CASE("targets are relative to pc, everywhere in the address space")
{
    CHECK(disassemble(0x1400'0001, 0xffff'8000'0800'0000) == "b 0xffff800008000004");
    CHECK(disassemble(0x17ff'ffff, 0) == "b 0xfffffffffffffffc");
    CHECK(disassemble(0x9000'0001, 0xffff'8000'0800'1abc) == "adrp x1, 0xffff800008001000");
    CHECK(disassemble(0x5400'0020, 0xffff'ffff'ffff'fffc) == "b.eq 0x0");
}

TEST_CASE("words of no row are shown as such")
{
    CHECK(disassemble(0, 0) == "udf 0x0");
    CHECK(decode(0xffff'ffff) == Instruction::Unallocated);
    CHECK(std::string(info(Instruction::Unallocated).name) == "Unallocated");
}

}
