// Floating-point arithmetic, scalar and on vectors. [Arm DDI 0487, C4.1.97 "Floating-point data-processing", "Advanced
// SIMD"]
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/jit/x64/vector_opcodes.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

bool VectorEmitter::emit_fp_arithmetic()
{
    constexpr unsigned kBoth = kRn | kRm;
    switch (m_instruction) {
    case Instruction::FADD_scalar:
    case Instruction::FADD_vector: binary(vex::kAdd, kBoth, false); return true;
    case Instruction::FADDP_scalar:
    case Instruction::FADDP_vector: binary(vex::kAdd, kPairs, false); return true;
    case Instruction::FSUB_scalar:
    case Instruction::FSUB_vector:
    case Instruction::FABD_scalar:
    case Instruction::FABD_vector: binary(vex::kSub, kBoth, false); return true;
    case Instruction::FMUL_scalar:
    case Instruction::FMUL_vector:
    case Instruction::FNMUL_scalar:
    case Instruction::FMULX_scalar:
    case Instruction::FMULX_vector: binary(vex::kMul, kBoth, true); return true;
    case Instruction::FMUL_element_scalar:
    case Instruction::FMUL_element_vector:
    case Instruction::FMULX_element_scalar:
    case Instruction::FMULX_element_vector: binary(vex::kMul, kRn | kRmElement, true); return true;
    case Instruction::FDIV_scalar:
    case Instruction::FDIV_vector: binary(vex::kDiv, kBoth, true); return true;
    case Instruction::FSQRT_scalar:
    case Instruction::FSQRT_vector: square_root(); return true;
    case Instruction::FMADD: fused(vex::kFmaddPacked, kBoth | kRaAddend); return true;
    case Instruction::FMSUB: fused(vex::kFnmaddPacked, kBoth | kRaAddend); return true;
    case Instruction::FNMADD: fused(vex::kFnmsubPacked, kBoth | kRaAddend); return true;
    case Instruction::FNMSUB: fused(vex::kFmsubPacked, kBoth | kRaAddend); return true;
    case Instruction::FMLA_vector: fused(vex::kFmaddPacked, kBoth | kRdAddend); return true;
    case Instruction::FMLS_vector: fused(vex::kFnmaddPacked, kBoth | kRdAddend); return true;
    case Instruction::FMLA_element_scalar:
    case Instruction::FMLA_element_vector: fused(vex::kFmaddPacked, kRn | kRmElement | kRdAddend); return true;
    case Instruction::FMLS_element_scalar:
    case Instruction::FMLS_element_vector: fused(vex::kFnmaddPacked, kRn | kRmElement | kRdAddend); return true;
    case Instruction::FRECPS_scalar:
    case Instruction::FRECPS_vector: reciprocal_step(); return true;
    case Instruction::FRSQRTS_scalar:
    case Instruction::FRSQRTS_vector: reciprocal_square_root_step(); return true;
    case Instruction::FABS_scalar:
    case Instruction::FABS_vector: change_sign(vex::kAndps, Constant::AbsoluteS); return true;
    case Instruction::FNEG_scalar:
    case Instruction::FNEG_vector: change_sign(vex::kXorps, Constant::SignS); return true;
    default: return emit_fp_extremes() || emit_fp_rounding();
    }
}

bool VectorEmitter::emit_fp_extremes()
{
    switch (m_instruction) {
    case Instruction::FMAX_scalar:
    case Instruction::FMAX_vector:
    case Instruction::FMAXNM_scalar:
    case Instruction::FMAXNM_vector: extreme(vex::kMax, kRn | kRm); return true;
    case Instruction::FMIN_scalar:
    case Instruction::FMIN_vector:
    case Instruction::FMINNM_scalar:
    case Instruction::FMINNM_vector: extreme(vex::kMin, kRn | kRm); return true;
    case Instruction::FMAXP_scalar:
    case Instruction::FMAXP_vector:
    case Instruction::FMAXNMP_scalar:
    case Instruction::FMAXNMP_vector: extreme(vex::kMax, kPairs); return true;
    case Instruction::FMINP_scalar:
    case Instruction::FMINP_vector:
    case Instruction::FMINNMP_scalar:
    case Instruction::FMINNMP_vector: extreme(vex::kMin, kPairs); return true;
    case Instruction::FMAXV:
    case Instruction::FMAXNMV: extreme_of_all(vex::kMax); return true;
    case Instruction::FMINV:
    case Instruction::FMINNMV: extreme_of_all(vex::kMin); return true;
    default: return false;
    }
}

