// Shifts by a register, one count for each lane. [Arm DDI 0487, C7.2 "USHL", "SSHL", "URSHL", "SRSHL"]
#include "engine/emulator/jit/vector_fields.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

bool VectorEmitter::emit_simd_shift_by_register()
{
    switch (m_instruction) {
    case Instruction::USHL_vector:
    case Instruction::USHL_scalar: return shift_by_lanes(false, false);
    case Instruction::SSHL_vector:
    case Instruction::SSHL_scalar: return shift_by_lanes(true, false);
    case Instruction::URSHL_vector:
    case Instruction::URSHL_scalar: return shift_by_lanes(false, true);
    case Instruction::SRSHL_vector:
    case Instruction::SRSHL_scalar: return shift_by_lanes(true, true);
    default: return false;
    }
}

// The lowest byte of a lane counts: to the left, or to the right when it is negative.
bool VectorEmitter::shift_by_lanes(bool is_signed, bool rounds)
{
    unsigned const size = lane_size_of(m_word);
    bool const q = is_whole(m_word);
    if (size != 0) {
        Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
        code().vector(vex::kMovupsStore, read(rm_of(m_word), Xmm::Xmm2), counts());
        shift_lanes(n, size, is_signed, rounds);
        written_vector(rd_of(m_word), Xmm::Xmm0, q);
        return true;
    }
    // Bytes in lanes of 16 bits, one half after the other. RDX keeps the first.
    for (bool const upper : { false, true }) {
        if (upper && !q)
            break;
        widened(read(rm_of(m_word), Xmm::Xmm2), 0, true, upper, Xmm::Xmm2);
        code().vector(vex::kMovupsStore, Xmm::Xmm2, counts());
        widened(read(rn_of(m_word), Xmm::Xmm1), 0, is_signed, upper, Xmm::Xmm1);
        shift_lanes(Xmm::Xmm1, 1, is_signed, rounds);
        code().vector(vex::kPand, Xmm::Xmm0, Xmm::Xmm0, constant(Constant::LowBytes));
        code().vector(vex::kPackuswb, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm0);
        if (upper) {
            code().vector_from_general(vex::kMovq64, Xmm::Xmm1, Reg::Rdx);
            code().vector(vex::kPunpcklqdq, Xmm::Xmm0, Xmm::Xmm1, Xmm::Xmm0);
        } else if (q) {
            code().vector_and_general(vex::kMovq64Store, Xmm::Xmm0, Reg::Rdx);
        }
    }
    written_vector(rd_of(m_word), Xmm::Xmm0, q);
    return true;
}

// Where shift_lanes() finds the counts.
Mem VectorEmitter::counts()
{
    static_assert(frame::kScratch2 == frame::kScratch + 8);
    return { Reg::Rsp, frame::kScratch };
}

// Both ways, to XMM0: the one that is not asked for gives zero, or is masked. Signed numbers go to the right with all
// bits inverted if they are negative. Rounding adds the bit that was shifted out last. The other temporary registers
// are lost, n may be XMM1.
void VectorEmitter::shift_lanes(Xmm n, unsigned size, bool is_signed, bool rounds)
{
    if (size == 1)
        shift_halves_right(n, is_signed, rounds);
    else
        shift_words_right(n, size, is_signed, rounds);
    // XMM0: all ones where it goes to the right. XMM3: shifted that way.
    code().vector(vex::kMovups, Xmm::Xmm2, counts());
    if (size == 3) {
        code().vector_shift(vex::kShiftGroup[3], vex::kShiftLeft, Xmm::Xmm2, Xmm::Xmm2, 56);
        code().vector(vex::kPxor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm0);
        code().vector(vex::kPcmpgt.of[3], Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm2);
    } else {
        auto const bits = static_cast<uint8_t>(8u << size);
        auto const place = static_cast<uint8_t>(bits - 8);
        auto const last = static_cast<uint8_t>(bits - 1);
        code().vector_shift(vex::kShiftGroup[size], vex::kShiftLeft, Xmm::Xmm2, Xmm::Xmm2, place);
        code().vector_shift(vex::kShiftGroup[size], vex::kShiftArithmetic, Xmm::Xmm0, Xmm::Xmm2, last);
    }
    code().vector(vex::kPand, Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm0);
    if (size == 1) {
        powers_of_two(Constant::PlacesLeft);
        code().vector(vex::kPmullw, Xmm::Xmm0, n, Xmm::Xmm2);
    } else {
        code().vector(vex::kMovups, Xmm::Xmm2, counts());
        code().vector(vex::kPand, Xmm::Xmm2, Xmm::Xmm2, constant(Constant::LowByteS, size == 3));
        code().vector(vex::shift_left_by_lanes(size == 3), Xmm::Xmm0, n, Xmm::Xmm2);
    }
    code().vector(vex::kPor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm3);
}

