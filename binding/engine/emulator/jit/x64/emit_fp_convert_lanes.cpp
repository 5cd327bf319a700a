// Between vectors of integers and of floating-point numbers. [Arm DDI 0487, C4.1.97 "Advanced SIMD two-register
// miscellaneous", "Advanced SIMD shift by immediate"]
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/jit/x64/vector_opcodes.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    unsigned fraction_bits(uint32_t word)
    {
        unsigned const immediate = word >> 16 & 127; // immh:immb
        return (immediate >= 64 ? 128 : 64) - immediate;
    }

}

bool VectorEmitter::emit_fp_convert_lanes()
{
    using enum FpDirection;
    switch (m_instruction) {
    case Instruction::SCVTF_vector: lanes_from_integers(true, 0); return true;
    case Instruction::UCVTF_vector: lanes_from_integers(false, 0); return true;
    case Instruction::SCVTF_fixed_vector: lanes_from_integers(true, fraction_bits(m_word)); return true;
    case Instruction::UCVTF_fixed_vector: lanes_from_integers(false, fraction_bits(m_word)); return true;
    case Instruction::FCVTNS_vector: lanes_to_integers(Nearest, true); return true;
    case Instruction::FCVTMS_vector: lanes_to_integers(Down, true); return true;
    case Instruction::FCVTPS_vector: lanes_to_integers(Up, true); return true;
    case Instruction::FCVTZS_vector: lanes_to_integers(ToZero, true); return true;
    case Instruction::FCVTAS_vector: lanes_to_integers(TiesAway, true); return true;
    case Instruction::FCVTNU_vector: lanes_to_integers(Nearest, false); return true;
    case Instruction::FCVTMU_vector: lanes_to_integers(Down, false); return true;
    case Instruction::FCVTPU_vector: lanes_to_integers(Up, false); return true;
    case Instruction::FCVTZU_vector: lanes_to_integers(ToZero, false); return true;
    case Instruction::FCVTAU_vector: lanes_to_integers(TiesAway, false); return true;
    case Instruction::FCVTZS_fixed_vector: lanes_to_fixed(true, fraction_bits(m_word)); return true;
    case Instruction::FCVTZU_fixed_vector: lanes_to_fixed(false, fraction_bits(m_word)); return true;
    default: return emit_fp_formats();
    }
}

// The scale is a power of two, and no result is next to the subnormal numbers.
void VectorEmitter::lanes_from_integers(bool is_signed, unsigned fraction_bits)
{
    FpShape const shape = FpShape::of(m_word);
    bool const may_be_large = shape.is_double && !is_signed;
    if (may_be_large)
        m_block.clobber_flags();
    Xmm const n = read_lower(rn_of(m_word), shape.q, Xmm::Xmm1);
    Label* const slow = may_be_large ? &begin_slow() : nullptr;
    if (shape.is_double) {
        code().vector_and_general(vex::kMovq64Store, n, Reg::Rax);
        code().vector_and_general(vex::kPextrq, n, Reg::Rcx, 1);
        for (Reg const lane : { Reg::Rax, Reg::Rcx }) {
            if (!slow)
                break;
            code().test(Width::W64, lane, lane);
            code().jump(Condition::S, *slow);
        }
        code().vector(vex::kXorps, Xmm::Xmm2, Xmm::Xmm2, Xmm::Xmm2);
        code().vector_from_general(vex::from_integer(true, true), Xmm::Xmm0, Xmm::Xmm2, Reg::Rax);
        code().vector_from_general(vex::from_integer(true, true), Xmm::Xmm2, Xmm::Xmm2, Reg::Rcx);
        code().vector(vex::kUnpcklpd, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm2);
    } else if (is_signed) {
        code().vector(vex::kCvtdq2ps, Xmm::Xmm0, n);
    } else {
        singles_from_unsigned(n, shape.q);
    }
    if (fraction_bits != 0) {
        constant_lanes(
            Xmm::Xmm2, fp_power_of_two(-static_cast<int>(fraction_bits), shape.is_double), shape.is_double ? 3 : 2);
        code().vector(shape.arithmetic(vex::kMul), Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm2);
    }
    written_vector(rd_of(m_word), Xmm::Xmm0, shape.q);
    if (slow)
        end_slow();
}

