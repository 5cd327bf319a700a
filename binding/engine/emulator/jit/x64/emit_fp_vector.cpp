// Floating point on vectors. [Arm DDI 0487, C4.1.97 "Advanced SIMD"]
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/jit/x64/vector_opcodes.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    bool is_double_word(uint32_t word)
    {
        return word >> 22 & 1;
    }
    bool is_whole(uint32_t word)
    {
        return word >> 30 & 1;
    }

}

bool VectorEmitter::emit_fp_vector()
{
    switch (m_instruction) {
    case Instruction::FADD_vector: packed_binary(vex::kAdd, false); return true;
    case Instruction::FSUB_vector:
    case Instruction::FABD_vector: packed_binary(vex::kSub, false); return true;
    case Instruction::FMUL_vector: packed_binary(vex::kMul, true); return true;
    case Instruction::FDIV_vector: packed_binary(vex::kDiv, true); return true;
    case Instruction::FMLA_vector: packed_fused(vex::kFmaddPacked); return true;
    case Instruction::FMLS_vector: packed_fused(vex::kFnmaddPacked); return true;
    case Instruction::FMUL_element_vector: packed_by_element(vex::kMul, false, false); return true;
    case Instruction::FMLA_element_vector: packed_by_element(vex::kFmaddPacked, true, false); return true;
    case Instruction::FMLS_element_vector: packed_by_element(vex::kFnmaddPacked, true, false); return true;
    case Instruction::FMUL_element_scalar: packed_by_element(vex::kMul, false, true); return true;
    case Instruction::FMLA_element_scalar: packed_by_element(vex::kFmaddPacked + 1, true, true); return true;
    case Instruction::FMLS_element_scalar: packed_by_element(vex::kFnmaddPacked + 1, true, true); return true;
    case Instruction::FSQRT_vector: packed_unary(vex::kSqrt); return true;
    case Instruction::FMAX_vector:
    case Instruction::FMAXNM_vector: packed_extreme(vex::kMax); return true;
    case Instruction::FMIN_vector:
    case Instruction::FMINNM_vector: packed_extreme(vex::kMin); return true;
    case Instruction::FRINTN_vector: packed_round(0 | vex::kRoundQuietly); return true;
    case Instruction::FRINTM_vector: packed_round(1 | vex::kRoundQuietly); return true;
    case Instruction::FRINTP_vector: packed_round(2 | vex::kRoundQuietly); return true;
    case Instruction::FRINTZ_vector: packed_round(3 | vex::kRoundQuietly); return true;
    case Instruction::FRINTI_vector: packed_round(vex::kRoundCurrent | vex::kRoundQuietly); return true;
    case Instruction::FRINTX_vector: packed_round(vex::kRoundCurrent); return true;
    case Instruction::FADDP_vector:
    case Instruction::FADDP_scalar: packed_pairs(); return true;
    case Instruction::FABS_vector:
    case Instruction::FNEG_vector: {
        bool const is_absolute = m_instruction == Instruction::FABS_vector;
        code().vector(is_absolute ? vex::kAndps : vex::kXorps, Xmm::Xmm0, read(rn_of(m_word), Xmm::Xmm0),
            constant(is_absolute ? Constant::AbsoluteS : Constant::SignS, is_double_word(m_word)));
        written_vector(rd_of(m_word), Xmm::Xmm0, is_whole(m_word));
        return true;
    }
    default: return emit_fp_vector_compare() || emit_fp_vector_convert();
    }
}

