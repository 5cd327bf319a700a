// Between half, single and double precision. [Arm DDI 0487, C7.2 "FCVT", "FCVTL", "FCVTN"]
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/jit/x64/vector_opcodes.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    // As FCVT numbers the formats.
    constexpr unsigned kSingle = 0;
    constexpr unsigned kDouble = 1;
    constexpr unsigned kHalf = 3;

}

bool VectorEmitter::emit_fp_formats()
{
    bool const of_doubles = m_word >> 22 & 1; // else halves and singles
    switch (m_instruction) {
    case Instruction::FCVT: return convert_format();
    case Instruction::FCVTL:
        if (of_doubles)
            widen_singles();
        else if (m_features.half_precision)
            widen_halves();
        else
            return false;
        return true;
    case Instruction::FCVTN:
        if (of_doubles)
            narrow_doubles();
        else if (m_features.half_precision)
            narrow_singles();
        else
            return false;
        return true;
    default: return false;
    }
}

bool VectorEmitter::convert_format()
{
    unsigned const from = m_word >> 22 & 3;
    unsigned const into = m_word >> 15 & 3;
    if ((from == kHalf || into == kHalf) && !m_features.half_precision)
        return false;
    // By way of singles there would be two roundings.
    if (from == kDouble && into == kHalf)
        return false;
    if (from == kHalf) {
        widen_half(into == kDouble);
        return true;
    }
    FpFrame frame = begin_fp({ from == kDouble, true, true }, kRn);
    if (into == kHalf) {
        half_from_single(frame);
        return true;
    }
    frame.shape.is_double = into == kDouble;
    code().vector(vex::scalar(vex::kConvertFormat, from == kDouble), frame.to, frame.n, frame.n);
    check_result(frame, into == kSingle, NanRule::Function);
    end_arithmetic(frame);
    return true;
}

// Under FPCR.AHP the highest exponent is one of numbers, which the host does not know; else it is of infinities and
// NaNs. Either goes to the function. All others are exact.
void VectorEmitter::widen_half(bool to_double)
{
    constexpr int32_t kExponent = 0x7c00;
    unsigned const d = rd_of(m_word);
    m_block.clobber_flags();
    Xmm const n = read_scalar(rn_of(m_word), false, Xmm::Xmm1);
    Label& slow = begin_slow();
    code().vector_and_general(vex::kMovdStore, n, Reg::Rax);
    code().alu(Alu::And, Width::W32, Reg::Rax, kExponent);
    code().alu(Alu::Cmp, Width::W32, Reg::Rax, kExponent);
    code().jump(Condition::E, slow);
    // The lanes above must not raise exceptions.
    code().vector_and_general(vex::kMovdStore, n, Reg::Rax);
    code().zero_extend(2, Reg::Rax, Reg::Rax);
    code().vector_from_general(vex::kMovd, Xmm::Xmm0, Reg::Rax);
    code().vector(vex::kCvtph2ps, Xmm::Xmm0, Xmm::Xmm0);
    if (to_double)
        code().vector(vex::scalar(vex::kConvertFormat, false), Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm0);
    written_scalar(d, Xmm::Xmm0, to_double);
    end_slow();
}

// What half precision has no number for goes to the function, under FPCR.AHP or not.
void VectorEmitter::half_from_single(FpFrame const& frame)
{
    constexpr int32_t kSmallestNormal = 0x0400;
    code().vector(vex::kAndps, Xmm::Xmm0, frame.n, constant(Constant::AbsoluteS));
    code().vector(vex::kMovups, Xmm::Xmm3, constant(Constant::LargestHalf));
    code().vector(vex::ucomis(false), Xmm::Xmm3, Xmm::Xmm0);
    code().jump(Condition::B, *frame.slow); // larger, or unordered
    code().vector(vex::kInsertps, Xmm::Xmm0, frame.n, frame.n, vex::kInsertLowestAlone);
    code().vector_half_from_single(Xmm::Xmm0, Xmm::Xmm0, vex::kRoundCurrent);
    code().vector_and_general(vex::kMovdStore, Xmm::Xmm0, Reg::Rax);
    code().alu(Alu::And, Width::W32, Reg::Rax, 0x7fff);
    code().alu(Alu::Cmp, Width::W32, Reg::Rax, kSmallestNormal);
    code().jump(Condition::E, *frame.slow);
    written_scalar(rd_of(m_word), Xmm::Xmm0, false); // the half above is zero
    end_slow();
}

