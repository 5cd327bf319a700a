// Three vector registers with lanes of one size. [Arm DDI 0487, C4.1.97 "Advanced SIMD three same"]
#include "engine/emulator/jit/vector_fields.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

bool VectorEmitter::three_same(VectorOpcode op)
{
    if (op.map == 0)
        return false;
    Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
    Xmm const m = read(rm_of(m_word), Xmm::Xmm2);
    Xmm const to = is_whole(m_word) ? destination(rd_of(m_word)) : Xmm::Xmm0;
    code().vector(op, to, n, m);
    written_vector(rd_of(m_word), to, is_whole(m_word));
    return true;
}

void VectorEmitter::ones(Xmm to)
{
    code().vector(vex::kPcmpeq.of[2], to, to, to);
}

bool VectorEmitter::emit_simd_same()
{
    unsigned const size = lane_size_of(m_word);
    switch (m_instruction) {
    case Instruction::ADD_vector:
    case Instruction::ADD_scalar: return three_same(vex::kPadd.of[size]);
    case Instruction::SUB_vector:
    case Instruction::SUB_scalar: return three_same(vex::kPsub.of[size]);
    case Instruction::SMAX: return three_same(vex::kPmaxs.of[size]);
    case Instruction::UMAX: return three_same(vex::kPmaxu.of[size]);
    case Instruction::SMIN: return three_same(vex::kPmins.of[size]);
    case Instruction::UMIN: return three_same(vex::kPminu.of[size]);
    case Instruction::URHADD: return size < 2 ? three_same(vex::kPavg.of[size]) : halve_sum(false, false, true);
    case Instruction::SRHADD: return halve_sum(true, false, true);
    case Instruction::UHADD: return halve_sum(false, false, false);
    case Instruction::SHADD: return halve_sum(true, false, false);
    case Instruction::UHSUB: return halve_sum(false, true, false);
    case Instruction::SHSUB: return halve_sum(true, true, false);
    case Instruction::MUL_vector:
        multiply(Xmm::Xmm0, read(rn_of(m_word), Xmm::Xmm1), read(rm_of(m_word), Xmm::Xmm2), size);
        written_vector(rd_of(m_word), Xmm::Xmm0, is_whole(m_word));
        return true;
    case Instruction::MLA_vector:
    case Instruction::MLS_vector: multiply_accumulate(read(rm_of(m_word), Xmm::Xmm2), size); return true;
    case Instruction::SABD:
    case Instruction::UABD:
    case Instruction::SABA:
    case Instruction::UABA: {
        bool const is_signed = m_instruction == Instruction::SABD || m_instruction == Instruction::SABA;
        Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
        difference(Xmm::Xmm0, n, read(rm_of(m_word), Xmm::Xmm2), size, is_signed);
        if (m_instruction == Instruction::SABA || m_instruction == Instruction::UABA)
            code().vector(vex::kPadd.of[size], Xmm::Xmm0, Xmm::Xmm0, read(rd_of(m_word), Xmm::Xmm1));
        written_vector(rd_of(m_word), Xmm::Xmm0, is_whole(m_word));
        return true;
    }
    default:
        return emit_simd_bitwise() || emit_simd_compare() || emit_simd_shift_by_register() || emit_simd_saturating();
    }
}

// Bytes are multiplied in lanes of 16 bits, the even and the odd ones apart. XMM3 is lost.
void VectorEmitter::multiply(Xmm to, Xmm n, Xmm m, unsigned size)
{
    if (size == 2)
        return code().vector(vex::kPmulld, to, n, m);
    if (size == 1)
        return code().vector(vex::kPmullw, to, n, m);
    code().vector_shift(vex::kShiftGroup[1], vex::kShiftRight, Xmm::Xmm3, n, 8);
    code().vector(vex::kPmullw, Xmm::Xmm0, n, m);
    code().vector(vex::kPand, Xmm::Xmm0, Xmm::Xmm0, constant(Constant::LowBytes));
    code().vector_shift(vex::kShiftGroup[1], vex::kShiftRight, Xmm::Xmm2, m, 8);
    code().vector(vex::kPmullw, Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm2);
    code().vector_shift(vex::kShiftGroup[1], vex::kShiftLeft, Xmm::Xmm3, Xmm::Xmm3, 8);
    code().vector(vex::kPor, to, Xmm::Xmm0, Xmm::Xmm3);
}

