// Permutations, pairs, and what goes across the lanes. [Arm DDI 0487, C4.1.97 "Advanced SIMD permute", "table lookup",
// "across lanes", "two-register miscellaneous"]
#include "engine/emulator/jit/vector_fields.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

bool VectorEmitter::emit_simd_permute()
{
    unsigned const d = rd_of(m_word);
    unsigned const size = lane_size_of(m_word);
    bool const q = is_whole(m_word);
    auto const n = [&] { return read(rn_of(m_word), Xmm::Xmm1); };
    auto const m = [&] { return read(rm_of(m_word), Xmm::Xmm2); };
    switch (m_instruction) {
    case Instruction::ZIP1: return three_same(vex::kPunpckl.of[size]);
    case Instruction::ZIP2: {
        Xmm const first = n();
        if (q)
            return three_same(vex::kPunpckh.of[size]);
        code().vector(vex::kPunpckl.of[size], Xmm::Xmm0, first, m());
        code().vector_shift(vex::kWholeRegister, vex::kShiftBytesRight, Xmm::Xmm0, Xmm::Xmm0, 8);
        break;
    }
    case Instruction::UZP1:
    case Instruction::UZP2: {
        Xmm const first = n();
        split(Xmm::Xmm0, Xmm::Xmm3, first, m(), size, q);
        if (m_instruction == Instruction::UZP2)
            code().vector(vex::kMovaps, Xmm::Xmm0, Xmm::Xmm3);
        break;
    }
    case Instruction::TRN1: transpose(false); return true;
    case Instruction::TRN2: transpose(true); return true;
    case Instruction::EXT: {
        auto const position = static_cast<uint8_t>(m_word >> 11 & 15);
        Xmm const first = n();
        if (q) {
            code().vector(vex::kPalignr, Xmm::Xmm0, m(), first, position);
        } else {
            code().vector(vex::kPunpcklqdq, Xmm::Xmm0, first, m());
            code().vector_shift(vex::kWholeRegister, vex::kShiftBytesRight, Xmm::Xmm0, Xmm::Xmm0, position);
        }
        break;
    }
    case Instruction::REV16_vector: return shuffle(Constant::Reverse16Bytes);
    case Instruction::REV32_vector: return shuffle(size == 0 ? Constant::Reverse32Bytes : Constant::Reverse32Halves);
    case Instruction::REV64:
        if (size < 2)
            return shuffle(size == 0 ? Constant::Reverse64Bytes : Constant::Reverse64Halves);
        code().vector(vex::kPshufd, Xmm::Xmm0, n(), 0xb1);
        break;
    case Instruction::TBL_1: table(1); return true;
    case Instruction::TBL_2: table(2); return true;
    case Instruction::TBL_3: table(3); return true;
    case Instruction::TBL_4: table(4); return true;
    case Instruction::TBX_1: table(1); return true;
    case Instruction::TBX_2: table(2); return true;
    case Instruction::TBX_3: table(3); return true;
    case Instruction::TBX_4: table(4); return true;
    case Instruction::ABS_vector:
    case Instruction::ABS_scalar: {
        Xmm const from = n();
        if (size < 3) {
            code().vector(vex::kPabs.of[size], Xmm::Xmm0, from);
            break;
        }
        signs_of(Xmm::Xmm2, from, 3, true);
        code().vector(vex::kPxor, Xmm::Xmm0, from, Xmm::Xmm2);
        code().vector(vex::kPsub.of[3], Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm2);
        break;
    }
    case Instruction::NEG_vector:
    case Instruction::NEG_scalar: {
        Xmm const from = n();
        code().vector(vex::kPxor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm0);
        code().vector(vex::kPsub.of[size], Xmm::Xmm0, Xmm::Xmm0, from);
        break;
    }
    default:
        return emit_simd_bits() || emit_simd_pairs() || emit_simd_across() || emit_simd_copy() || emit_simd_immediate();
    }
    written_vector(d, Xmm::Xmm0, q);
    return true;
}

bool VectorEmitter::shuffle(Constant order)
{
    code().vector(vex::kPshufb, Xmm::Xmm0, read(rn_of(m_word), Xmm::Xmm1), constant(order));
    written_vector(rd_of(m_word), Xmm::Xmm0, is_whole(m_word));
    return true;
}

