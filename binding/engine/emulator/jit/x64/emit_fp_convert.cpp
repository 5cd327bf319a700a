// Between integers and floating-point numbers, in general and vector registers. [Arm DDI 0487, C4.1.97 "Conversion
// between floating-point and integer", "Conversion between floating-point and fixed-point"]
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/jit/x64/fp_shape.h"
#include "engine/emulator/jit/x64/vector_opcodes.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    // Whether the integer is in a general register: else the instruction is one of Advanced SIMD.
    bool is_of_general(uint32_t word)
    {
        return !(word >> 30 & 1);
    }

    // Of the instructions between floating-point and fixed-point numbers, general registers and scalars.
    unsigned fraction_bits(uint32_t word)
    {
        if (is_of_general(word))
            return 64 - (word >> 10 & 63);
        unsigned const immediate = word >> 16 & 127; // immh:immb
        return (immediate >= 64 ? 128 : 64) - immediate;
    }

}

bool VectorEmitter::emit_fp_convert()
{
    switch (m_instruction) {
    case Instruction::SCVTF_general:
    case Instruction::SCVTF_scalar: from_integer(true, 0); return true;
    case Instruction::UCVTF_general:
    case Instruction::UCVTF_scalar: from_integer(false, 0); return true;
    case Instruction::SCVTF_fixed_general:
    case Instruction::SCVTF_fixed_scalar: from_integer(true, fraction_bits(m_word)); return true;
    case Instruction::UCVTF_fixed_general:
    case Instruction::UCVTF_fixed_scalar: from_integer(false, fraction_bits(m_word)); return true;
    default: return emit_fp_to_integer();
    }
}

bool VectorEmitter::emit_fp_to_integer()
{
    using enum FpDirection;
    switch (m_instruction) {
    case Instruction::FCVTNS_general:
    case Instruction::FCVTNS_scalar: to_integer(Nearest, true); return true;
    case Instruction::FCVTMS_general:
    case Instruction::FCVTMS_scalar: to_integer(Down, true); return true;
    case Instruction::FCVTPS_general:
    case Instruction::FCVTPS_scalar: to_integer(Up, true); return true;
    case Instruction::FCVTZS_general:
    case Instruction::FCVTZS_scalar: to_integer(ToZero, true); return true;
    case Instruction::FCVTAS_general:
    case Instruction::FCVTAS_scalar: to_integer(TiesAway, true); return true;
    case Instruction::FCVTNU_general:
    case Instruction::FCVTNU_scalar: to_integer(Nearest, false); return true;
    case Instruction::FCVTMU_general:
    case Instruction::FCVTMU_scalar: to_integer(Down, false); return true;
    case Instruction::FCVTPU_general:
    case Instruction::FCVTPU_scalar: to_integer(Up, false); return true;
    case Instruction::FCVTZU_general:
    case Instruction::FCVTZU_scalar: to_integer(ToZero, false); return true;
    case Instruction::FCVTAU_general:
    case Instruction::FCVTAU_scalar: to_integer(TiesAway, false); return true;
    case Instruction::FCVTZS_fixed_general:
    case Instruction::FCVTZS_fixed_scalar: to_fixed(fraction_bits(m_word), true); return true;
    case Instruction::FCVTZU_fixed_general:
    case Instruction::FCVTZU_fixed_scalar: to_fixed(fraction_bits(m_word), false); return true;
    default: return emit_fp_convert_lanes();
    }
}

// The integer is in a general register, or in the vector register as wide as the result. The host knows no unsigned
// ones: those of 32 bits go by way of 64, those of 2^63 and more to the function. The scale is a power of two, and no
// result is next to the subnormal numbers.
void VectorEmitter::from_integer(bool is_signed, unsigned fraction_bits)
{
    bool const is_general = is_of_general(m_word);
    bool const is_double = m_word >> 22 & 1;
    bool const is_64_bit = is_general ? m_word >> 31 : is_double;
    Reg from = Reg::Rax;
    if (!is_signed)
        m_block.clobber_flags();
    if (is_general)
        from = m_block.read(rn_of(m_word), Reg::Rax);
    else
        code().vector_and_general(is_64_bit ? vex::kMovq64Store : vex::kMovdStore,
            read_scalar(rn_of(m_word), is_double, Xmm::Xmm1), Reg::Rax);
    if (!is_signed && !is_64_bit && is_general) {
        code().mov(Width::W32, Reg::Rax, from);
        from = Reg::Rax;
    }
    bool const may_be_large = !is_signed && is_64_bit;
    if (may_be_large) {
        Label& slow = begin_slow();
        code().test(Width::W64, from, from);
        code().jump(Condition::S, slow);
    }
    Xmm const to = destination(rd_of(m_word));
    code().vector(vex::kXorps, to, to, to); // what is not written would be waited for
    code().vector_from_general(vex::from_integer(is_double, is_64_bit || !is_signed), to, to, from);
    if (fraction_bits != 0) {
        code().mov(Reg::Rax, fp_power_of_two(-static_cast<int>(fraction_bits), is_double));
        code().vector_from_general(vex::kMovq64, Xmm::Xmm3, Reg::Rax);
        code().vector(vex::scalar(vex::kMul, is_double), to, to, Xmm::Xmm3);
    }
    written(rd_of(m_word), to);
    if (may_be_large)
        end_slow();
}

