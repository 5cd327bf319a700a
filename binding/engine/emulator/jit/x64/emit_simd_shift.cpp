// Shifts by an immediate. [Arm DDI 0487, C4.1.97 "Advanced SIMD shift by immediate"]
#include "base/bits.h"
#include "engine/emulator/jit/vector_fields.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

#include <bit>

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    // The highest bit of immh says how large the lanes are.
    unsigned size_of(uint32_t word)
    {
        return static_cast<unsigned>(std::bit_width(word >> 19 & 15)) - 1;
    }

}

// Takes RAX.
void VectorEmitter::constant_lanes(Xmm to, uint64_t value, unsigned size)
{
    if (value == 0)
        return code().vector(vex::kPxor, to, to, to);
    code().mov(Reg::Rax, value);
    code().vector_from_general(size == 3 ? vex::kMovq64 : vex::kMovd, to, Reg::Rax);
    code().vector(vex::kPbroadcast.of[size], to, to);
}

// Lanes of 8 bits are shifted as halves of 16, and what came from the neighbour is dropped. XMM3 is lost.
void VectorEmitter::shift_left(Xmm to, Xmm from, unsigned size, unsigned count)
{
    auto const amount = static_cast<uint8_t>(count);
    if (size != 0)
        return code().vector_shift(vex::kShiftGroup[size], vex::kShiftLeft, to, from, amount);
    constant_lanes(Xmm::Xmm3, 0xff << count & 0xff, 0);
    code().vector_shift(vex::kShiftGroup[1], vex::kShiftLeft, to, from, amount);
    code().vector(vex::kPand, to, to, Xmm::Xmm3);
}

// `count` may be the size of the lane. XMM2 and XMM3 are lost.
void VectorEmitter::shift_right(Xmm to, Xmm from, unsigned size, unsigned count, bool is_signed)
{
    auto const amount = static_cast<uint8_t>(count);
    if (size == 0) {
        constant_lanes(Xmm::Xmm3, 0xff >> count, 0);
        code().vector_shift(vex::kShiftGroup[1], vex::kShiftRight, to, from, amount);
        code().vector(vex::kPand, to, to, Xmm::Xmm3);
        if (!is_signed)
            return;
        if (count == 8) { // nothing but signs
            code().vector(vex::kPxor, to, to, to);
            return code().vector(vex::kPcmpgt.of[0], to, to, from);
        }
        constant_lanes(Xmm::Xmm3, 0x80 >> count, 0);
        code().vector(vex::kPxor, to, to, Xmm::Xmm3);
        return code().vector(vex::kPsub.of[0], to, to, Xmm::Xmm3);
    }
    if (size == 3 && is_signed) {
        code().vector(vex::kPxor, Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm3);
        code().vector(vex::kPcmpgt.of[3], Xmm::Xmm3, Xmm::Xmm3, from);
        code().vector_shift(vex::kShiftGroup[3], vex::kShiftRight, Xmm::Xmm2, from, amount);
        code().vector_shift(
            vex::kShiftGroup[3], vex::kShiftLeft, Xmm::Xmm3, Xmm::Xmm3, static_cast<uint8_t>(64 - count));
        return code().vector(vex::kPor, to, Xmm::Xmm2, Xmm::Xmm3);
    }
    code().vector_shift(vex::kShiftGroup[size], is_signed ? vex::kShiftArithmetic : vex::kShiftRight, to, from, amount);
}

