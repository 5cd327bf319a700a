// Between general and vector registers. [Arm DDI 0487, C4.1.97 "Conversion between floating-point and integer"]
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/jit/x64/vector_opcodes.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

bool VectorEmitter::emit_fp_convert()
{
    constexpr uint8_t kNearest = 0;
    constexpr uint8_t kDown = 1;
    constexpr uint8_t kUp = 2;
    constexpr uint8_t kTowardZero = 3;
    switch (m_instruction) {
    case Instruction::FMOV_to_general:
    case Instruction::FMOV_from_general:
    case Instruction::FMOV_top_to_general:
    case Instruction::FMOV_top_from_general: move_general(); return true;
    case Instruction::SCVTF_general:
    case Instruction::SCVTF_scalar: from_signed(); return true;
    case Instruction::UCVTF_general:
    case Instruction::UCVTF_scalar: from_unsigned(); return true;
    case Instruction::FCVTNS_general: to_signed(kNearest); return true;
    case Instruction::FCVTMS_general: to_signed(kDown); return true;
    case Instruction::FCVTPS_general: to_signed(kUp); return true;
    case Instruction::FCVTZS_general:
    case Instruction::FCVTZS_scalar: to_signed(kTowardZero); return true;
    case Instruction::FCVTZU_general:
    case Instruction::FCVTZU_scalar: to_unsigned(); return true;
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

// The integer is in a general register, or in the vector register as wide as the result.
void VectorEmitter::from_signed()
{
    bool const is_double = m_word >> 22 & 1;
    bool const is_general = m_instruction == Instruction::SCVTF_general;
    bool const is_64_bit = is_general ? m_word >> 31 : is_double;
    Reg from = Reg::Rax;
    if (is_general)
        from = m_block.read(rn_of(m_word), Reg::Rax);
    else
        code().vector_and_general(is_64_bit ? vex::kMovq64Store : vex::kMovdStore,
            read_scalar(rn_of(m_word), is_double, Xmm::Xmm1), Reg::Rax);
    Xmm const to = destination(rd_of(m_word));
    code().vector(vex::kXorps, to, to, to); // what is not written would be waited for
    code().vector_from_general(vex::from_integer(is_double, is_64_bit), to, to, from);
    written(rd_of(m_word), to);
}

// From 32 bits by way of 64. The host knows no unsigned ones: 64-bit numbers of 2^63 and more are left to the function.
void VectorEmitter::from_unsigned()
{
    bool const is_double = m_word >> 22 & 1;
    bool const is_general = m_instruction == Instruction::UCVTF_general;
    bool const is_64_bit = is_general ? m_word >> 31 : is_double;
    m_block.clobber_flags();
    Reg from = Reg::Rax;
    if (!is_general)
        code().vector_and_general(is_64_bit ? vex::kMovq64Store : vex::kMovdStore,
            read_scalar(rn_of(m_word), is_double, Xmm::Xmm1), Reg::Rax);
    else
        from = m_block.read(rn_of(m_word), Reg::Rax);
    if (is_general && !is_64_bit) {
        code().mov(Width::W32, Reg::Rax, from);
        from = Reg::Rax;
    }
    Label* slow = nullptr;
    if (is_64_bit) {
        slow = &begin_slow();
        code().test(Width::W64, from, from);
        code().jump(Condition::S, *slow);
    }
    Xmm const to = destination(rd_of(m_word));
    code().vector(vex::kXorps, to, to, to);
    code().vector_from_general(vex::from_integer(is_double, true), to, to, from);
    written(rd_of(m_word), to);
    if (slow)
        end_slow();
}

// The host's answer to everything out of range is the lowest number; numbers that round to that go the slow way too.
void VectorEmitter::to_signed(uint8_t rounding)
{
    constexpr uint8_t kTowardZero = 3;
    bool const is_double = m_word >> 22 & 1;
    bool const is_general = m_instruction != Instruction::FCVTZS_scalar;
    Width const width = (is_general ? m_word >> 31 : is_double) ? Width::W64 : Width::W32;
    VectorOpcode const convert = vex::to_integer_truncated(is_double, width == Width::W64);
    m_block.clobber_flags();
    Xmm const n = read_scalar(rn_of(m_word), is_double, Xmm::Xmm1);
    Label& slow = begin_slow();
    Xmm rounded = n;
    if (rounding != kTowardZero) {
        rounded = Xmm::Xmm0;
        code().vector(vex::round_scalar(is_double), rounded, n, n, rounding | vex::kRoundQuietly);
    }
    code().general_from_vector(convert, Reg::Rax, rounded);
    code().alu(Alu::Cmp, width, Reg::Rax, 1);
    code().jump(Condition::O, slow);
    if (rounded != n) // Inexact, if it is.
        code().general_from_vector(convert, Reg::Rcx, n);
    if (is_general) {
        m_block.written(rd_of(m_word), Reg::Rax);
    } else {
        code().vector_from_general(width == Width::W64 ? vex::kMovq64 : vex::kMovd, Xmm::Xmm0, Reg::Rax);
        written(rd_of(m_word), Xmm::Xmm0);
    }
    end_slow();
}

// Toward zero, of what is positive and in the range of a signed 64-bit number.
void VectorEmitter::to_unsigned()
{
    bool const is_double = m_word >> 22 & 1;
    bool const is_general = m_instruction == Instruction::FCVTZU_general;
    bool const is_64_bit = is_general ? m_word >> 31 : is_double;
    m_block.clobber_flags();
    Xmm const n = read_scalar(rn_of(m_word), is_double, Xmm::Xmm1);
    Label& slow = begin_slow();
    code().vector_and_general(is_double ? vex::kMovq64Store : vex::kMovdStore, n, Reg::Rax);
    code().test(is_double ? Width::W64 : Width::W32, Reg::Rax, Reg::Rax);
    code().jump(Condition::S, slow);
    code().vector(vex::kMovups, Xmm::Xmm0, constant(is_64_bit ? Constant::Two63S : Constant::Two32S, is_double));
    code().vector(vex::ucomis(is_double), Xmm::Xmm0, n);
    code().jump(Condition::Be, slow); // too large, or unordered
    code().general_from_vector(vex::to_integer_truncated(is_double, true), Reg::Rax, n);
    if (is_general) {
        m_block.written(rd_of(m_word), Reg::Rax);
    } else {
        code().vector_from_general(is_64_bit ? vex::kMovq64 : vex::kMovd, Xmm::Xmm0, Reg::Rax);
        written(rd_of(m_word), Xmm::Xmm0);
    }
    end_slow();
}

}