bool VectorEmitter::emit_fp_vector_compare()
{
    // Predicate, operands exchanged, of absolute values, with zero, scalar.
    switch (m_instruction) {
    case Instruction::FCMEQ_register_vector: packed_compare(vex::kEqualQuiet, false, false, false, false); break;
    case Instruction::FCMGT_register_vector: packed_compare(vex::kLessSignalling, true, false, false, false); break;
    case Instruction::FCMGE_register_vector:
        packed_compare(vex::kLessEqualSignalling, true, false, false, false);
        break;
    case Instruction::FACGT_vector: packed_compare(vex::kLessSignalling, true, true, false, false); break;
    case Instruction::FACGE_vector: packed_compare(vex::kLessEqualSignalling, true, true, false, false); break;
    case Instruction::FCMEQ_zero_vector: packed_compare(vex::kEqualQuiet, false, false, true, false); break;
    case Instruction::FCMGT_zero_vector: packed_compare(vex::kLessSignalling, true, false, true, false); break;
    case Instruction::FCMGE_zero_vector: packed_compare(vex::kLessEqualSignalling, true, false, true, false); break;
    case Instruction::FCMLT_zero_vector: packed_compare(vex::kLessSignalling, false, false, true, false); break;
    case Instruction::FCMLE_zero_vector: packed_compare(vex::kLessEqualSignalling, false, false, true, false); break;
    case Instruction::FCMEQ_register_scalar: packed_compare(vex::kEqualQuiet, false, false, false, true); break;
    case Instruction::FCMGT_register_scalar: packed_compare(vex::kLessSignalling, true, false, false, true); break;
    case Instruction::FCMGE_register_scalar: packed_compare(vex::kLessEqualSignalling, true, false, false, true); break;
    case Instruction::FACGT_scalar: packed_compare(vex::kLessSignalling, true, true, false, true); break;
    case Instruction::FACGE_scalar: packed_compare(vex::kLessEqualSignalling, true, true, false, true); break;
    case Instruction::FCMEQ_zero_scalar: packed_compare(vex::kEqualQuiet, false, false, true, true); break;
    case Instruction::FCMGT_zero_scalar: packed_compare(vex::kLessSignalling, true, false, true, true); break;
    case Instruction::FCMGE_zero_scalar: packed_compare(vex::kLessEqualSignalling, true, false, true, true); break;
    case Instruction::FCMLT_zero_scalar: packed_compare(vex::kLessSignalling, false, false, true, true); break;
    case Instruction::FCMLE_zero_scalar: packed_compare(vex::kLessEqualSignalling, false, false, true, true); break;
    default: return false;
    }
    return true;
}

// As check_scalar(), of all lanes. XMM3 is lost.
void VectorEmitter::check_packed(Xmm result, bool is_double, bool may_be_tiny, Label& slow)
{
    VectorOpcode const compare = vex::packed(vex::kCompare, is_double);
    if (may_be_tiny) {
        code().vector(vex::kAndps, Xmm::Xmm3, result, constant(Constant::AbsoluteS, is_double));
        code().vector(
            compare, Xmm::Xmm3, Xmm::Xmm3, constant(Constant::SmallestNormalS, is_double), vex::kEqualOrUnorderedQuiet);
    } else {
        code().vector(compare, Xmm::Xmm3, result, result, vex::kUnorderedQuiet);
    }
    code().vector(vex::kPtest, Xmm::Xmm3, Xmm::Xmm3);
    code().jump(Condition::Ne, slow);
}

void VectorEmitter::packed_binary(uint8_t opcode, bool may_be_tiny)
{
    bool const is_double = is_double_word(m_word);
    bool const q = is_whole(m_word);
    m_block.clobber_flags();
    Xmm const n = read_lower(rn_of(m_word), q, Xmm::Xmm1);
    Xmm m = read_lower(rm_of(m_word), q, Xmm::Xmm2);
    if (!q && opcode == vex::kDiv) { // zero by zero would be invalid
        code().vector(vex::kOrps, Xmm::Xmm2, m, constant(Constant::UpperOnesS));
        m = Xmm::Xmm2;
    }
    Xmm const to = destination_apart(rd_of(m_word), 1u << rn_of(m_word) | 1u << rm_of(m_word));
    Label& slow = begin_slow();
    code().vector(vex::packed(opcode, is_double), to, n, m);
    check_packed(to, is_double, may_be_tiny, slow);
    if (m_instruction == Instruction::FABD_vector)
        code().vector(vex::kAndps, to, to, constant(Constant::AbsoluteS, is_double));
    written_vector(rd_of(m_word), to, q);
    end_slow();
}

void VectorEmitter::packed_fused(uint8_t opcode)
{
    bool const is_double = is_double_word(m_word);
    bool const q = is_whole(m_word);
    m_block.clobber_flags();
    Xmm const n = read_lower(rn_of(m_word), q, Xmm::Xmm1);
    Xmm const m = read_lower(rm_of(m_word), q, Xmm::Xmm2);
    Xmm const addend = read_lower(rd_of(m_word), q, Xmm::Xmm0);
    Label& slow = begin_slow();
    if (addend != Xmm::Xmm0)
        code().vector(vex::kMovaps, Xmm::Xmm0, addend);
    code().vector(vex::fused(opcode, is_double), Xmm::Xmm0, n, m);
    check_packed(Xmm::Xmm0, is_double, true, slow);
    written_vector(rd_of(m_word), Xmm::Xmm0, q);
    end_slow();
}

// The element of Rm in all lanes.
Xmm VectorEmitter::element(Xmm temporary)
{
    unsigned const l = m_word >> 21 & 1;
    unsigned const h = m_word >> 11 & 1;
    bool const is_double = is_double_word(m_word);
    Xmm const m = read(rm_of(m_word), temporary);
    if (is_double)
        code().vector(vex::kShufpd, temporary, m, m, h ? 3 : 0);
    else
        code().vector(vex::kShufps, temporary, m, m, static_cast<uint8_t>((h << 1 | l) * 0x55));
    return temporary;
}

