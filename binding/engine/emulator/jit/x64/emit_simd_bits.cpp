// Bits counted and reversed. [Arm DDI 0487, C7.2 "CNT", "CLZ (vector)", "CLS (vector)", "RBIT (vector)"]
#include "engine/emulator/jit/vector_fields.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

bool VectorEmitter::emit_simd_bits()
{
    unsigned const size = lane_size_of(m_word);
    bool const q = is_whole(m_word);
    switch (m_instruction) {
    case Instruction::CNT: count_bits(read(rn_of(m_word), Xmm::Xmm1)); break;
    case Instruction::RBIT_vector: reverse_bits(read(rn_of(m_word), Xmm::Xmm1)); break;
    case Instruction::CLZ_vector: count_leading_zeros(read(rn_of(m_word), Xmm::Xmm1), size); break;
    case Instruction::CLS_vector: {
        // Where a bit is not the next lower one, and the highest does not count.
        Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
        shift_right(Xmm::Xmm0, n, size, 1, true);
        code().vector(vex::kPxor, Xmm::Xmm1, n, Xmm::Xmm0);
        count_leading_zeros(Xmm::Xmm1, size);
        ones(Xmm::Xmm1);
        code().vector(vex::kPadd.of[size], Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm1);
        break;
    }
    default: return false;
    }
    written_vector(rd_of(m_word), Xmm::Xmm0, q);
    return true;
}

// XMM0: what the tables say of the lower four bits of each byte; XMM1: of the upper four. n may be XMM1. XMM2 and XMM3
// are lost.
void VectorEmitter::look_up_nibbles(Xmm n, Constant lower, Constant upper)
{
    code().vector(vex::kMovups, Xmm::Xmm3, constant(Constant::Nibbles));
    code().vector(vex::kMovups, Xmm::Xmm2, constant(lower));
    code().vector(vex::kPand, Xmm::Xmm0, n, Xmm::Xmm3);
    code().vector(vex::kPshufb, Xmm::Xmm0, Xmm::Xmm2, Xmm::Xmm0);
    code().vector_shift(vex::kShiftGroup[1], vex::kShiftRight, Xmm::Xmm1, n, 4);
    code().vector(vex::kPand, Xmm::Xmm1, Xmm::Xmm1, Xmm::Xmm3);
    if (upper != lower)
        code().vector(vex::kMovups, Xmm::Xmm2, constant(upper));
    code().vector(vex::kPshufb, Xmm::Xmm1, Xmm::Xmm2, Xmm::Xmm1);
}

void VectorEmitter::count_bits(Xmm n)
{
    look_up_nibbles(n, Constant::BitCounts, Constant::BitCounts);
    code().vector(vex::kPadd.of[0], Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm1);
}

void VectorEmitter::reverse_bits(Xmm n)
{
    look_up_nibbles(n, Constant::ReversedUpwards, Constant::Reversed);
    code().vector(vex::kPor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm1);
}

// To XMM0. Of bytes by table, and of greater lanes by their halves: those of the lower count when the upper is nothing
// but zeros. The other temporary registers are lost, n may be XMM1.
void VectorEmitter::count_leading_zeros(Xmm n, unsigned size)
{
    constexpr uint64_t kZerosOfNibble = 4;
    look_up_nibbles(n, Constant::LeadingZeros, Constant::LeadingZeros);
    constant_lanes(Xmm::Xmm2, kZerosOfNibble, 0);
    code().vector(vex::kPcmpeq.of[0], Xmm::Xmm2, Xmm::Xmm2, Xmm::Xmm1);
    code().vector(vex::kPand, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm2);
    code().vector(vex::kPadd.of[0], Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm1);
    for (unsigned half = 0; half < size; ++half) {
        auto const bits = static_cast<uint8_t>(8u << half);
        code().vector_shift(vex::kShiftGroup[half + 1], vex::kShiftRight, Xmm::Xmm1, Xmm::Xmm0, bits);
        constant_lanes(Xmm::Xmm2, bits, half + 1);
        code().vector(vex::kPcmpeq.of[half + 1], Xmm::Xmm2, Xmm::Xmm2, Xmm::Xmm1);
        code().vector(vex::kPand, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm2);
        code().vector_shift(vex::kShiftGroup[half + 1], vex::kShiftLeft, Xmm::Xmm0, Xmm::Xmm0, bits);
        code().vector_shift(vex::kShiftGroup[half + 1], vex::kShiftRight, Xmm::Xmm0, Xmm::Xmm0, bits);
        code().vector(vex::kPadd.of[half + 1], Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm1);
    }
}

}
