#include "engine/emulator/isa/assembly_writer.h"

#include <string>

namespace dormouse::emulator::isa::operand_format {

// The number that bits 20:13 of FMOV (scalar, immediate) stand for, in full: "1.0", "-0.1328125". It is a multiple of
// 1/128 below 32. [Arm DDI 0487, C2.2.3 "Modified immediate constants in A64 floating-point instructions"]
void fp_immediate(AssemblyWriter&, uint32_t word, uint64_t pc);

void fp_immediate(AssemblyWriter& out, uint32_t word, uint64_t)
{
    uint32_t const imm8 = (word >> 13) & 0xff;
    uint32_t const magnitude = (16 + (imm8 & 15)) << (((imm8 >> 4) & 7) ^ 4); // in units of 1/128
    std::string fraction = std::to_string(10'000'000 + (magnitude & 127) * 78'125).substr(1);
    while (fraction.size() > 1 && fraction.back() == '0')
        fraction.pop_back();
    out.text((imm8 >> 7) != 0 ? "-" : "").decimal(magnitude >> 7).text(".").text(fraction);
}

}