void VectorEmitter::packed_by_element(uint8_t opcode, bool accumulates, bool is_scalar)
{
    bool const is_double = is_double_word(m_word);
    bool const q = is_scalar || is_whole(m_word);
    m_block.clobber_flags();
    Xmm const n = read_lower(rn_of(m_word), q, Xmm::Xmm1);
    Xmm const m = element(Xmm::Xmm2);
    if (!q) // an infinity times the zeros of Rn's upper half would be invalid
        code().vector(vex::kMovq, m, m);
    Xmm const addend = accumulates ? read_lower(rd_of(m_word), q, Xmm::Xmm0) : Xmm::Xmm0;
    Label& slow = begin_slow();
    if (accumulates) {
        if (addend != Xmm::Xmm0)
            code().vector(vex::kMovaps, Xmm::Xmm0, addend);
        code().vector(vex::fused(opcode, is_double), Xmm::Xmm0, n, m);
    } else {
        code().vector(is_scalar ? vex::scalar(opcode, is_double) : vex::packed(opcode, is_double), Xmm::Xmm0, n, m);
    }
    if (is_scalar) {
        check_scalar(Xmm::Xmm0, is_double, true, slow);
        written_scalar(rd_of(m_word), Xmm::Xmm0, is_double);
    } else {
        check_packed(Xmm::Xmm0, is_double, true, slow);
        written_vector(rd_of(m_word), Xmm::Xmm0, q);
    }
    end_slow();
}

void VectorEmitter::packed_unary(uint8_t opcode)
{
    bool const is_double = is_double_word(m_word);
    bool const q = is_whole(m_word);
    m_block.clobber_flags();
    Xmm const n = read_lower(rn_of(m_word), q, Xmm::Xmm1);
    Xmm const to = destination_apart(rd_of(m_word), 1u << rn_of(m_word));
    Label& slow = begin_slow();
    code().vector(vex::packed(opcode, is_double), to, n);
    check_packed(to, is_double, false, slow);
    written_vector(rd_of(m_word), to, q);
    end_slow();
}

// As scalar_extreme(): lanes that are equal get the bits of both orders.
void VectorEmitter::packed_extreme(uint8_t opcode)
{
    bool const is_double = is_double_word(m_word);
    bool const q = is_whole(m_word);
    m_block.clobber_flags();
    Xmm const n = read_lower(rn_of(m_word), q, Xmm::Xmm1);
    Xmm const m = read_lower(rm_of(m_word), q, Xmm::Xmm2);
    Xmm const to = destination_apart(rd_of(m_word), 1u << rn_of(m_word) | 1u << rm_of(m_word));
    Label& slow = begin_slow();
    code().vector(vex::packed(vex::kCompare, is_double), Xmm::Xmm3, n, m, vex::kUnorderedQuiet);
    code().vector(vex::kPtest, Xmm::Xmm3, Xmm::Xmm3);
    code().jump(Condition::Ne, slow);
    code().vector(vex::packed(opcode, is_double), to, n, m);
    code().vector(vex::packed(opcode, is_double), Xmm::Xmm3, m, n);
    code().vector(opcode == vex::kMax ? vex::kAndps : vex::kOrps, to, to, Xmm::Xmm3);
    written_vector(rd_of(m_word), to, q);
    end_slow();
}

void VectorEmitter::packed_round(uint8_t immediate)
{
    bool const is_double = is_double_word(m_word);
    bool const q = is_whole(m_word);
    m_block.clobber_flags();
    Xmm const n = read_lower(rn_of(m_word), q, Xmm::Xmm1);
    Xmm const to = destination_apart(rd_of(m_word), 1u << rn_of(m_word));
    Label& slow = begin_slow();
    code().vector(vex::round_packed(is_double), to, n, immediate);
    check_packed(to, is_double, false, slow);
    written_vector(rd_of(m_word), to, q);
    end_slow();
}

// Sums of neighbours: of both registers, or of the one pair of a scalar form.
void VectorEmitter::packed_pairs()
{
    bool const is_double = is_double_word(m_word);
    bool const is_scalar = m_instruction == Instruction::FADDP_scalar;
    bool const q = !is_scalar && is_whole(m_word);
    m_block.clobber_flags();
    Xmm n = read(rn_of(m_word), Xmm::Xmm1);
    Xmm m = is_scalar ? n : read(rm_of(m_word), Xmm::Xmm2);
    if (!q && !is_double) {
        code().vector(vex::kUnpcklpd, Xmm::Xmm1, n, m);
        n = m = Xmm::Xmm1;
    }
    Xmm const to = destination_apart(rd_of(m_word), 1u << rn_of(m_word) | 1u << rm_of(m_word));
    Label& slow = begin_slow();
    code().vector(is_double ? vex::kHaddpd : vex::kHaddps, to, n, m);
    check_packed(to, is_double, false, slow);
    if (is_scalar)
        written_scalar(rd_of(m_word), to, is_double);
    else
        written_vector(rd_of(m_word), to, q);
    end_slow();
}

