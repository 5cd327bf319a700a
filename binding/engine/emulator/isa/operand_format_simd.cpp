#include "engine/emulator/isa/assembly_writer.h"

// Operands of Advanced SIMD that the ASSEMBLY column cannot say; declared by the generated disassembler.
namespace dormouse::emulator::isa::operand_format {

void byte_mask_immediate(AssemblyWriter&, uint32_t word, uint64_t pc);
void vector_float_immediate(AssemblyWriter&, uint32_t word, uint64_t pc);

namespace {

    // abc:defgh of the modified immediate class.
    uint32_t modified_immediate(uint32_t word)
    {
        return (word >> 11 & 0xe0) | (word >> 5 & 0x1f);
    }

}

// Every bit stands for a byte of ones.
void byte_mask_immediate(AssemblyWriter& out, uint32_t word, uint64_t)
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < 8; i++)
        mask |= (modified_immediate(word) >> i & 1) * (uint64_t { 0xff } << (8 * i));
    out.address(mask);
}

// +-(16..31)/16 * 2^(-3..4), with eight decimals, of which seven are ever needed.
void vector_float_immediate(AssemblyWriter& out, uint32_t word, uint64_t)
{
    uint32_t const imm8 = modified_immediate(word);
    uint32_t const exponent_from_minus_3 = (imm8 >> 4 & 7) ^ 4;
    uint32_t const in_128ths = (16 + (imm8 & 15)) << exponent_from_minus_3;
    std::string const decimals = std::to_string(in_128ths % 128 * 781250);
    out.text(imm8 >> 7 ? "-" : "").decimal(in_128ths / 128).text(".");
    out.text(std::string(8 - decimals.size(), '0')).text(decimals);
}

}