bool VectorEmitter::emit_simd_shift()
{
    unsigned const d = rd_of(m_word);
    unsigned const n = rn_of(m_word);
    bool const q = is_whole(m_word);
    // Without immh it is a modified immediate.
    if ((m_word & 0x0f80'0400) != 0x0f00'0400 || (m_word >> 19 & 15) == 0)
        return false;
    unsigned const size = size_of(m_word);
    unsigned const encoded = m_word >> 16 & 127;
    unsigned const left = encoded - (8u << size);
    unsigned const right = (16u << size) - encoded;
    bool is_signed = false;
    switch (m_instruction) {
    case Instruction::SHL_vector:
    case Instruction::SHL_scalar: shift_left(Xmm::Xmm0, read(n, Xmm::Xmm1), size, left); break;
    case Instruction::SLI_vector:
    case Instruction::SLI_scalar: {
        shift_left(Xmm::Xmm0, read(n, Xmm::Xmm1), size, left);
        constant_lanes(Xmm::Xmm2, low_mask(left), size);
        code().vector(vex::kPand, Xmm::Xmm2, Xmm::Xmm2, read(d, Xmm::Xmm1));
        code().vector(vex::kPor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm2);
        break;
    }
    case Instruction::SRI_vector:
    case Instruction::SRI_scalar: {
        shift_right(Xmm::Xmm0, read(n, Xmm::Xmm1), size, right, false);
        uint64_t const whole = low_mask(8u << size);
        constant_lanes(Xmm::Xmm2, right == 8u << size ? whole : whole & ~(whole >> right), size);
        code().vector(vex::kPand, Xmm::Xmm2, Xmm::Xmm2, read(d, Xmm::Xmm1));
        code().vector(vex::kPor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm2);
        break;
    }
    case Instruction::SSHR_vector:
    case Instruction::SSHR_scalar: is_signed = true; [[fallthrough]];
    case Instruction::USHR_vector:
    case Instruction::USHR_scalar: shift_right(Xmm::Xmm0, read(n, Xmm::Xmm1), size, right, is_signed); break;
    case Instruction::SSRA_vector:
    case Instruction::SSRA_scalar: is_signed = true; [[fallthrough]];
    case Instruction::USRA_vector:
    case Instruction::USRA_scalar:
        shift_right(Xmm::Xmm0, read(n, Xmm::Xmm1), size, right, is_signed);
        code().vector(vex::kPadd.of[size], Xmm::Xmm0, Xmm::Xmm0, read(d, Xmm::Xmm1));
        break;
    // The last bit shifted out, added to the result.
    case Instruction::SRSHR_vector:
    case Instruction::SRSHR_scalar:
    case Instruction::SRSRA_vector:
    case Instruction::SRSRA_scalar: is_signed = true; [[fallthrough]];
    case Instruction::URSHR_vector:
    case Instruction::URSHR_scalar:
    case Instruction::URSRA_vector:
    case Instruction::URSRA_scalar: {
        Xmm const from = read(n, Xmm::Xmm1);
        shift_right(Xmm::Xmm0, from, size, right, is_signed);
        shift_right(Xmm::Xmm1, from, size, right - 1, false);
        constant_lanes(Xmm::Xmm2, 1, size);
        code().vector(vex::kPand, Xmm::Xmm1, Xmm::Xmm1, Xmm::Xmm2);
        code().vector(vex::kPadd.of[size], Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm1);
        bool const accumulates = m_word >> 12 & 1;
        if (accumulates)
            code().vector(vex::kPadd.of[size], Xmm::Xmm0, Xmm::Xmm0, read(d, Xmm::Xmm1));
        break;
    }
    case Instruction::SSHLL: is_signed = true; [[fallthrough]];
    case Instruction::USHLL:
        widened(read(n, Xmm::Xmm1), size, is_signed, q, Xmm::Xmm0);
        if (left)
            shift_left(Xmm::Xmm0, Xmm::Xmm0, size + 1, left);
        written(d, Xmm::Xmm0);
        return true;
    case Instruction::SHRN:
        shift_right(Xmm::Xmm0, read(n, Xmm::Xmm1), size + 1, right, false);
        narrowed(size);
        return true;
    case Instruction::RSHRN:
        constant_lanes(Xmm::Xmm0, uint64_t { 1 } << (right - 1), size + 1);
        code().vector(vex::kPadd.of[size + 1], Xmm::Xmm0, Xmm::Xmm0, read(n, Xmm::Xmm1));
        shift_right(Xmm::Xmm0, Xmm::Xmm0, size + 1, right, false);
        narrowed(size);
        return true;
    case Instruction::SQSHRN_vector:
    case Instruction::SQSHRN_scalar: narrow_saturating(size, true, true, right, false); return true;
    case Instruction::SQRSHRN_vector:
    case Instruction::SQRSHRN_scalar: narrow_saturating(size, true, true, right, true); return true;
    case Instruction::UQSHRN_vector:
    case Instruction::UQSHRN_scalar: narrow_saturating(size, false, false, right, false); return true;
    case Instruction::UQRSHRN_vector:
    case Instruction::UQRSHRN_scalar: narrow_saturating(size, false, false, right, true); return true;
    case Instruction::SQSHRUN_vector:
    case Instruction::SQSHRUN_scalar: narrow_saturating(size, true, false, right, false); return true;
    case Instruction::SQRSHRUN_vector:
    case Instruction::SQRSHRUN_scalar: narrow_saturating(size, true, false, right, true); return true;
    default: return false;
    }
    written_vector(d, Xmm::Xmm0, q);
    return true;
}

}