// All ones in the lanes that are negative, if that matters.
void VectorEmitter::signs_of(Xmm to, Xmm n, unsigned size, bool is_signed)
{
    code().vector(vex::kPxor, to, to, to);
    if (is_signed)
        code().vector(vex::kPcmpgt.of[size], to, to, n);
}

// Lanes of 32 and 64 bits. Rounding shifts by one less first.
void VectorEmitter::shift_words_right(Xmm n, unsigned size, bool is_signed, bool rounds)
{
    bool const is_64_bit = size == 3;
    if (rounds) {
        ones(Xmm::Xmm2);
        code().vector(vex::kPxor, Xmm::Xmm2, Xmm::Xmm2, counts());
    } else {
        code().vector(vex::kPxor, Xmm::Xmm2, Xmm::Xmm2, Xmm::Xmm2);
        code().vector(vex::kPsub.of[size], Xmm::Xmm2, Xmm::Xmm2, counts());
    }
    code().vector(vex::kPand, Xmm::Xmm2, Xmm::Xmm2, constant(Constant::LowByteS, is_64_bit));
    signs_of(Xmm::Xmm0, n, size, is_signed);
    code().vector(vex::kPxor, Xmm::Xmm3, n, Xmm::Xmm0);
    code().vector(vex::shift_right_by_lanes(is_64_bit), Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm2);
    if (!rounds)
        return code().vector(vex::kPxor, Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm0);
    code().vector(vex::kPxor, Xmm::Xmm2, Xmm::Xmm3, Xmm::Xmm0);
    code().vector(vex::kPand, Xmm::Xmm2, Xmm::Xmm2, constant(Constant::IntegerOneS, is_64_bit));
    code().vector_shift(vex::kShiftGroup[size], vex::kShiftRight, Xmm::Xmm3, Xmm::Xmm3, 1);
    code().vector(vex::kPxor, Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm0);
    code().vector(vex::kPadd.of[size], Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm2);
}

// Lanes of 16 bits: multiplied by a power of two; the upper half of the product is what stays, and the highest bit of
// the lower one went last.
void VectorEmitter::shift_halves_right(Xmm n, bool is_signed, bool rounds)
{
    powers_of_two(Constant::PlacesRight);
    signs_of(Xmm::Xmm0, n, 1, is_signed);
    code().vector(vex::kPxor, Xmm::Xmm3, n, Xmm::Xmm0);
    if (!rounds) {
        code().vector(vex::kPmulhuw, Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm2);
        return code().vector(vex::kPxor, Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm0);
    }
    code().vector(vex::kPmullw, Xmm::Xmm0, Xmm::Xmm3, Xmm::Xmm2);
    code().vector(vex::kPmulhuw, Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm2);
    signs_of(Xmm::Xmm2, n, 1, is_signed);
    code().vector(vex::kPxor, Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm2);
    code().vector(vex::kPxor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm2);
    code().vector_shift(vex::kShiftGroup[1], vex::kShiftRight, Xmm::Xmm0, Xmm::Xmm0, 15);
    code().vector(vex::kPadd.of[1], Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm0);
}

// XMM2: 2 to the power of count + place in lanes of 16 bits, zero where that is none of theirs. `places`: for the lower
// and the upper byte of a lane. XMM0 is lost.
void VectorEmitter::powers_of_two(Constant places)
{
    code().vector(vex::kMovups, Xmm::Xmm2, counts());
    code().vector(vex::kPshufb, Xmm::Xmm2, Xmm::Xmm2, constant(Constant::LowBytesTwice));
    code().vector(vex::kPadd.of[0], Xmm::Xmm2, Xmm::Xmm2, constant(places));
    code().vector(vex::kPaddusb, Xmm::Xmm2, Xmm::Xmm2, constant(Constant::TableLimit));
    code().vector(vex::kMovups, Xmm::Xmm0, constant(Constant::PowersOfTwo));
    code().vector(vex::kPshufb, Xmm::Xmm2, Xmm::Xmm0, Xmm::Xmm2);
}

}
