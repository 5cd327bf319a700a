// Advanced SIMD arithmetic that saturates, and sets FPSR.QC then. [Arm DDI 0487, C4.1.97 "Advanced SIMD three same",
// "two-register miscellaneous", "shift by immediate"]
#include "engine/emulator/jit/vector_fields.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    uint64_t sign_bit(unsigned size)
    {
        return uint64_t { 1 } << ((8u << size) - 1);
    }

}

bool VectorEmitter::emit_simd_saturating()
{
    unsigned const size = lane_size_of(m_word);
    switch (m_instruction) {
    case Instruction::SQADD_vector:
    case Instruction::SQADD_scalar: saturating_sum(true, false); return true;
    case Instruction::SQSUB_vector:
    case Instruction::SQSUB_scalar: saturating_sum(true, true); return true;
    case Instruction::UQADD_vector:
    case Instruction::UQADD_scalar: saturating_sum(false, false); return true;
    case Instruction::UQSUB_vector:
    case Instruction::UQSUB_scalar: saturating_sum(false, true); return true;
    case Instruction::SQABS_vector:
    case Instruction::SQABS_scalar: saturating_negation(true); return true;
    case Instruction::SQNEG_vector:
    case Instruction::SQNEG_scalar: saturating_negation(false); return true;
    case Instruction::SQXTN_vector:
    case Instruction::SQXTN_scalar: narrow_saturating(size, true, true, 0, false); return true;
    case Instruction::UQXTN_vector:
    case Instruction::UQXTN_scalar: narrow_saturating(size, false, false, 0, false); return true;
    case Instruction::SQXTUN_vector:
    case Instruction::SQXTUN_scalar: narrow_saturating(size, true, false, 0, false); return true;
    default: return emit_simd_doubling();
    }
}

// Rn in lanes of this size; lanes that do not count are zero: all but one of scalar forms, the upper half without Q.
Xmm VectorEmitter::read_lanes(unsigned v, unsigned size, Xmm temporary)
{
    if (!is_scalar(m_word))
        return read_lower(v, m_word >> 30 & 1, temporary);
    Xmm const from = read_scalar(v, size == 3, temporary);
    if (size == 3) {
        code().vector(vex::kMovq, temporary, from);
    } else if (size == 2) {
        code().vector(vex::kInsertps, temporary, from, from, vex::kInsertLowestAlone);
    } else {
        code().vector_and_general(vex::kMovdStore, from, Reg::Rax);
        code().zero_extend(1u << size, Reg::Rax, Reg::Rax);
        code().vector_from_general(vex::kMovd, temporary, Reg::Rax);
    }
    return temporary;
}

// Sets FPSR.QC unless all bits are zero.
void VectorEmitter::note_saturation(Xmm bits)
{
    constexpr int32_t kCumulativeSaturation = 1 << 27;
    Label exact;
    code().vector(vex::kPtest, bits, bits);
    code().jump(Condition::E, exact);
    code().alu_memory(Alu::Or, Width::W32, CpuLayout::at(m_block.m_layout.fpsr), kCumulativeSaturation);
    code().bind(exact);
}

void VectorEmitter::saturating_sum(bool is_signed, bool subtracts)
{
    unsigned const size = lane_size_of(m_word);
    m_block.clobber_flags();
    Xmm const n = read_lanes(rn_of(m_word), size, Xmm::Xmm1);
    Xmm const m = read_lanes(rm_of(m_word), size, Xmm::Xmm2);
    saturate_sum(n, m, size, is_signed, subtracts);
    written(rd_of(m_word), Xmm::Xmm0);
}