void VectorEmitter::widen_halves()
{
    bool const upper = m_word >> 30 & 1;
    m_block.clobber_flags();
    Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
    Label& slow = begin_slow();
    if (upper)
        code().vector(vex::kPunpckhqdq, Xmm::Xmm0, n, n);
    else
        code().vector(vex::kMovq, Xmm::Xmm0, n);
    code().vector(vex::kMovups, Xmm::Xmm2, constant(Constant::HalfExponents));
    code().vector(vex::kPand, Xmm::Xmm3, Xmm::Xmm0, Xmm::Xmm2);
    code().vector(vex::kPcmpeq.of[1], Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm2);
    code().vector(vex::kPtest, Xmm::Xmm3, Xmm::Xmm3);
    code().jump(Condition::Ne, slow);
    code().vector(vex::kCvtph2ps, Xmm::Xmm0, Xmm::Xmm0);
    written(rd_of(m_word), Xmm::Xmm0);
    end_slow();
}

void VectorEmitter::narrow_singles()
{
    FpFrame const frame = begin_narrowing(false);
    code().vector(vex::kPand, Xmm::Xmm3, frame.n, constant(Constant::AbsoluteS));
    code().vector(vex::kPcmpgt.of[2], Xmm::Xmm3, Xmm::Xmm3, constant(Constant::LargestHalf));
    code().vector(vex::kPtest, Xmm::Xmm3, Xmm::Xmm3);
    code().jump(Condition::Ne, *frame.slow);
    code().vector_half_from_single(Xmm::Xmm0, frame.n, vex::kRoundCurrent);
    code().vector(vex::kPand, Xmm::Xmm3, Xmm::Xmm0, constant(Constant::AbsoluteHalf));
    code().vector(vex::kPcmpeq.of[1], Xmm::Xmm3, Xmm::Xmm3, constant(Constant::SmallestNormalHalf));
    code().vector(vex::kPtest, Xmm::Xmm3, Xmm::Xmm3);
    code().jump(Condition::Ne, *frame.slow);
    end_narrowing(frame);
}

void VectorEmitter::widen_singles()
{
    bool const upper = m_word >> 30 & 1;
    m_block.clobber_flags();
    FpFrame frame { { true, false, true }, kRn };
    Xmm const from = read(rn_of(m_word), Xmm::Xmm1);
    if (upper)
        code().vector(vex::kMovhlps, Xmm::Xmm1, from, from);
    else
        code().vector(vex::kMovq, Xmm::Xmm1, from);
    frame.slow = &begin_slow();
    require_normal(Xmm::Xmm1, 1u << rn_of(m_word), { false, false, true }, *frame.slow);
    code().vector(vex::packed(vex::kConvertFormat, false), Xmm::Xmm0, Xmm::Xmm1);
    check_result(frame, false, NanRule::Function);
    end_arithmetic(frame);
}

void VectorEmitter::narrow_doubles()
{
    FpFrame const frame = begin_narrowing(true);
    code().vector(vex::packed(vex::kConvertFormat, true), Xmm::Xmm0, frame.n);
    check_lanes({ false, false, true }, Xmm::Xmm0, true, *frame.slow);
    end_narrowing(frame);
}

// The result goes to the lower half, or above the old lower half when Q is set, which is in `addend` then.
FpFrame VectorEmitter::begin_narrowing(bool of_doubles)
{
    bool const upper = m_word >> 30 & 1;
    FpFrame frame { { of_doubles, false, true }, kRn };
    m_block.clobber_flags();
    frame.n = read(rn_of(m_word), Xmm::Xmm1);
    frame.addend = upper ? read(rd_of(m_word), Xmm::Xmm2) : Xmm::Xmm2;
    frame.slow = &begin_slow();
    require_normal(frame.n, 1u << rn_of(m_word), frame.shape, *frame.slow);
    return frame;
}

// From the lower half of XMM0; what is above is zero.
void VectorEmitter::end_narrowing(FpFrame const& frame)
{
    bool const upper = m_word >> 30 & 1;
    if (upper)
        code().vector(vex::kMovlhps, Xmm::Xmm0, frame.addend, Xmm::Xmm0);
    written(rd_of(m_word), Xmm::Xmm0);
    end_slow();
}

}