bool VectorEmitter::emit_fp_rounding()
{
    switch (m_instruction) {
    case Instruction::FRINTN_scalar:
    case Instruction::FRINTN_vector: round(vex::kRoundNearest | vex::kRoundQuietly); return true;
    case Instruction::FRINTM_scalar:
    case Instruction::FRINTM_vector: round(vex::kRoundDown | vex::kRoundQuietly); return true;
    case Instruction::FRINTP_scalar:
    case Instruction::FRINTP_vector: round(vex::kRoundUp | vex::kRoundQuietly); return true;
    case Instruction::FRINTZ_scalar:
    case Instruction::FRINTZ_vector: round(vex::kRoundToZero | vex::kRoundQuietly); return true;
    case Instruction::FRINTI_scalar:
    case Instruction::FRINTI_vector: round(vex::kRoundCurrent | vex::kRoundQuietly); return true;
    case Instruction::FRINTX_scalar:
    case Instruction::FRINTX_vector: round(vex::kRoundCurrent); return true;
    case Instruction::FRINTA_scalar:
    case Instruction::FRINTA_vector: {
        FpFrame const frame = begin_fp(FpShape::of(m_word), kRn);
        require_fraction(frame);
        round_ties_away(frame.shape, frame.to, frame.n);
        end_arithmetic(frame);
        return true;
    }
    default: return false;
    }
}

// A sum is never tiny before rounding and normal afterwards.
void VectorEmitter::binary(uint8_t opcode, unsigned operands, bool may_be_tiny)
{
    FpFrame frame = begin_fp(FpShape::of(m_word), operands);
    FpShape const shape = frame.shape;
    if (!shape.q && opcode == vex::kDiv) { // zero by zero would be invalid
        code().vector(vex::kOrps, Xmm::Xmm2, frame.m, constant(Constant::UpperOnesS));
        frame.m = Xmm::Xmm2;
    }
    if (m_instruction == Instruction::FMULX_scalar || m_instruction == Instruction::FMULX_vector
        || m_instruction == Instruction::FMULX_element_scalar || m_instruction == Instruction::FMULX_element_vector)
        require_finite(frame); // of an infinity and zero it makes 2
    code().vector(shape.arithmetic(opcode), frame.to, frame.n, frame.m);
    check_result(frame, may_be_tiny, NanRule::Settle);
    if (m_instruction == Instruction::FNMUL_scalar)
        code().vector(vex::kXorps, frame.to, frame.to, constant(Constant::SignS, shape.is_double));
    if (m_instruction == Instruction::FABD_scalar || m_instruction == Instruction::FABD_vector)
        code().vector(vex::kAndps, frame.to, frame.to, constant(Constant::AbsoluteS, shape.is_double));
    end_arithmetic(frame);
}

// The host's scalar forms have an operand more: where the upper lanes come from.
void VectorEmitter::unary(FpShape shape, VectorOpcode op, Xmm to, Xmm from)
{
    if (shape.is_scalar)
        code().vector(op, to, from, from);
    else
        code().vector(op, to, from);
}

void VectorEmitter::square_root()
{
    FpFrame const frame = begin_fp(FpShape::of(m_word), kRn);
    unary(frame.shape, frame.shape.arithmetic(vex::kSqrt), frame.to, frame.n);
    check_result(frame, false, NanRule::Settle);
    end_arithmetic(frame);
}