void VectorEmitter::packed_compare(uint8_t predicate, bool swaps, bool absolute, bool with_zero, bool is_scalar)
{
    bool const is_double = is_double_word(m_word);
    bool const q = is_scalar || is_whole(m_word);
    Xmm n = read_lower(rn_of(m_word), q, Xmm::Xmm1);
    Xmm m = Xmm::Xmm2;
    if (with_zero)
        code().vector(vex::kXorps, m, m, m);
    else
        m = read_lower(rm_of(m_word), q, Xmm::Xmm2);
    if (absolute) {
        code().vector(vex::kAndps, Xmm::Xmm1, n, constant(Constant::AbsoluteS, is_double));
        code().vector(vex::kAndps, Xmm::Xmm2, m, constant(Constant::AbsoluteS, is_double));
        n = Xmm::Xmm1;
        m = Xmm::Xmm2;
    }
    VectorOpcode const compare
        = is_scalar ? vex::scalar(vex::kCompare, is_double) : vex::packed(vex::kCompare, is_double);
    code().vector(compare, Xmm::Xmm0, swaps ? m : n, swaps ? n : m, predicate);
    if (is_scalar)
        written_scalar(rd_of(m_word), Xmm::Xmm0, is_double);
    else
        written_vector(rd_of(m_word), Xmm::Xmm0, q);
}

bool VectorEmitter::emit_fp_vector_convert()
{
    bool const is_double = is_double_word(m_word);
    bool const q = is_whole(m_word);
    switch (m_instruction) {
    case Instruction::SCVTF_vector: {
        Xmm const n = read_lower(rn_of(m_word), q, Xmm::Xmm1);
        if (!is_double) {
            code().vector(vex::kCvtdq2ps, Xmm::Xmm0, n);
        } else {
            code().vector_and_general(vex::kMovq64Store, n, Reg::Rax);
            code().vector_and_general(vex::kPextrq, n, Reg::Rcx, 1);
            code().vector(vex::kXorps, Xmm::Xmm2, Xmm::Xmm2, Xmm::Xmm2);
            code().vector_from_general(vex::from_integer(true, true), Xmm::Xmm0, Xmm::Xmm2, Reg::Rax);
            code().vector_from_general(vex::from_integer(true, true), Xmm::Xmm2, Xmm::Xmm2, Reg::Rcx);
            code().vector(vex::kUnpcklpd, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm2);
        }
        written_vector(rd_of(m_word), Xmm::Xmm0, q);
        return true;
    }
    case Instruction::FCVTZS_vector: {
        if (is_double)
            return false;
        m_block.clobber_flags();
        Xmm const n = read_lower(rn_of(m_word), q, Xmm::Xmm1);
        Label& slow = begin_slow();
        code().vector(vex::kCvttps2dq, Xmm::Xmm0, n);
        code().vector(vex::kPcmpeq.of[2], Xmm::Xmm3, Xmm::Xmm0, constant(Constant::SignS));
        code().vector(vex::kPtest, Xmm::Xmm3, Xmm::Xmm3);
        code().jump(Condition::Ne, slow);
        written_vector(rd_of(m_word), Xmm::Xmm0, q);
        end_slow();
        return true;
    }
    // sz: single and double; q: the upper half of the narrow register.
    case Instruction::FCVTL: {
        if (!is_double)
            return false;
        m_block.clobber_flags();
        Xmm n = read(rn_of(m_word), Xmm::Xmm1);
        if (q) {
            code().vector(vex::kMovhlps, Xmm::Xmm1, n, n);
            n = Xmm::Xmm1;
        }
        Label& slow = begin_slow();
        code().vector(vex::packed(vex::kConvertFormat, false), Xmm::Xmm0, n);
        check_packed(Xmm::Xmm0, true, false, slow);
        written(rd_of(m_word), Xmm::Xmm0);
        end_slow();
        return true;
    }
    case Instruction::FCVTN: {
        if (!is_double)
            return false;
        m_block.clobber_flags();
        Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
        Xmm const d = q ? read(rd_of(m_word), Xmm::Xmm2) : Xmm::Xmm2;
        Label& slow = begin_slow();
        code().vector(vex::packed(vex::kConvertFormat, true), Xmm::Xmm0, n);
        check_packed(Xmm::Xmm0, false, true, slow);
        if (q)
            code().vector(vex::kMovlhps, Xmm::Xmm0, d, Xmm::Xmm0);
        written(rd_of(m_word), Xmm::Xmm0);
        end_slow();
        return true;
    }
    default: return false;
    }
}

}