// n + m or n - m, with QC, in XMM0. The host saturates lanes of 8 and 16 bits. XMM1 to XMM3 are lost.
void VectorEmitter::saturate_sum(Xmm n, Xmm m, unsigned size, bool is_signed, bool subtracts)
{
    VectorOpcode const wrapping = (subtracts ? vex::kPsub : vex::kPadd).of[size];
    if (size < 2) {
        vex::Sized const& saturating = is_signed ? (subtracts ? vex::kPsubs : vex::kPadds)
            : subtracts                          ? vex::kPsubus
                                                 : vex::kPaddus;
        code().vector(saturating.of[size], Xmm::Xmm0, n, m);
        code().vector(wrapping, Xmm::Xmm3, n, m);
        code().vector(vex::kPxor, Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm0);
        return note_saturation(Xmm::Xmm3);
    }
    bool const is_64_bit = size == 3;
    code().vector(wrapping, Xmm::Xmm0, n, m);
    if (is_signed) {
        // A sum overflows when its sign is neither operand's, a difference when n has neither's.
        code().vector(vex::kPxor, Xmm::Xmm3, n, subtracts ? m : Xmm::Xmm0);
        code().vector(vex::kPxor, Xmm::Xmm2, subtracts ? n : m, Xmm::Xmm0);
        code().vector(vex::kPand, Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm2);
        code().vector(vex::kPxor, Xmm::Xmm2, Xmm::Xmm2, Xmm::Xmm2);
        code().vector(vex::kPcmpgt.of[size], Xmm::Xmm2, Xmm::Xmm2, n);
        code().vector(vex::kPxor, Xmm::Xmm2, Xmm::Xmm2, constant(Constant::AbsoluteS, is_64_bit));
        code().vector_select(vex::blend_by_sign(is_64_bit), Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm2, Xmm::Xmm3);
        code().vector(vex::kPand, Xmm::Xmm3, Xmm::Xmm3, constant(Constant::SignS, is_64_bit));
        return note_saturation(Xmm::Xmm3);
    }
    // Unsigned: compared as signed numbers whose highest bits are inverted. n > n + m, or m > n.
    Mem const sign = constant(Constant::SignS, is_64_bit);
    code().vector(vex::kPxor, Xmm::Xmm3, subtracts ? m : n, sign);
    code().vector(vex::kPxor, Xmm::Xmm2, subtracts ? n : Xmm::Xmm0, sign);
    code().vector(vex::kPcmpgt.of[size], Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm2);
    if (subtracts)
        code().vector(vex::kPandn, Xmm::Xmm0, Xmm::Xmm3, Xmm::Xmm0);
    else
        code().vector(vex::kPor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm3);
    note_saturation(Xmm::Xmm3);
}

// The lowest number becomes the greatest.
void VectorEmitter::saturating_negation(bool absolute)
{
    unsigned const size = lane_size_of(m_word);
    m_block.clobber_flags();
    Xmm const n = read_lanes(rn_of(m_word), size, Xmm::Xmm1);
    code().vector(vex::kPxor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm0);
    if (absolute) {
        code().vector(vex::kPcmpgt.of[size], Xmm::Xmm3, Xmm::Xmm0, n);
        code().vector(vex::kPxor, Xmm::Xmm0, n, Xmm::Xmm3);
        code().vector(vex::kPsub.of[size], Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm3);
    } else {
        code().vector(vex::kPsub.of[size], Xmm::Xmm0, Xmm::Xmm0, n);
    }
    invert_lowest(size);
    written(rd_of(m_word), Xmm::Xmm0);
}

// In XMM0, where the lowest number stands for the greatest and one. XMM3 is lost.
void VectorEmitter::invert_lowest(unsigned size)
{
    constant_lanes(Xmm::Xmm3, sign_bit(size), size);
    code().vector(vex::kPcmpeq.of[size], Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm0);
    code().vector(vex::kPxor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm3);
    note_saturation(Xmm::Xmm3);
}