// By way of doubles, which hold all 32 bits: these are their fraction once 2^52 is taken away, which is exact. So is
// the sign of zero, which subtraction makes negative when the guest rounds down, put right at the end. To XMM0.
void VectorEmitter::singles_from_unsigned(Xmm n, bool q)
{
    auto const half = [&](Xmm to, Xmm from) {
        code().vector(vex::kPmovzx.of[2], to, from);
        code().vector(vex::kPor, to, to, constant(Constant::NoFractionD));
        code().vector(vex::packed(vex::kSub, true), to, to, constant(Constant::NoFractionD));
        code().vector(vex::packed(vex::kConvertFormat, true), to, to);
    };
    half(Xmm::Xmm0, n);
    if (q) {
        code().vector(vex::kPunpckhqdq, Xmm::Xmm2, n, n);
        half(Xmm::Xmm2, Xmm::Xmm2);
        code().vector(vex::kMovlhps, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm2);
    }
    code().vector(vex::kAndps, Xmm::Xmm0, Xmm::Xmm0, constant(Constant::AbsoluteS));
}

void VectorEmitter::lanes_to_integers(FpDirection direction, bool is_signed)
{
    FpFrame const frame = begin_fp(FpShape::of(m_word), kRn);
    if (direction == FpDirection::ToZero) {
        truncate_lanes(frame, frame.n, is_signed);
    } else {
        if (direction == FpDirection::TiesAway) {
            require_fraction(frame);
            round_ties_away(frame.shape, Xmm::Xmm0, frame.n);
        } else {
            code().vector(frame.shape.rounding(), Xmm::Xmm0, frame.n,
                static_cast<uint8_t>(static_cast<uint8_t>(direction) | vex::kRoundQuietly));
        }
        truncate_lanes(frame, Xmm::Xmm0, is_signed);
    }
    written_vector(rd_of(m_word), Xmm::Xmm0, frame.shape.q);
    end_slow();
}

// As to_fixed().
void VectorEmitter::lanes_to_fixed(bool is_signed, unsigned fraction_bits)
{
    FpFrame frame = begin_fp(FpShape::of(m_word), kRn);
    FpShape const shape = frame.shape;
    unsigned const size = shape.is_double ? 3 : 2;
    int const result_bits = shape.is_double ? 63 : is_signed ? 31 : 32;
    uint64_t const limit = fp_power_of_two(result_bits - static_cast<int>(fraction_bits), shape.is_double);
    constant_lanes(Xmm::Xmm3, limit - 1, size);
    code().vector(vex::kPand, Xmm::Xmm0, frame.n, constant(Constant::AbsoluteS, shape.is_double));
    code().vector(vex::kPcmpgt.of[size], Xmm::Xmm3, Xmm::Xmm0, Xmm::Xmm3);
    code().vector(vex::kPtest, Xmm::Xmm3, Xmm::Xmm3);
    code().jump(Condition::Ne, *frame.slow);
    constant_lanes(Xmm::Xmm3, fp_power_of_two(static_cast<int>(fraction_bits), shape.is_double), size);
    code().vector(shape.arithmetic(vex::kMul), Xmm::Xmm0, frame.n, Xmm::Xmm3);
    frame.n = Xmm::Xmm0;
    truncate_lanes(frame, Xmm::Xmm0, is_signed);
    written_vector(rd_of(m_word), Xmm::Xmm0, shape.q);
    end_slow();
}