// The host does not see an infinity times zero as invalid when a quiet NaN is added.
void VectorEmitter::fused(uint8_t packed_opcode, unsigned operands)
{
    FpFrame const frame = begin_fp(FpShape::of(m_word), operands);
    if (frame.addend != frame.to)
        code().vector(vex::kMovaps, frame.to, frame.addend);
    code().vector(frame.shape.fused(packed_opcode), frame.to, frame.n, frame.m);
    check_result(frame, true, NanRule::Function);
    end_arithmetic(frame);
}

// 2 - n m in one rounding. For an infinity and zero the product counts as zero.
void VectorEmitter::reciprocal_step()
{
    FpFrame const frame = begin_fp(FpShape::of(m_word), kRn | kRm);
    require_finite(frame);
    code().vector(vex::kMovups, frame.to, constant(Constant::TwoS, frame.shape.is_double));
    code().vector(frame.shape.fused(vex::kFnmaddPacked), frame.to, frame.n, frame.m);
    check_result(frame, false, NanRule::Function);
    end_arithmetic(frame);
}

// (3 - n m) / 2 in one rounding, as 1.5 - (n / 2) m: half of n is exact unless n is next to the subnormal numbers.
void VectorEmitter::reciprocal_square_root_step()
{
    FpFrame const frame = begin_fp(FpShape::of(m_word), kRn | kRm);
    bool const is_double = frame.shape.is_double;
    require_finite(frame);
    code().vector(vex::kPand, Xmm::Xmm3, frame.n, constant(Constant::AbsoluteS, is_double));
    code().vector(vex::kPcmpgt.of[is_double ? 3 : 2], Xmm::Xmm3, Xmm::Xmm3, constant(Constant::HalvableS, is_double));
    code().general_from_vector(vex::lane_signs(is_double), Reg::Rax, Xmm::Xmm3);
    auto const lanes = static_cast<uint8_t>(frame.shape.is_scalar ? 1 : is_double || !frame.shape.q ? 3 : 15);
    code().alu(Alu::And, Width::W32, Reg::Rax, lanes);
    code().alu(Alu::Cmp, Width::W32, Reg::Rax, lanes);
    code().jump(Condition::Ne, *frame.slow);
    code().vector(frame.shape.arithmetic(vex::kMul), Xmm::Xmm3, frame.n, constant(Constant::HalfS, is_double));
    code().vector(vex::kMovups, frame.to, constant(Constant::OneAndAHalfS, is_double));
    code().vector(frame.shape.fused(vex::kFnmaddPacked), frame.to, Xmm::Xmm3, frame.m);
    check_result(frame, false, NanRule::Function);
    end_arithmetic(frame);
}

// The host returns its second operand when the two are equal, as zeros of both signs are: both orders together have the
// right sign.
void VectorEmitter::extreme(uint8_t opcode, unsigned operands)
{
    FpFrame const frame = begin_fp(FpShape::of(m_word), operands);
    require_ordered(frame);
    extreme_of_both(frame.shape, opcode, frame.to, frame.n, frame.m);
    end_arithmetic(frame);
}

// XMM3 is lost.
void VectorEmitter::extreme_of_both(FpShape shape, uint8_t opcode, Xmm to, Xmm n, Xmm m)
{
    code().vector(shape.arithmetic(opcode), Xmm::Xmm3, m, n);
    code().vector(shape.arithmetic(opcode), to, n, m);
    code().vector(opcode == vex::kMax ? vex::kAndps : vex::kOrps, to, to, Xmm::Xmm3);
}

// Of four singles.
void VectorEmitter::extreme_of_all(uint8_t opcode)
{
    FpFrame frame = begin_fp({ false, false, true }, kRn);
    frame.m = frame.n;
    frame.to = Xmm::Xmm0;
    require_ordered(frame);
    code().vector(vex::kMovhlps, Xmm::Xmm2, frame.n, frame.n);
    extreme_of_both(frame.shape, opcode, Xmm::Xmm0, frame.n, Xmm::Xmm2);
    code().vector(vex::kPshufd, Xmm::Xmm2, Xmm::Xmm0, 0x55);
    extreme_of_both(frame.shape, opcode, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm2);
    frame.shape.is_scalar = true;
    end_fp(frame);
}

