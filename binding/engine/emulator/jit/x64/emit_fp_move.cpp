// Floating-point registers and constants moved as they are. [Arm DDI 0487, C4.1.97 "Conversion between floating-point
// and integer", "Floating-point immediate"]
#include "base/bits.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/jit/x64/vector_opcodes.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    // [Arm DDI 0487, C2.2.3 "Modified immediate constants in A64 floating-point instructions"]
    uint64_t expand_immediate(unsigned imm8, bool is_double)
    {
        unsigned const exponent_bits = is_double ? 11 : 8;
        unsigned const fraction_bits = is_double ? 52 : 23;
        uint64_t const bias = low_mask(exponent_bits - 1);
        uint64_t const exponent = bias - 3 + ((imm8 >> 4 & 7) ^ 4);
        return uint64_t { imm8 >> 7 } << (exponent_bits + fraction_bits) | exponent << fraction_bits
            | uint64_t { imm8 & 15 } << (fraction_bits - 4);
    }

}

bool VectorEmitter::emit_fp_move()
{
    bool const is_double = m_word >> 22 & 1;
    switch (m_instruction) {
    case Instruction::FMOV_register:
        written_scalar(rd_of(m_word), read_scalar(rn_of(m_word), is_double, Xmm::Xmm0), is_double);
        return true;
    case Instruction::FMOV_scalar_immediate: move_immediate(); return true;
    case Instruction::FMOV_to_general:
    case Instruction::FMOV_from_general:
    case Instruction::FMOV_top_to_general:
    case Instruction::FMOV_top_from_general: move_general(); return true;
    default: return false;
    }
}

void VectorEmitter::move_general()
{
    unsigned const d = rd_of(m_word);
    unsigned const n = rn_of(m_word);
    bool const is_64_bit = m_word >> 31;
    if (m_instruction == Instruction::FMOV_to_general || m_instruction == Instruction::FMOV_top_to_general) {
        bool const top = m_instruction == Instruction::FMOV_top_to_general;
        Reg const to = d == kZero ? Reg::Rax : m_block.destination(d);
        Xmm const from = top ? read(n, Xmm::Xmm0) : read_scalar(n, is_64_bit, Xmm::Xmm0);
        if (top)
            code().vector_and_general(vex::kPextrq, from, to, 1);
        else
            code().vector_and_general(is_64_bit ? vex::kMovq64Store : vex::kMovdStore, from, to);
        return m_block.written(d, to);
    }
    Reg const from = m_block.read(n, Reg::Rax);
    Xmm const to = destination(d);
    if (m_instruction == Instruction::FMOV_top_from_general)
        code().vector_from_general(vex::kPinsrq, to, read(d, Xmm::Xmm1), from, 1);
    else
        code().vector_from_general(is_64_bit ? vex::kMovq64 : vex::kMovd, to, from);
    written(d, to);
}

void VectorEmitter::move_immediate()
{
    bool const is_double = m_word >> 22 & 1;
    code().mov(Reg::Rax, expand_immediate(m_word >> 13 & 0xff, is_double));
    code().vector_from_general(vex::kMovq64, destination(rd_of(m_word)), Reg::Rax);
    written(rd_of(m_word), destination(rd_of(m_word)));
}

}