// The even and the odd lanes of n, then those of m. Without q the lower halves of both count, and only the lower halves
// of the results. `even` and `odd` may be XMM1 and XMM2 neither.
void VectorEmitter::split(Xmm even, Xmm odd, Xmm n, Xmm m, unsigned size, bool q)
{
    if (!q) {
        code().vector(vex::kPunpcklqdq, Xmm::Xmm1, n, m);
        n = m = Xmm::Xmm1;
    }
    if (size == 3) {
        code().vector(vex::kPunpcklqdq, even, n, m);
        return code().vector(vex::kPunpckhqdq, odd, n, m);
    }
    if (size == 2) {
        code().vector(vex::kShufps, even, n, m, 0x88);
        return code().vector(vex::kShufps, odd, n, m, 0xdd);
    }
    Mem const order = constant(size == 0 ? Constant::SplitBytes : Constant::SplitHalves);
    code().vector(vex::kPshufb, Xmm::Xmm1, n, order);
    code().vector(vex::kPshufb, Xmm::Xmm2, m, order);
    code().vector(vex::kPunpcklqdq, even, Xmm::Xmm1, Xmm::Xmm2);
    code().vector(vex::kPunpckhqdq, odd, Xmm::Xmm1, Xmm::Xmm2);
}

// Even lanes of n and m in turn, or odd ones.
void VectorEmitter::transpose(bool second)
{
    unsigned const size = lane_size_of(m_word);
    Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
    Xmm const m = read(rm_of(m_word), Xmm::Xmm2);
    if (size == 3) {
        code().vector(second ? vex::kPunpckhqdq : vex::kPunpcklqdq, Xmm::Xmm0, n, m);
    } else {
        auto const bits = static_cast<uint8_t>(8u << size);
        // One of the two moves by a lane; its other lanes come from the other.
        code().vector_shift(
            vex::kShiftGroup[size + 1], second ? vex::kShiftRight : vex::kShiftLeft, Xmm::Xmm3, second ? n : m, bits);
        Xmm const lower = second ? Xmm::Xmm3 : n;
        Xmm const upper = second ? m : Xmm::Xmm3;
        if (size == 0) {
            code().vector(vex::kMovups, Xmm::Xmm0, constant(Constant::LowBytes));
            code().vector(vex::kPand, Xmm::Xmm1, Xmm::Xmm0, lower);
            code().vector(vex::kPandn, Xmm::Xmm2, Xmm::Xmm0, upper);
            code().vector(vex::kPor, Xmm::Xmm0, Xmm::Xmm1, Xmm::Xmm2);
        } else {
            code().vector(vex::kPblendw, Xmm::Xmm0, lower, upper, size == 1 ? 0xaa : 0xcc);
        }
    }
    written_vector(rd_of(m_word), Xmm::Xmm0, is_whole(m_word));
}

// The host takes four bits of an index and gives zero for those with bit 7: an addition that saturates sets it for
// everything that the table's register does not have.
void VectorEmitter::table(unsigned registers)
{
    code().vector(vex::kMovaps, Xmm::Xmm3, read(rm_of(m_word), Xmm::Xmm3));
    for (unsigned i = 0; i < registers; ++i) {
        Xmm const to = i == 0 ? Xmm::Xmm0 : Xmm::Xmm2;
        if (i != 0)
            code().vector(vex::kPsub.of[0], Xmm::Xmm3, Xmm::Xmm3, constant(Constant::Bytes16));
        code().vector(vex::kPaddusb, Xmm::Xmm2, Xmm::Xmm3, constant(Constant::TableLimit));
        code().vector(vex::kPshufb, to, read((rn_of(m_word) + i) & 31, Xmm::Xmm1), Xmm::Xmm2);
        if (i != 0)
            code().vector(vex::kPor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm2);
    }
    bool const keeps_others = m_word >> 12 & 1; // TBX
    if (keeps_others) {
        Xmm const indices = read(rm_of(m_word), Xmm::Xmm3);
        constant_lanes(Xmm::Xmm2, 16 * registers, 0);
        code().vector(vex::kPmaxu.of[0], Xmm::Xmm2, Xmm::Xmm2, indices);
        code().vector(vex::kPcmpeq.of[0], Xmm::Xmm3, Xmm::Xmm2, indices);
        code().vector_select(vex::kPblendvb, Xmm::Xmm0, Xmm::Xmm0, read(rd_of(m_word), Xmm::Xmm1), Xmm::Xmm3);
    }
    written_vector(rd_of(m_word), Xmm::Xmm0, is_whole(m_word));
}

