#include "engine/emulator/isa/assembly_writer.h"
#include "engine/emulator/isa/bit_mask.h"

#include <string_view>

// Operands that the ASSEMBLY column cannot say; declared by the generated disassembler.
namespace dormouse::emulator::isa::operand_format {

void barrier_option(AssemblyWriter&, uint32_t word, uint64_t pc);
void bit_mask_immediate(AssemblyWriter&, uint32_t word, uint64_t pc);
void prefetch_operation(AssemblyWriter&, uint32_t word, uint64_t pc);
void pstate_field(AssemblyWriter&, uint32_t word, uint64_t pc);

// [Arm DDI 0487, C6.2, DMB]
void barrier_option(AssemblyWriter& out, uint32_t word, uint64_t)
{
    constexpr std::string_view names[16] = { "", "oshld", "oshst", "osh", "", "nshld", "nshst", "nsh", "", "ishld",
        "ishst", "ish", "", "ld", "st", "sy" };
    uint32_t const option = (word >> 8) & 0xf;
    if (names[option].empty())
        out.text("#").number(option);
    else
        out.text(names[option]);
}

void bit_mask_immediate(AssemblyWriter& out, uint32_t word, uint64_t)
{
    uint64_t const mask = logical_bit_mask((word >> 22) & 1, (word >> 10) & 0x3f, (word >> 16) & 0x3f);
    out.address((word >> 31) != 0 ? mask : mask & 0xffff'ffff);
}

// Type, target and policy in the place of Rt. [Arm DDI 0487, C6.2, PRFM (immediate)]
void prefetch_operation(AssemblyWriter& out, uint32_t word, uint64_t)
{
    constexpr std::string_view types[3] = { "pld", "pli", "pst" };
    uint32_t const operation = word & 0x1f;
    uint32_t const type = operation >> 3;
    uint32_t const target = (operation >> 1) & 3;
    if (type == 3 || target == 3) {
        out.text("#").number(operation);
        return;
    }
    out.text(types[type]).text("l").decimal(target + 1).text((operation & 1) != 0 ? "strm" : "keep");
}

// The field and the immediate of MSR (immediate); unnamed ones as the system register they would be.
// [Arm DDI 0487, C6.2, MSR (immediate)]
void pstate_field(AssemblyWriter& out, uint32_t word, uint64_t)
{
    uint32_t const op1 = (word >> 16) & 7;
    uint32_t const op2 = (word >> 5) & 7;
    uint32_t const crm = (word >> 8) & 0xf;
    constexpr std::string_view names_op1_0[8] = { "", "", "", "uao", "pan", "spsel", "", "" };
    constexpr std::string_view names_op1_3[8] = { "", "ssbs", "dit", "", "tco", "", "daifset", "daifclr" };
    std::string_view const name = op1 == 0 ? names_op1_0[op2] : op1 == 3 ? names_op1_3[op2] : "";
    // All but DAIFSet and DAIFClr are one bit.
    bool const fits = crm <= 1 || (op1 == 3 && op2 >= 6);
    if (name.empty() || !fits)
        out.text("s0_").decimal(op1).text("_c4_c").decimal(crm).text("_").decimal(op2).text(", xzr");
    else
        out.text(name).text(", #").number(crm);
}

}
