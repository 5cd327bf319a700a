// Products of which the double is taken, saturating. [Arm DDI 0487, C7.2 "SQDMULH", "SQRDMULH", "SQDMULL", "SQDMLAL"]
#include "engine/emulator/jit/vector_fields.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    bool is_by_element(uint32_t word)
    {
        return (word >> 24 & 15) == 15;
    }

}

bool VectorEmitter::emit_simd_doubling()
{
    switch (m_instruction) {
    case Instruction::SQDMULH_vector:
    case Instruction::SQDMULH_scalar:
    case Instruction::SQDMULH_element_H:
    case Instruction::SQDMULH_element_S:
    case Instruction::SQDMULH_element_H_scalar:
    case Instruction::SQDMULH_element_S_scalar: double_high(false); return true;
    case Instruction::SQRDMULH_vector:
    case Instruction::SQRDMULH_scalar:
    case Instruction::SQRDMULH_element_H:
    case Instruction::SQRDMULH_element_S:
    case Instruction::SQRDMULH_element_H_scalar:
    case Instruction::SQRDMULH_element_S_scalar: double_high(true); return true;
    case Instruction::SQDMULL_vector:
    case Instruction::SQDMULL_scalar:
    case Instruction::SQDMULL_element_H:
    case Instruction::SQDMULL_element_S:
    case Instruction::SQDMULL_element_H_scalar:
    case Instruction::SQDMULL_element_S_scalar: double_long(false, false); return true;
    case Instruction::SQDMLAL_vector:
    case Instruction::SQDMLAL_scalar:
    case Instruction::SQDMLAL_element_H:
    case Instruction::SQDMLAL_element_S:
    case Instruction::SQDMLAL_element_H_scalar:
    case Instruction::SQDMLAL_element_S_scalar: double_long(true, false); return true;
    case Instruction::SQDMLSL_vector:
    case Instruction::SQDMLSL_scalar:
    case Instruction::SQDMLSL_element_H:
    case Instruction::SQDMLSL_element_S:
    case Instruction::SQDMLSL_element_H_scalar:
    case Instruction::SQDMLSL_element_S_scalar: double_long(true, true); return true;
    default: return false;
    }
}

// In XMM2: Rm, or one lane of it in all lanes.
Xmm VectorEmitter::second_factor(unsigned size)
{
    if (is_by_element(m_word))
        return lane_everywhere(Xmm::Xmm2, element_register(size), size, element_index(size));
    return read(rm_of(m_word), Xmm::Xmm2);
}

// The upper halves of twice the products. Only the lowest number by itself is too large, and becomes the lowest number:
// nothing else does.
void VectorEmitter::double_high(bool rounds)
{
    unsigned const size = lane_size_of(m_word);
    m_block.clobber_flags();
    Xmm const m = second_factor(size);
    Xmm const n = read_lanes(rn_of(m_word), size, Xmm::Xmm1);
    if (size == 1 && rounds) {
        code().vector(vex::kPmulhrsw, Xmm::Xmm0, n, m);
    } else if (size == 1) {
        code().vector(vex::kPmullw, Xmm::Xmm3, n, m);
        code().vector(vex::kPmulhw, Xmm::Xmm0, n, m);
        code().vector_shift(vex::kShiftGroup[1], vex::kShiftRight, Xmm::Xmm3, Xmm::Xmm3, 15);
        code().vector(vex::kPadd.of[1], Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm0);
        code().vector(vex::kPor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm3);
    } else {
        code().vector(vex::kPmuldq, Xmm::Xmm0, n, m); // the even ones
        code().vector_shift(vex::kShiftGroup[3], vex::kShiftRight, Xmm::Xmm3, n, 32);
        code().vector_shift(vex::kShiftGroup[3], vex::kShiftRight, Xmm::Xmm2, m, 32);
        code().vector(vex::kPmuldq, Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm2);
        if (rounds) {
            constant_lanes(Xmm::Xmm2, uint64_t { 1 } << 30, 3);
            code().vector(vex::kPadd.of[3], Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm2);
            code().vector(vex::kPadd.of[3], Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm2);
        }
        code().vector_shift(vex::kShiftGroup[3], vex::kShiftRight, Xmm::Xmm0, Xmm::Xmm0, 31);
        code().vector(vex::kPadd.of[3], Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm3);
        code().vector(vex::kPblendw, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm3, 0xcc);
    }
    invert_lowest(size);
    written_vector(rd_of(m_word), Xmm::Xmm0, is_scalar(m_word) || (m_word >> 30 & 1));
}

// In lanes of twice the size, and added to what is there or taken away, saturating again.
void VectorEmitter::double_long(bool accumulates, bool subtracts)
{
    unsigned const size = lane_size_of(m_word);
    bool const upper = is_whole(m_word);
    m_block.clobber_flags();
    Xmm const m = second_factor(size);
    Xmm const n = is_scalar(m_word) ? read_lanes(rn_of(m_word), size, Xmm::Xmm1) : read(rn_of(m_word), Xmm::Xmm1);
    multiply_long(Xmm::Xmm0, n, m, size, true, upper);
    code().vector(vex::kPadd.of[size + 1], Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm0);
    invert_lowest(size + 1);
    if (accumulates) {
        code().vector(vex::kMovaps, Xmm::Xmm2, Xmm::Xmm0);
        Xmm const d
            = is_scalar(m_word) ? read_lanes(rd_of(m_word), size + 1, Xmm::Xmm1) : read(rd_of(m_word), Xmm::Xmm1);
        saturate_sum(d, Xmm::Xmm2, size + 1, true, subtracts);
    }
    written(rd_of(m_word), Xmm::Xmm0);
}

}