void VectorEmitter::round(uint8_t immediate)
{
    FpFrame const frame = begin_fp(FpShape::of(m_word), kRn);
    if (frame.shape.is_scalar)
        code().vector(frame.shape.rounding(), frame.to, frame.n, frame.n, immediate);
    else
        code().vector(frame.shape.rounding(), frame.to, frame.n, immediate);
    check_result(frame, false, NanRule::Settle);
    end_arithmetic(frame);
}

// Goes to the function when a lane is too large to have a fraction, or no number. XMM3 is lost.
void VectorEmitter::require_fraction(FpFrame const& frame)
{
    FpShape const shape = frame.shape;
    Mem const limit = constant(Constant::NoFractionS, shape.is_double);
    code().vector(vex::kAndps, Xmm::Xmm3, frame.n, constant(Constant::AbsoluteS, shape.is_double));
    if (shape.is_scalar) {
        Width const width = shape.is_double ? Width::W64 : Width::W32;
        code().vector_and_general(shape.is_double ? vex::kMovq64Store : vex::kMovdStore, Xmm::Xmm3, Reg::Rax);
        code().alu(Alu::Cmp, width, Reg::Rax, limit);
        return code().jump(Condition::G, *frame.slow);
    }
    code().vector(vex::kPcmpgt.of[shape.is_double ? 3 : 2], Xmm::Xmm3, Xmm::Xmm3, limit);
    code().vector(vex::kPtest, Xmm::Xmm3, Xmm::Xmm3);
    code().jump(Condition::Ne, *frame.slow);
}

// To the nearest integer, halves away from zero, without a note that it is inexact: the host does not know this way, so
// 1 is added where truncation has taken a half or more. No step is inexact itself. `to` is not `from`. XMM3 is lost.
void VectorEmitter::round_ties_away(FpShape shape, Xmm to, Xmm from)
{
    Mem const absolute = constant(Constant::AbsoluteS, shape.is_double);
    constexpr uint8_t kTruncate = vex::kRoundToZero | vex::kRoundQuietly;
    if (shape.is_scalar)
        code().vector(shape.rounding(), to, from, from, kTruncate);
    else
        code().vector(shape.rounding(), to, from, kTruncate);
    code().vector(shape.arithmetic(vex::kSub), Xmm::Xmm3, from, to);
    code().vector(vex::kAndps, Xmm::Xmm3, Xmm::Xmm3, absolute);
    code().vector(vex::kAndps, to, to, absolute);
    code().vector(shape.arithmetic(vex::kCompare), Xmm::Xmm3, Xmm::Xmm3, constant(Constant::HalfS, shape.is_double),
        vex::kNotLessQuiet);
    code().vector(vex::kAndps, Xmm::Xmm3, Xmm::Xmm3, constant(Constant::OneS, shape.is_double));
    code().vector(shape.arithmetic(vex::kAdd), to, to, Xmm::Xmm3);
    code().vector(vex::kAndps, Xmm::Xmm3, from, constant(Constant::SignS, shape.is_double));
    code().vector(vex::kOrps, to, to, Xmm::Xmm3);
}

// NaNs and subnormal numbers like any other.
void VectorEmitter::change_sign(VectorOpcode op, Constant single)
{
    FpShape const shape = FpShape::of(m_word);
    unsigned const d = rd_of(m_word);
    unsigned const n = rn_of(m_word);
    Xmm const to = shape.q ? destination(d) : Xmm::Xmm0;
    Xmm const from = shape.is_scalar ? read_scalar(n, shape.is_double, Xmm::Xmm0) : read(n, Xmm::Xmm0);
    code().vector(op, to, from, constant(single, shape.is_double));
    if (shape.is_scalar)
        written_scalar(d, to, shape.is_double);
    else
        written_vector(d, to, shape.q);
}

}