// What frame.n was rounded to, as integers in XMM0, and the note that it was inexact, if it was. Out of range goes to
// the function. The other temporary registers are lost.
void VectorEmitter::truncate_lanes(FpFrame const& frame, Xmm rounded, bool is_signed)
{
    if (!is_signed) { // negative, too large, or no number
        bool const is_double = frame.shape.is_double;
        code().vector(vex::kPcmpgt.of[is_double ? 3 : 2], Xmm::Xmm3, rounded, constant(Constant::Below32S, is_double));
        code().vector(vex::kPor, Xmm::Xmm3, Xmm::Xmm3, rounded);
        code().general_from_vector(vex::lane_signs(is_double), Reg::Rax, Xmm::Xmm3);
        code().test(Width::W32, Reg::Rax, Reg::Rax);
        code().jump(Condition::Ne, *frame.slow);
    }
    if (frame.shape.is_double)
        return truncate_doubles(frame, rounded, is_signed);
    if (!is_signed)
        return truncate_unsigned_singles(frame, rounded);
    bool const notes = rounded != frame.n;
    code().vector(vex::kCvttps2dq, Xmm::Xmm0, rounded);
    code().vector(vex::kPcmpeq.of[2], Xmm::Xmm3, Xmm::Xmm0, constant(Constant::SignS));
    code().vector(vex::kPtest, Xmm::Xmm3, Xmm::Xmm3);
    code().jump(Condition::Ne, *frame.slow);
    if (notes)
        code().vector(vex::kCvttps2dq, Xmm::Xmm3, frame.n);
}

// From 2^31 on that much is taken away, which is exact, and comes back as a bit.
void VectorEmitter::truncate_unsigned_singles(FpFrame const& frame, Xmm rounded)
{
    bool const notes = rounded != frame.n;
    Mem const limit = constant(Constant::Two31S);
    VectorOpcode const subtract = frame.shape.arithmetic(vex::kSub);
    code().vector(vex::kMovups, Xmm::Xmm3, limit);
    code().vector(frame.shape.arithmetic(vex::kCompare), Xmm::Xmm2, rounded, Xmm::Xmm3, vex::kNotLessQuiet);
    code().vector(vex::kAndps, Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm2);
    code().vector_shift(vex::kShiftGroup[2], vex::kShiftLeft, Xmm::Xmm2, Xmm::Xmm2, 31);
    code().vector(subtract, Xmm::Xmm0, rounded, Xmm::Xmm3);
    if (notes) {
        code().vector(subtract, Xmm::Xmm3, frame.n, Xmm::Xmm3);
        code().vector(vex::kCvttps2dq, Xmm::Xmm3, Xmm::Xmm3);
    }
    code().vector(vex::kCvttps2dq, Xmm::Xmm0, Xmm::Xmm0);
    code().vector(vex::kPxor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm2);
}

// One after the other: the host has no vectors of such conversions.
void VectorEmitter::truncate_doubles(FpFrame const& frame, Xmm rounded, bool is_signed)
{
    VectorOpcode const convert = vex::to_integer_truncated(true, true);
    bool const notes = rounded != frame.n;
    for (unsigned const lane : { 0, 1 }) {
        Reg const to = lane == 0 ? Reg::Rax : Reg::Rcx;
        if (lane == 1)
            code().vector(vex::kUnpckhpd, Xmm::Xmm3, rounded, rounded);
        code().general_from_vector(convert, to, lane == 0 ? rounded : Xmm::Xmm3);
        if (is_signed) {
            code().alu(Alu::Cmp, Width::W64, to, 1);
            code().jump(Condition::O, *frame.slow);
        }
    }
    if (notes) {
        code().general_from_vector(convert, Reg::Rdx, frame.n);
        code().vector(vex::kUnpckhpd, Xmm::Xmm3, frame.n, frame.n);
        code().general_from_vector(convert, Reg::Rdx, Xmm::Xmm3);
    }
    code().vector_from_general(vex::kMovq64, Xmm::Xmm0, Reg::Rax);
    code().vector_from_general(vex::kPinsrq, Xmm::Xmm0, Xmm::Xmm0, Reg::Rcx, 1);
}

}