// MLA and MLS, and those by element. Bit 29 tells the vector forms apart, bit 14 those by element.
void VectorEmitter::multiply_accumulate(Xmm m, unsigned size)
{
    bool const subtracts = m_instruction == Instruction::MLS_vector || m_instruction == Instruction::MLS_element_H
        || m_instruction == Instruction::MLS_element_S;
    multiply(Xmm::Xmm0, read(rn_of(m_word), Xmm::Xmm1), m, size);
    Xmm const d = read(rd_of(m_word), Xmm::Xmm1);
    code().vector(subtracts ? vex::kPsub.of[size] : vex::kPadd.of[size], Xmm::Xmm0, d, Xmm::Xmm0);
    written_vector(rd_of(m_word), Xmm::Xmm0, is_whole(m_word));
}

void VectorEmitter::difference(Xmm to, Xmm n, Xmm m, unsigned size, bool is_signed)
{
    code().vector((is_signed ? vex::kPmins : vex::kPminu).of[size], Xmm::Xmm3, n, m);
    code().vector((is_signed ? vex::kPmaxs : vex::kPmaxu).of[size], to, n, m);
    code().vector(vex::kPsub.of[size], to, to, Xmm::Xmm3);
}

bool VectorEmitter::emit_simd_bitwise()
{
    unsigned const d = rd_of(m_word);
    unsigned const n = rn_of(m_word);
    unsigned const m = rm_of(m_word);
    bool const q = is_whole(m_word);
    switch (m_instruction) {
    case Instruction::AND_vector: return three_same(vex::kPand);
    case Instruction::EOR_vector: return three_same(vex::kPxor);
    case Instruction::ORR_register_vector:
        if (n != m)
            return three_same(vex::kPor);
        written_vector(d, read(n, Xmm::Xmm0), q);
        return true;
    case Instruction::BIC_register_vector:
        code().vector(vex::kPandn, Xmm::Xmm0, read(m, Xmm::Xmm1), read(n, Xmm::Xmm2));
        break;
    case Instruction::ORN_vector:
        ones(Xmm::Xmm0);
        code().vector(vex::kPxor, Xmm::Xmm0, Xmm::Xmm0, read(m, Xmm::Xmm1));
        code().vector(vex::kPor, Xmm::Xmm0, Xmm::Xmm0, read(n, Xmm::Xmm1));
        break;
    case Instruction::NOT:
        ones(Xmm::Xmm0);
        code().vector(vex::kPxor, Xmm::Xmm0, Xmm::Xmm0, read(n, Xmm::Xmm1));
        break;
    case Instruction::BSL: { // m where d has zeros
        Xmm const otherwise = read(m, Xmm::Xmm2);
        code().vector(vex::kPxor, Xmm::Xmm0, read(n, Xmm::Xmm1), otherwise);
        code().vector(vex::kPand, Xmm::Xmm0, Xmm::Xmm0, read(d, Xmm::Xmm1));
        code().vector(vex::kPxor, Xmm::Xmm0, Xmm::Xmm0, otherwise);
        break;
    }
    case Instruction::BIT: // n where m has ones, or zeros
    case Instruction::BIF: {
        Xmm const old = read(d, Xmm::Xmm2);
        code().vector(vex::kPxor, Xmm::Xmm0, read(n, Xmm::Xmm1), old);
        code().vector(
            m_instruction == Instruction::BIT ? vex::kPand : vex::kPandn, Xmm::Xmm0, read(m, Xmm::Xmm1), Xmm::Xmm0);
        code().vector(vex::kPxor, Xmm::Xmm0, Xmm::Xmm0, old);
        break;
    }
    default: return false;
    }
    written_vector(d, Xmm::Xmm0, q);
    return true;
}