bool VectorEmitter::emit_simd_pairs()
{
    unsigned const size = lane_size_of(m_word);
    VectorOpcode op {};
    switch (m_instruction) {
    case Instruction::ADDP_vector: op = vex::kPadd.of[size]; break;
    case Instruction::SMAXP: op = vex::kPmaxs.of[size]; break;
    case Instruction::UMAXP: op = vex::kPmaxu.of[size]; break;
    case Instruction::SMINP: op = vex::kPmins.of[size]; break;
    case Instruction::UMINP: op = vex::kPminu.of[size]; break;
    case Instruction::ADDP_scalar: {
        Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
        code().vector(vex::kPunpckhqdq, Xmm::Xmm0, n, n);
        code().vector(vex::kPadd.of[3], Xmm::Xmm0, Xmm::Xmm0, n);
        written_scalar(rd_of(m_word), Xmm::Xmm0, true);
        return true;
    }
    default: return false;
    }
    Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
    split(Xmm::Xmm0, Xmm::Xmm3, n, read(rm_of(m_word), Xmm::Xmm2), size, is_whole(m_word));
    code().vector(op, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm3);
    written_vector(rd_of(m_word), Xmm::Xmm0, is_whole(m_word));
    return true;
}

// Halves the register until one lane is left.
bool VectorEmitter::emit_simd_across()
{
    unsigned const size = lane_size_of(m_word);
    bool const q = is_whole(m_word);
    VectorOpcode op {};
    switch (m_instruction) {
    case Instruction::ADDV: op = vex::kPadd.of[size]; break;
    case Instruction::SMAXV: op = vex::kPmaxs.of[size]; break;
    case Instruction::UMAXV: op = vex::kPmaxu.of[size]; break;
    case Instruction::SMINV: op = vex::kPmins.of[size]; break;
    case Instruction::UMINV: op = vex::kPminu.of[size]; break;
    case Instruction::UADDLV: add_across_long(false); return true;
    case Instruction::SADDLV: add_across_long(true); return true;
    default: return false;
    }
    Xmm from = read(rn_of(m_word), Xmm::Xmm1);
    for (unsigned bytes = q ? 8 : 4; bytes >= 1u << size; bytes /= 2) {
        code().vector_shift(vex::kWholeRegister, vex::kShiftBytesRight, Xmm::Xmm2, from, static_cast<uint8_t>(bytes));
        code().vector(op, Xmm::Xmm0, from, Xmm::Xmm2);
        from = Xmm::Xmm0;
    }
    code().vector_and_general(vex::kMovdStore, from, Reg::Rax);
    code().zero_extend(1u << size, Reg::Rax, Reg::Rax);
    code().vector_from_general(vex::kMovd, Xmm::Xmm0, Reg::Rax);
    written(rd_of(m_word), Xmm::Xmm0);
    return true;
}

// Lanes that do not count are zero.
void VectorEmitter::add_across_long(bool is_signed)
{
    unsigned const size = lane_size_of(m_word);
    Xmm const n = read_lower(rn_of(m_word), is_whole(m_word), Xmm::Xmm1);
    auto const fold = [&](VectorOpcode add, uint8_t order) {
        code().vector(vex::kPshufd, Xmm::Xmm1, Xmm::Xmm0, order);
        code().vector(add, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm1);
    };
    constexpr uint8_t kUpperHalf = 0xee;
    constexpr uint8_t kSecond = 0x55;
    if (size == 0) { // unsigned by the host's sum; signed bytes have 128 more first
        code().vector(vex::kPxor, Xmm::Xmm2, Xmm::Xmm2, Xmm::Xmm2);
        if (is_signed)
            code().vector(vex::kPxor, Xmm::Xmm1, n, constant(Constant::SignBytes));
        code().vector(vex::kPsadbw, Xmm::Xmm0, is_signed ? Xmm::Xmm1 : n, Xmm::Xmm2);
        fold(vex::kPadd.of[3], kUpperHalf);
        code().vector_and_general(vex::kMovdStore, Xmm::Xmm0, Reg::Rax);
        if (is_signed)
            code().lea(Width::W32, Reg::Rax, { Reg::Rax, -16 * 128 });
        code().zero_extend(2, Reg::Rax, Reg::Rax);
        code().vector_from_general(vex::kMovd, Xmm::Xmm0, Reg::Rax);
        return written(rd_of(m_word), Xmm::Xmm0);
    }
    // Neighbours first, in lanes of twice the size.
    add_neighbours(n, size, is_signed);
    if (size == 1) {
        fold(vex::kPadd.of[2], kUpperHalf);
        fold(vex::kPadd.of[2], kSecond);
    } else {
        fold(vex::kPadd.of[3], kUpperHalf);
    }
    written_scalar(rd_of(m_word), Xmm::Xmm0, size == 2);
}

}