// The host's answer to everything out of range is the lowest number; numbers that round to that go the slow way too.
// Unsigned results are made as signed ones of 64 bits, of what is positive and in range.
void VectorEmitter::to_integer(FpDirection direction, bool is_signed)
{
    bool const is_general = is_of_general(m_word);
    FpFrame frame = begin_fp(FpShape::of(m_word), kRn);
    FpShape const shape = frame.shape;
    bool const is_64_bit = is_general ? m_word >> 31 : shape.is_double;
    Xmm rounded = Xmm::Xmm0;
    if (direction == FpDirection::ToZero) {
        rounded = frame.n;
    } else if (direction == FpDirection::TiesAway) {
        require_fraction(frame);
        round_ties_away(shape, rounded, frame.n);
    } else {
        code().vector(shape.rounding(), rounded, frame.n, frame.n,
            static_cast<uint8_t>(static_cast<uint8_t>(direction) | vex::kRoundQuietly));
    }
    bool const converts_to_64 = is_64_bit || !is_signed;
    VectorOpcode const convert = vex::to_integer_truncated(shape.is_double, converts_to_64);
    if (!is_signed) {
        code().vector_and_general(shape.is_double ? vex::kMovq64Store : vex::kMovdStore, frame.n, Reg::Rax);
        code().test(shape.is_double ? Width::W64 : Width::W32, Reg::Rax, Reg::Rax);
        code().jump(Condition::S, *frame.slow);
        code().vector(
            vex::kMovups, Xmm::Xmm3, constant(is_64_bit ? Constant::Two63S : Constant::Two32S, shape.is_double));
        code().vector(vex::ucomis(shape.is_double), Xmm::Xmm3, rounded);
        code().jump(Condition::Be, *frame.slow); // too large, or unordered
    }
    code().general_from_vector(convert, Reg::Rax, rounded);
    if (is_signed) {
        code().alu(Alu::Cmp, is_64_bit ? Width::W64 : Width::W32, Reg::Rax, 1);
        code().jump(Condition::O, *frame.slow);
    }
    if (rounded != frame.n) // Inexact, if it is.
        code().general_from_vector(convert, Reg::Rcx, frame.n);
    integer_written(is_general, is_64_bit);
    end_slow();
}

// Toward zero, of the number times a power of two. What would not fit goes to the function beforehand, so that the
// multiplication, which is exact, does not overflow.
void VectorEmitter::to_fixed(unsigned fraction_bits, bool is_signed)
{
    bool const is_general = is_of_general(m_word);
    FpFrame const frame = begin_fp(FpShape::of(m_word), kRn);
    FpShape const shape = frame.shape;
    bool const is_64_bit = is_general ? m_word >> 31 : shape.is_double;
    int const result_bits = is_signed ? (is_64_bit ? 63 : 31) : is_64_bit ? 63 : 32;
    if (is_signed)
        code().vector(vex::kAndps, Xmm::Xmm0, frame.n, constant(Constant::AbsoluteS, shape.is_double));
    code().mov(Reg::Rax, fp_power_of_two(result_bits - static_cast<int>(fraction_bits), shape.is_double));
    code().vector_from_general(vex::kMovq64, Xmm::Xmm3, Reg::Rax);
    code().vector(vex::ucomis(shape.is_double), Xmm::Xmm3, is_signed ? Xmm::Xmm0 : frame.n);
    code().jump(Condition::Be, *frame.slow);
    if (!is_signed) {
        code().vector_and_general(shape.is_double ? vex::kMovq64Store : vex::kMovdStore, frame.n, Reg::Rax);
        code().test(shape.is_double ? Width::W64 : Width::W32, Reg::Rax, Reg::Rax);
        code().jump(Condition::S, *frame.slow);
    }
    code().mov(Reg::Rax, fp_power_of_two(static_cast<int>(fraction_bits), shape.is_double));
    code().vector_from_general(vex::kMovq64, Xmm::Xmm3, Reg::Rax);
    code().vector(shape.arithmetic(vex::kMul), Xmm::Xmm3, frame.n, Xmm::Xmm3);
    code().general_from_vector(
        vex::to_integer_truncated(shape.is_double, is_64_bit || !is_signed), Reg::Rax, Xmm::Xmm3);
    integer_written(is_general, is_64_bit);
    end_slow();
}

// From RAX.
void VectorEmitter::integer_written(bool is_general, bool is_64_bit)
{
    if (is_general)
        return m_block.written(rd_of(m_word), Reg::Rax);
    code().vector_from_general(is_64_bit ? vex::kMovq64 : vex::kMovd, Xmm::Xmm0, Reg::Rax);
    written(rd_of(m_word), Xmm::Xmm0);
}

}