bool VectorEmitter::emit_simd_compare()
{
    // Equal instead of greater, unsigned, operands exchanged, inverted, with zero.
    switch (m_instruction) {
    case Instruction::CMEQ_register_vector:
    case Instruction::CMEQ_register_scalar: compare_integers(true, false, false, false, false); return true;
    case Instruction::CMGT_register_vector:
    case Instruction::CMGT_register_scalar: compare_integers(false, false, false, false, false); return true;
    case Instruction::CMGE_register_vector:
    case Instruction::CMGE_register_scalar: compare_integers(false, false, true, true, false); return true;
    case Instruction::CMHI_register_vector:
    case Instruction::CMHI_register_scalar: compare_integers(false, true, false, false, false); return true;
    case Instruction::CMHS_register_vector:
    case Instruction::CMHS_register_scalar: compare_integers(false, true, true, true, false); return true;
    case Instruction::CMEQ_zero_vector:
    case Instruction::CMEQ_zero_scalar: compare_integers(true, false, false, false, true); return true;
    case Instruction::CMGT_zero_vector:
    case Instruction::CMGT_zero_scalar: compare_integers(false, false, false, false, true); return true;
    case Instruction::CMGE_zero_vector:
    case Instruction::CMGE_zero_scalar: compare_integers(false, false, true, true, true); return true;
    case Instruction::CMLT_zero_vector:
    case Instruction::CMLT_zero_scalar: compare_integers(false, false, true, false, true); return true;
    case Instruction::CMLE_zero_vector:
    case Instruction::CMLE_zero_scalar: compare_integers(false, false, false, true, true); return true;
    case Instruction::CMTST_register_vector:
    case Instruction::CMTST_register_scalar: {
        Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
        code().vector(vex::kPand, Xmm::Xmm0, n, read(rm_of(m_word), Xmm::Xmm2));
        code().vector(vex::kPxor, Xmm::Xmm1, Xmm::Xmm1, Xmm::Xmm1);
        code().vector(vex::kPcmpeq.of[lane_size_of(m_word)], Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm1);
        ones(Xmm::Xmm1);
        code().vector(vex::kPxor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm1);
        written_vector(rd_of(m_word), Xmm::Xmm0, is_whole(m_word));
        return true;
    }
    default: return false;
    }
}

// Unsigned lanes compare as signed ones do once their highest bits are inverted.
void VectorEmitter::compare_integers(bool is_equal, bool is_unsigned, bool swaps, bool inverts, bool with_zero)
{
    unsigned const size = lane_size_of(m_word);
    Xmm n = read(rn_of(m_word), Xmm::Xmm1);
    Xmm m = Xmm::Xmm2;
    if (with_zero)
        code().vector(vex::kPxor, m, m, m);
    else
        m = read(rm_of(m_word), Xmm::Xmm2);
    if (is_unsigned && size < 3) {
        // n >= m: the greater one is n. n > m: the lesser one is not n.
        code().vector((swaps ? vex::kPmaxu : vex::kPminu).of[size], Xmm::Xmm0, n, m);
        code().vector(vex::kPcmpeq.of[size], Xmm::Xmm0, Xmm::Xmm0, n);
        if (!swaps) {
            ones(Xmm::Xmm3);
            code().vector(vex::kPxor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm3);
        }
        return written_vector(rd_of(m_word), Xmm::Xmm0, is_whole(m_word));
    }
    if (is_unsigned) {
        code().vector(vex::kMovups, Xmm::Xmm3, constant(Constant::SignD));
        code().vector(vex::kPxor, Xmm::Xmm1, n, Xmm::Xmm3);
        code().vector(vex::kPxor, Xmm::Xmm2, m, Xmm::Xmm3);
        n = Xmm::Xmm1;
        m = Xmm::Xmm2;
    }
    code().vector((is_equal ? vex::kPcmpeq : vex::kPcmpgt).of[size], Xmm::Xmm0, swaps ? m : n, swaps ? n : m);
    if (inverts) {
        ones(Xmm::Xmm3);
        code().vector(vex::kPxor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm3);
    }
    written_vector(rd_of(m_word), Xmm::Xmm0, is_whole(m_word));
}

// Half of n + m or n - m, of which one bit more than a lane has is kept: what both have, or what m has alone, counts
// whole, and what only one has by half. Rounding adds the other way round.
bool VectorEmitter::halve_sum(bool is_signed, bool subtracts, bool rounds)
{
    unsigned const size = lane_size_of(m_word);
    Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
    Xmm const m = read(rm_of(m_word), Xmm::Xmm2);
    code().vector(vex::kPxor, Xmm::Xmm0, n, m);
    code().vector(subtracts ? vex::kPandn : rounds ? vex::kPor : vex::kPand, Xmm::Xmm1, n, m);
    shift_right(Xmm::Xmm0, Xmm::Xmm0, size, 1, is_signed);
    if (subtracts)
        code().vector(vex::kPsub.of[size], Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm1);
    else if (rounds)
        code().vector(vex::kPsub.of[size], Xmm::Xmm0, Xmm::Xmm1, Xmm::Xmm0);
    else
        code().vector(vex::kPadd.of[size], Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm1);
    written_vector(rd_of(m_word), Xmm::Xmm0, is_whole(m_word));
    return true;
}

}
