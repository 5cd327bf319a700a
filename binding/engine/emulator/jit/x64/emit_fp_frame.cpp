// What all floating-point emitters have in common: operands, the ways out, a look at the result, the write.
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/jit/x64/vector_opcodes.h"

namespace dormouse::emulator::jit::x64 {

// `operands`: of FpOperands.
FpFrame VectorEmitter::begin_fp(FpShape shape, unsigned operands)
{
    unsigned const d = rd_of(m_word);
    unsigned const n = rn_of(m_word);
    unsigned const m = rm_of(m_word);
    unsigned const a = operands & kRdAddend ? d : ra_of(m_word);
    bool const has_m = operands & (kRm | kRmElement);
    bool const has_addend = operands & (kRaAddend | kRdAddend);
    auto const operand = [&](unsigned v, Xmm temporary) {
        return shape.is_scalar ? read_scalar(v, shape.is_double, temporary) : read_lower(v, shape.q, temporary);
    };
    FpFrame frame { shape, operands };
    m_block.clobber_flags();
    if (operands & kPairs)
        read_pairs(frame);
    else
        frame.n = operand(n, Xmm::Xmm1);
    if (operands & kRm)
        frame.m = operand(m, Xmm::Xmm2);
    else if (operands & kRmElement)
        frame.m = element(shape);
    if (has_addend)
        frame.addend = operand(a, Xmm::Xmm0);
    bool const reads_m = has_m || (operands & kPairs && !shape.is_scalar);
    frame.to = destination_apart(d, 1u << n | (reads_m ? 1u << m : 0) | (has_addend ? 1u << a : 0));

    frame.slow = &begin_slow();
    if (operands & kPairs) {
        uint32_t const both = 1u << n | (shape.is_scalar ? 0 : 1u << m);
        require_normal(frame.n, both, shape, *frame.slow);
        require_normal(frame.m, both, shape, *frame.slow);
    } else {
        require_normal(frame.n, 1u << n, shape, *frame.slow);
    }
    if (has_m)
        require_normal(frame.m, 1u << m, shape, *frame.slow);
    if (has_addend)
        require_normal(frame.addend, 1u << a, shape, *frame.slow);
    return frame;
}

void VectorEmitter::end_fp(FpFrame const& frame)
{
    unsigned const d = rd_of(m_word);
    if (frame.shape.is_scalar)
        written_scalar(d, frame.to, frame.shape.is_double);
    else
        written_vector(d, frame.to, frame.shape.q);
    end_slow();
}

// Of what the host has flushed when the guest asks for it: the next instruction need not look.
void VectorEmitter::end_arithmetic(FpFrame const& frame)
{
    end_fp(frame);
    m_normal[frame.shape.is_double] |= 1u << rd_of(m_word);
}

// The even lanes of Rn and Rm one after the other, and the odd ones.
void VectorEmitter::read_pairs(FpFrame& frame)
{
    FpShape const shape = frame.shape;
    Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
    Xmm const m = shape.is_scalar ? n : read(rm_of(m_word), Xmm::Xmm2);
    if (shape.is_double) {
        code().vector(vex::kUnpcklpd, Xmm::Xmm3, n, m);
        code().vector(vex::kUnpckhpd, Xmm::Xmm2, n, m);
        code().vector(vex::kMovaps, Xmm::Xmm1, Xmm::Xmm3);
    } else if (shape.q && !shape.is_scalar) {
        code().vector(vex::kShufps, Xmm::Xmm3, n, m, 0x88);
        code().vector(vex::kShufps, Xmm::Xmm2, n, m, 0xdd);
        code().vector(vex::kMovaps, Xmm::Xmm1, Xmm::Xmm3);
    } else { // the lower halves side by side; what is above is the same again
        code().vector(vex::kUnpcklpd, Xmm::Xmm1, n, m);
        code().vector(vex::kShufps, Xmm::Xmm2, Xmm::Xmm1, Xmm::Xmm1, 0xdd);
        code().vector(vex::kShufps, Xmm::Xmm1, Xmm::Xmm1, Xmm::Xmm1, 0x88);
    }
    frame.n = Xmm::Xmm1;
    frame.m = Xmm::Xmm2;
}

// The element of Rm in all lanes.
Xmm VectorEmitter::element(FpShape shape)
{
    unsigned const l = m_word >> 21 & 1;
    unsigned const h = m_word >> 11 & 1;
    Xmm const to = Xmm::Xmm2;
    Xmm const m = read(rm_of(m_word), to);
    if (shape.is_double)
        code().vector(vex::kShufpd, to, m, m, h ? 3 : 0);
    else
        code().vector(vex::kShufps, to, m, m, static_cast<uint8_t>((h << 1 | l) * 0x55));
    if (!shape.q) // an infinity times the zeros of Rn's upper half would be invalid
        code().vector(vex::kMovq, to, to);
    return to;
}

// Goes there when a lane is subnormal. RAX and XMM3 are lost.
void VectorEmitter::check_subnormal(Xmm operand, FpShape shape, Label& there)
{
    if (shape.is_scalar) {
        Width const width = shape.is_double ? Width::W64 : Width::W32;
        Label zero;
        code().vector_and_general(shape.is_double ? vex::kMovq64Store : vex::kMovdStore, operand, Reg::Rax);
        code().alu(Alu::Add, width, Reg::Rax, Reg::Rax);
        code().jump(Condition::E, zero);
        code().shift(Shift::Shr, width, Reg::Rax, shape.is_double ? 53 : 24); // the exponent
        code().jump(Condition::E, there);
        return code().bind(zero);
    }
    Mem const absolute = constant(Constant::AbsoluteS, shape.is_double);
    code().vector(vex::kPand, Xmm::Xmm3, operand, absolute);
    code().vector(vex::kPcmpgt.of[shape.is_double ? 3 : 2], Xmm::Xmm3, Xmm::Xmm3,
        constant(Constant::LargestSubnormalS, shape.is_double));
    code().vector(vex::kPandn, Xmm::Xmm3, Xmm::Xmm3, operand);
    code().vector(vex::kPtest, Xmm::Xmm3, absolute);
    code().jump(Condition::Ne, there);
}

// Under FPCR.FZ subnormal operands count as zeros and are noted, and the host does not note them: the semantic function
// has those. `from`: the guest registers whose lanes these are. RAX and XMM3 are lost.
void VectorEmitter::require_normal(Xmm operand, uint32_t from, FpShape shape, Label& slow)
{
    if (m_flushes && (from & ~m_normal[shape.is_double]))
        check_subnormal(operand, shape, slow);
}

// The same for comparisons, of which the host makes the right result: FPSR.IDC is all there is to do.
void VectorEmitter::note_subnormal(Xmm operand, uint32_t from, FpShape shape)
{
    if (!m_flushes || !(from & ~m_normal[shape.is_double]))
        return;
    m_subnormals.push_back({});
    check_subnormal(operand, shape, m_subnormals.back().entry);
    code().bind(m_subnormals.back().back);
}

// Cold. The block may execute without FPCR.FZ.
void VectorEmitter::note_subnormals()
{
    constexpr int32_t kInputDenormal = 1 << 7; // FPSR.IDC
    for (ColdPath& path : m_subnormals) {
        code().bind(path.entry);
        code().alu_memory(Alu::Cmp, Width::W32, { Reg::Rsp, frame::kFpMode }, frame::kFlushingFp);
        code().jump(Condition::Ne, path.back);
        code().alu_memory(Alu::Or, Width::W32, CpuLayout::at(m_block.m_layout.fpsr), kInputDenormal);
        code().jump(path.back);
    }
}

// Leaves by `slow`, or by settle_nans(), when the host's result may not be the guest's. XMM3 is lost.
void VectorEmitter::check_result(FpFrame const& frame, bool may_be_tiny, NanRule rule)
{
    if (rule == NanRule::Function)
        return check_lanes(frame.shape, frame.to, may_be_tiny, *frame.slow);
    m_nans.push_back({ {}, {}, frame, may_be_tiny });
    check_lanes(frame.shape, frame.to, may_be_tiny, m_nans.back().entry);
    code().bind(m_nans.back().back);
}

// Goes there when a lane is a NaN, or the smallest normal number if it may be one that was tiny before it was rounded.
void VectorEmitter::check_lanes(FpShape shape, Xmm lanes, bool may_be_tiny, Label& there)
{
    Mem const absolute = constant(Constant::AbsoluteS, shape.is_double);
    Mem const smallest = constant(Constant::SmallestNormalS, shape.is_double);
    if (shape.is_scalar) {
        if (may_be_tiny) { // equal or unordered
            code().vector(vex::kAndps, Xmm::Xmm3, lanes, absolute);
            code().vector(vex::ucomis(shape.is_double), Xmm::Xmm3, smallest);
        } else {
            code().vector(vex::ucomis(shape.is_double), lanes, lanes);
        }
        return code().jump(may_be_tiny ? Condition::E : Condition::P, there);
    }
    VectorOpcode const compare = shape.arithmetic(vex::kCompare);
    if (may_be_tiny) {
        code().vector(vex::kAndps, Xmm::Xmm3, lanes, absolute);
        code().vector(compare, Xmm::Xmm3, Xmm::Xmm3, smallest, vex::kEqualOrUnorderedQuiet);
    } else {
        code().vector(compare, Xmm::Xmm3, lanes, lanes, vex::kUnorderedQuiet);
    }
    code().vector(vex::kPtest, Xmm::Xmm3, Xmm::Xmm3);
    code().jump(Condition::Ne, there);
}

// Goes to `slow` when lanes of the two cannot be compared. XMM3 is lost.
void VectorEmitter::require_ordered(FpFrame const& frame)
{
    if (frame.shape.is_scalar) {
        code().vector(vex::ucomis(frame.shape.is_double), frame.n, frame.m);
        return code().jump(Condition::P, *frame.slow);
    }
    code().vector(frame.shape.arithmetic(vex::kCompare), Xmm::Xmm3, frame.n, frame.m, vex::kUnorderedQuiet);
    code().vector(vex::kPtest, Xmm::Xmm3, Xmm::Xmm3);
    code().jump(Condition::Ne, *frame.slow);
}

// Goes to `slow` when a lane of the two is an infinity or a NaN. RAX, XMM0 and XMM3 are lost.
void VectorEmitter::require_finite(FpFrame const& frame)
{
    bool const is_double = frame.shape.is_double;
    VectorOpcode const greater = vex::kPcmpgt.of[is_double ? 3 : 2];
    code().vector(vex::kPand, Xmm::Xmm3, frame.n, constant(Constant::AbsoluteS, is_double));
    code().vector(vex::kPand, Xmm::Xmm0, frame.m, constant(Constant::AbsoluteS, is_double));
    code().vector(greater, Xmm::Xmm3, Xmm::Xmm3, constant(Constant::LargestS, is_double));
    code().vector(greater, Xmm::Xmm0, Xmm::Xmm0, constant(Constant::LargestS, is_double));
    code().vector(vex::kPor, Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm0);
    code().general_from_vector(vex::lane_signs(is_double), Reg::Rax, Xmm::Xmm3);
    code().test_byte(Reg::Rax, frame.shape.is_scalar ? 1 : 15);
    code().jump(Condition::Ne, *frame.slow);
}

// Cold: the results that check_result() did not like. [fp_thunks.h, settle_nan]
void VectorEmitter::settle_nans()
{
    auto const move = [&](Xmm to, Xmm from) {
        if (to != from)
            code().vector(vex::kMovaps, to, from);
    };
    for (NanResult& result : m_nans) {
        FpFrame const& frame = result.frame;
        FpShape const shape = frame.shape;
        code().bind(result.entry);
        if (result.may_be_tiny) {
            code().vector(vex::kAndps, Xmm::Xmm3, frame.to, constant(Constant::AbsoluteS, shape.is_double));
            code().vector(shape.arithmetic(vex::kCompare), Xmm::Xmm3, Xmm::Xmm3,
                constant(Constant::SmallestNormalS, shape.is_double), vex::kEqualQuiet);
            code().general_from_vector(vex::lane_signs(shape.is_double), Reg::Rax, Xmm::Xmm3);
            code().test_byte(Reg::Rax, shape.is_scalar ? 1 : 15);
            code().jump(Condition::Ne, *frame.slow);
        }
        // The second operand may be where the first is to go; not the other way round.
        if (frame.operands == kRn)
            code().vector(vex::kXorps, Xmm::Xmm2, Xmm::Xmm2, Xmm::Xmm2);
        else
            move(Xmm::Xmm2, frame.m);
        move(Xmm::Xmm1, frame.n);
        move(Xmm::Xmm0, frame.to);
        code().call_position(m_fp_thunks.settle_nan[shape.is_scalar][shape.is_double]);
        code().jump(Condition::Ne, *frame.slow);
        move(frame.to, Xmm::Xmm0);
        code().jump(result.back);
    }
}

}
