// Floating-point comparison and selection. [Arm DDI 0487, C4.1.97 "Floating-point compare", "Floating-point conditional
// select", "Advanced SIMD"]
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/jit/x64/vector_opcodes.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

bool VectorEmitter::emit_fp_compare()
{
    bool const with_zero = m_instruction == Instruction::FCMP_zero || m_instruction == Instruction::FCMPE_zero;
    switch (m_instruction) {
    case Instruction::FCMP:
    case Instruction::FCMP_zero:
    case Instruction::FCMPE:
    case Instruction::FCMPE_zero:
        m_block.clobber_flags();
        compare_scalars(with_zero);
        m_block.set_flags(FlagKind::Subtraction);
        return true;
    case Instruction::FCCMP:
    case Instruction::FCCMPE: compare_conditionally(); return true;
    case Instruction::FCSEL: select(); return true;
    default: return emit_fp_compare_lanes();
    }
}

// Leaves NZCV in the host's flags as a subtraction does. AL - CL: greater 1 - 0, equal 0 - 0, less 0 - 1; unordered
// 0x80 - 1, which overflows.
void VectorEmitter::compare_scalars(bool with_zero)
{
    bool const is_double = m_word >> 22 & 1;
    bool const is_signalling = m_word >> 4 & 1;
    Xmm const n = read_scalar(rn_of(m_word), is_double, Xmm::Xmm1);
    Xmm m = Xmm::Xmm2;
    if (with_zero)
        code().vector(vex::kXorps, m, m, m);
    else
        m = read_scalar(rm_of(m_word), is_double, Xmm::Xmm2);
    FpShape const shape { is_double, true, true };
    note_subnormal(n, 1u << rn_of(m_word), shape);
    if (!with_zero)
        note_subnormal(m, 1u << rm_of(m_word), shape);
    Label ordered;
    code().vector(is_signalling ? vex::comis(is_double) : vex::ucomis(is_double), n, m);
    code().set(Condition::A, Reg::Rax);
    code().set(Condition::B, Reg::Rcx);
    code().jump(Condition::Np, ordered);
    code().mov(Reg::Rax, 0x80);
    code().bind(ordered);
    code().compare_bytes(Reg::Rax, Reg::Rcx);
}

void VectorEmitter::compare_conditionally()
{
    unsigned const condition = m_word >> 12 & 15;
    Label otherwise;
    Label done;
    // Both ways must find the registers in place.
    read(rn_of(m_word), Xmm::Xmm1);
    read(rm_of(m_word), Xmm::Xmm2);
    if (condition < 14) {
        m_block.flags_to_host();
        code().jump(!m_block.host_condition(condition), otherwise);
    }
    compare_scalars(false);
    code().lahf();
    code().set(Condition::O, Reg::Rax);
    code().jump(done);
    code().bind(otherwise);
    code().mov(Reg::Rax, frame_flags(m_word & 15));
    code().bind(done);
    code().store16({ Reg::Rsp, frame::kFlags }, Reg::Rax);
    m_block.set_frame_flags();
}

// By way of general registers: data decide these, and a jump would often be predicted wrong.
void VectorEmitter::select()
{
    bool const is_double = m_word >> 22 & 1;
    unsigned const condition = m_word >> 12 & 15;
    VectorOpcode const move = is_double ? vex::kMovq64Store : vex::kMovdStore;
    Xmm const n = read_scalar(rn_of(m_word), is_double, Xmm::Xmm1);
    if (condition >= 14)
        return written_scalar(rd_of(m_word), n, is_double);
    Xmm const m = read_scalar(rm_of(m_word), is_double, Xmm::Xmm2);
    m_block.flags_to_host();
    code().vector_and_general(move, m, Reg::Rcx);
    code().vector_and_general(move, n, Reg::Rdx);
    code().cmov(m_block.host_condition(condition), Width::W64, Reg::Rcx, Reg::Rdx);
    code().vector_from_general(vex::kMovq64, destination(rd_of(m_word)), Reg::Rcx);
    written(rd_of(m_word), destination(rd_of(m_word)));
}

bool VectorEmitter::emit_fp_compare_lanes()
{
    switch (m_instruction) {
    case Instruction::FCMEQ_register_scalar:
    case Instruction::FCMEQ_register_vector: compare_lanes({ vex::kEqualQuiet }); return true;
    case Instruction::FCMEQ_zero_scalar:
    case Instruction::FCMEQ_zero_vector: compare_lanes({ vex::kEqualQuiet, false, true }); return true;
    case Instruction::FCMGT_register_scalar:
    case Instruction::FCMGT_register_vector: compare_lanes({ vex::kLessSignalling, true }); return true;
    case Instruction::FCMGT_zero_scalar:
    case Instruction::FCMGT_zero_vector: compare_lanes({ vex::kLessSignalling, true, true }); return true;
    case Instruction::FCMGE_register_scalar:
    case Instruction::FCMGE_register_vector: compare_lanes({ vex::kLessEqualSignalling, true }); return true;
    case Instruction::FCMGE_zero_scalar:
    case Instruction::FCMGE_zero_vector: compare_lanes({ vex::kLessEqualSignalling, true, true }); return true;
    case Instruction::FCMLT_zero_scalar:
    case Instruction::FCMLT_zero_vector: compare_lanes({ vex::kLessSignalling, false, true }); return true;
    case Instruction::FCMLE_zero_scalar:
    case Instruction::FCMLE_zero_vector: compare_lanes({ vex::kLessEqualSignalling, false, true }); return true;
    case Instruction::FACGT_scalar:
    case Instruction::FACGT_vector: compare_lanes({ vex::kLessSignalling, true, false, true }); return true;
    case Instruction::FACGE_scalar:
    case Instruction::FACGE_vector: compare_lanes({ vex::kLessEqualSignalling, true, false, true }); return true;
    default: return false;
    }
}

void VectorEmitter::compare_lanes(FpRelation relation)
{
    FpShape const shape = FpShape::of(m_word);
    unsigned const d = rd_of(m_word);
    unsigned const rn = rn_of(m_word);
    unsigned const rm = rm_of(m_word);
    if (m_flushes)
        m_block.clobber_flags();
    Xmm n = shape.is_scalar ? read_scalar(rn, shape.is_double, Xmm::Xmm1) : read_lower(rn, shape.q, Xmm::Xmm1);
    Xmm m = Xmm::Xmm2;
    if (relation.with_zero)
        code().vector(vex::kXorps, m, m, m);
    else
        m = shape.is_scalar ? read_scalar(rm, shape.is_double, m) : read_lower(rm, shape.q, m);
    note_subnormal(n, 1u << rn, shape);
    if (!relation.with_zero)
        note_subnormal(m, 1u << rm, shape);
    if (relation.is_absolute) {
        code().vector(vex::kAndps, Xmm::Xmm1, n, constant(Constant::AbsoluteS, shape.is_double));
        code().vector(vex::kAndps, Xmm::Xmm2, m, constant(Constant::AbsoluteS, shape.is_double));
        n = Xmm::Xmm1;
        m = Xmm::Xmm2;
    }
    code().vector(
        shape.arithmetic(vex::kCompare), Xmm::Xmm0, relation.swaps ? m : n, relation.swaps ? n : m, relation.predicate);
    if (shape.is_scalar)
        written_scalar(d, Xmm::Xmm0, shape.is_double);
    else
        written_vector(d, Xmm::Xmm0, shape.q);
}

}