// Lanes of twice the size, shifted to the right first.
void VectorEmitter::narrow_saturating(unsigned size, bool from_signed, bool to_signed, unsigned count, bool rounds)
{
    m_block.clobber_flags();
    Xmm from = is_scalar(m_word) ? read_lanes(rn_of(m_word), size + 1, Xmm::Xmm1) : read(rn_of(m_word), Xmm::Xmm1);
    if (count != 0) {
        if (rounds) {
            shift_right(Xmm::Xmm0, from, size + 1, count - 1, from_signed);
            constant_lanes(Xmm::Xmm3, 1, size + 1);
            code().vector(vex::kPand, Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm0);
            code().vector(vex::kMovaps, Xmm::Xmm1, Xmm::Xmm3);
            shift_right(Xmm::Xmm0, Xmm::Xmm0, size + 1, 1, from_signed);
            code().vector(vex::kPadd.of[size + 1], Xmm::Xmm1, Xmm::Xmm1, Xmm::Xmm0);
        } else {
            shift_right(Xmm::Xmm0, from, size + 1, count, from_signed);
            code().vector(vex::kMovaps, Xmm::Xmm1, Xmm::Xmm0);
        }
        from = Xmm::Xmm1;
    }
    pack_saturating(from, size, from_signed, to_signed);
    // Saturated is what does not come back.
    code().vector((to_signed ? vex::kPmovsx : vex::kPmovzx).of[size], Xmm::Xmm3, Xmm::Xmm0);
    code().vector(vex::kPxor, Xmm::Xmm3, Xmm::Xmm3, from);
    note_saturation(Xmm::Xmm3);
    if (!is_whole(m_word))
        return written_vector(rd_of(m_word), Xmm::Xmm0, false);
    code().vector(vex::kPunpcklqdq, Xmm::Xmm0, read(rd_of(m_word), Xmm::Xmm2), Xmm::Xmm0);
    written(rd_of(m_word), Xmm::Xmm0);
}

// To the lower half of XMM0. The host packs signed lanes of 16 and 32 bits; unsigned ones are made small enough for it
// first. XMM2 and XMM3 are lost.
void VectorEmitter::pack_saturating(Xmm from, unsigned size, bool from_signed, bool to_signed)
{
    if (size < 2) {
        VectorOpcode const pack
            = to_signed ? (size == 0 ? vex::kPacksswb : vex::kPackssdw) : (size == 0 ? vex::kPackuswb : vex::kPackusdw);
        if (!from_signed) {
            code().vector(vex::kPminu.of[size + 1], Xmm::Xmm0, from,
                constant(size == 0 ? Constant::LowBytes : Constant::LowHalves));
            from = Xmm::Xmm0;
        }
        return code().vector(pack, Xmm::Xmm0, from, from);
    }
    // 64 bits: each limit in turn.
    auto const limit = [&](uint64_t value, bool is_upper) {
        constant_lanes(Xmm::Xmm2, value, 3);
        if (is_upper)
            code().vector(vex::kPcmpgt.of[3], Xmm::Xmm3, Xmm::Xmm0, Xmm::Xmm2);
        else
            code().vector(vex::kPcmpgt.of[3], Xmm::Xmm3, Xmm::Xmm2, Xmm::Xmm0);
        code().vector_select(vex::blend_by_sign(true), Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm2, Xmm::Xmm3);
    };
    code().vector(vex::kMovaps, Xmm::Xmm0, from);
    if (from_signed) {
        limit(to_signed ? 0x7fff'ffff : 0xffff'ffff, true);
        limit(to_signed ? ~uint64_t { 0x7fff'ffff } : 0, false);
    } else { // any bit above the lower half
        code().vector_shift(vex::kShiftGroup[3], vex::kShiftRight, Xmm::Xmm3, from, 32);
        code().vector(vex::kPxor, Xmm::Xmm2, Xmm::Xmm2, Xmm::Xmm2);
        code().vector(vex::kPcmpgt.of[3], Xmm::Xmm3, Xmm::Xmm3, Xmm::Xmm2);
        code().vector(vex::kPor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm3);
    }
    code().vector(vex::kPshufd, Xmm::Xmm0, Xmm::Xmm0, 0x08);
}

}
