#include "engine/emulator/isa/assembly_writer.h"
#include "engine/emulator/isa/bit_mask.h"

// Operands that the ASSEMBLY column cannot say; declared by the generated disassembler.
namespace dormouse::emulator::isa::operand_format {

void bit_mask_immediate(AssemblyWriter&, uint32_t word, uint64_t pc);

void bit_mask_immediate(AssemblyWriter& out, uint32_t word, uint64_t)
{
    uint64_t const mask = logical_bit_mask((word >> 22) & 1, (word >> 10) & 0x3f, (word >> 16) & 0x3f);
    out.address((word >> 31) != 0 ? mask : mask & 0xffff'ffff);
}

}
