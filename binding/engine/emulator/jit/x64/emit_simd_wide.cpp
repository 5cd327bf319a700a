// Lanes of two sizes, and multiplication by element. [Arm DDI 0487, C4.1.97 "Advanced SIMD three different", "Advanced
// SIMD vector x indexed element"]
#include "engine/emulator/jit/vector_fields.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    bool is_unsigned(uint32_t word)
    {
        return word >> 29 & 1;
    }

}

// The lower or upper half in lanes of twice the size.
Xmm VectorEmitter::widened(Xmm from, unsigned size, bool is_signed, bool upper, Xmm to)
{
    if (upper) {
        code().vector(vex::kPunpckhqdq, to, from, from);
        from = to;
    }
    code().vector((is_signed ? vex::kPmovsx : vex::kPmovzx).of[size], to, from);
    return to;
}

// The lower halves of the lanes in XMM0, to the destination's lower half, or its upper when Q is set. XMM1 is lost.
void VectorEmitter::narrowed(unsigned size)
{
    if (size == 2) {
        code().vector(vex::kPshufd, Xmm::Xmm0, Xmm::Xmm0, 0x08);
    } else {
        code().vector(vex::kPand, Xmm::Xmm0, Xmm::Xmm0, constant(size == 0 ? Constant::LowBytes : Constant::LowHalves));
        code().vector(size == 0 ? vex::kPackuswb : vex::kPackusdw, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm0);
    }
    if (!is_whole(m_word))
        return written_vector(rd_of(m_word), Xmm::Xmm0, false);
    code().vector(vex::kPunpcklqdq, Xmm::Xmm0, read(rd_of(m_word), Xmm::Xmm1), Xmm::Xmm0);
    written(rd_of(m_word), Xmm::Xmm0);
}

// XMM3 is lost. `to` is neither.
void VectorEmitter::multiply_long(Xmm to, Xmm n, Xmm m, unsigned size, bool is_signed, bool upper)
{
    if (size == 0) {
        widened(m, 0, is_signed, upper, Xmm::Xmm3);
        widened(n, 0, is_signed, upper, to);
        code().vector(vex::kPmullw, to, to, Xmm::Xmm3);
    } else if (size == 1) {
        code().vector(is_signed ? vex::kPmulhw : vex::kPmulhuw, Xmm::Xmm3, n, m);
        code().vector(vex::kPmullw, to, n, m);
        code().vector((upper ? vex::kPunpckh : vex::kPunpckl).of[1], to, to, Xmm::Xmm3);
    } else {
        uint8_t const order = upper ? 0xfa : 0x50;
        code().vector(vex::kPshufd, Xmm::Xmm3, m, order);
        code().vector(vex::kPshufd, to, n, order);
        code().vector(is_signed ? vex::kPmuldq : vex::kPmuludq, to, to, Xmm::Xmm3);
    }
}

bool VectorEmitter::emit_simd_wide()
{
    unsigned const d = rd_of(m_word);
    unsigned const size = lane_size_of(m_word);
    bool const upper = is_whole(m_word);
    bool const is_signed = !is_unsigned(m_word);
    auto const n = [&] { return read(rn_of(m_word), Xmm::Xmm1); };
    auto const m = [&] { return read(rm_of(m_word), Xmm::Xmm2); };
    auto const wide_add = vex::kPadd.of[(size + 1) & 3];
    auto const wide_sub = vex::kPsub.of[(size + 1) & 3];
    switch (m_instruction) {
    case Instruction::SADDL:
    case Instruction::UADDL:
    case Instruction::SSUBL:
    case Instruction::USUBL: {
        bool const subtracts = m_word >> 13 & 1;
        widened(m(), size, is_signed, upper, Xmm::Xmm3);
        widened(n(), size, is_signed, upper, Xmm::Xmm0);
        code().vector(subtracts ? wide_sub : wide_add, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm3);
        break;
    }
    case Instruction::SADDW:
    case Instruction::UADDW:
    case Instruction::SSUBW:
    case Instruction::USUBW: {
        bool const subtracts = m_word >> 13 & 1;
        widened(m(), size, is_signed, upper, Xmm::Xmm3);
        code().vector(subtracts ? wide_sub : wide_add, Xmm::Xmm0, n(), Xmm::Xmm3);
        break;
    }
    case Instruction::SABDL:
    case Instruction::UABDL:
    case Instruction::SABAL:
    case Instruction::UABAL: {
        Xmm const first = n();
        difference(Xmm::Xmm0, first, m(), size, is_signed);
        widened(Xmm::Xmm0, size, false, upper, Xmm::Xmm0);
        if (m_instruction == Instruction::SABAL || m_instruction == Instruction::UABAL)
            code().vector(wide_add, Xmm::Xmm0, Xmm::Xmm0, read(d, Xmm::Xmm1));
        break;
    }
    case Instruction::SMULL_vector:
    case Instruction::UMULL_vector:
    case Instruction::SMLAL_vector:
    case Instruction::UMLAL_vector:
    case Instruction::SMLSL_vector:
    case Instruction::UMLSL_vector: {
        Xmm const first = n();
        multiply_long(Xmm::Xmm0, first, m(), size, is_signed, upper);
        bool const multiplies_only = m_word >> 14 & 1;
        bool const subtracts = m_word >> 13 & 1;
        if (!multiplies_only)
            code().vector(subtracts ? wide_sub : wide_add, Xmm::Xmm0, read(d, Xmm::Xmm1), Xmm::Xmm0);
        break;
    }
    case Instruction::ADDHN:
    case Instruction::SUBHN:
    case Instruction::RADDHN:
    case Instruction::RSUBHN: {
        bool const subtracts = m_word >> 13 & 1;
        Xmm const first = n();
        code().vector(subtracts ? wide_sub : wide_add, Xmm::Xmm0, first, m());
        bool const rounds = m_word >> 29 & 1;
        if (rounds) {
            constant_lanes(Xmm::Xmm1, uint64_t { 1 } << ((8u << size) - 1), size + 1);
            code().vector(wide_add, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm1);
        }
        shift_right(Xmm::Xmm0, Xmm::Xmm0, size + 1, 8u << size, false);
        narrowed(size);
        return true;
    }
    case Instruction::XTN:
        code().vector(vex::kMovaps, Xmm::Xmm0, n());
        narrowed(size);
        return true;
    case Instruction::SHLL:
        widened(n(), size, false, upper, Xmm::Xmm0);
        shift_left(Xmm::Xmm0, Xmm::Xmm0, size + 1, 8u << size);
        break;
    case Instruction::SADDLP:
    case Instruction::UADDLP:
    case Instruction::SADALP:
    case Instruction::UADALP: add_pairs_long(is_signed, m_word >> 14 & 1); return true;
    case Instruction::SDOT_vector:
    case Instruction::UDOT_vector: dot_product(m(), is_signed); return true;
    default: return emit_simd_by_element();
    }
    written(d, Xmm::Xmm0);
    return true;
}

void VectorEmitter::add_pairs_long(bool is_signed, bool accumulates)
{
    unsigned const size = lane_size_of(m_word);
    add_neighbours(read(rn_of(m_word), Xmm::Xmm1), size, is_signed);
    if (accumulates)
        code().vector(vex::kPadd.of[size + 1], Xmm::Xmm0, Xmm::Xmm0, read(rd_of(m_word), Xmm::Xmm1));
    written_vector(rd_of(m_word), Xmm::Xmm0, is_whole(m_word));
}

// Sums of neighbours in lanes of twice the size, to XMM0. XMM3 is lost.
void VectorEmitter::add_neighbours(Xmm n, unsigned size, bool is_signed)
{
    constexpr uint8_t kEven = 0x08;
    constexpr uint8_t kOdd = 0x0d;
    if (size == 0 && is_signed) { // the host takes the first operand as unsigned, the second as signed
        code().vector(vex::kMovups, Xmm::Xmm0, constant(Constant::BytesOne));
        code().vector(vex::kPmaddubsw, Xmm::Xmm0, Xmm::Xmm0, n);
    } else if (size == 0) {
        code().vector(vex::kPmaddubsw, Xmm::Xmm0, n, constant(Constant::BytesOne));
    } else if (size == 1 && is_signed) {
        code().vector(vex::kPmaddwd, Xmm::Xmm0, n, constant(Constant::HalvesOne));
    } else if (is_signed) {
        code().vector(vex::kPshufd, Xmm::Xmm0, n, kEven);
        code().vector(vex::kPshufd, Xmm::Xmm3, n, kOdd);
        code().vector(vex::kPmovsx.of[2], Xmm::Xmm0, Xmm::Xmm0);
        code().vector(vex::kPmovsx.of[2], Xmm::Xmm3, Xmm::Xmm3);
        code().vector(vex::kPadd.of[3], Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm3);
    } else {
        auto const bits = static_cast<uint8_t>(8u << size);
        code().vector_shift(vex::kShiftGroup[size + 1], vex::kShiftRight, Xmm::Xmm0, n, bits);
        code().vector_shift(vex::kShiftGroup[size + 1], vex::kShiftLeft, Xmm::Xmm3, n, bits);
        code().vector_shift(vex::kShiftGroup[size + 1], vex::kShiftRight, Xmm::Xmm3, Xmm::Xmm3, bits);
        code().vector(vex::kPadd.of[size + 1], Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm3);
    }
}

// Products of bytes in lanes of 16 bits, summed twice. XMM1 to XMM3 are lost.
void VectorEmitter::dot_product(Xmm m, bool is_signed)
{
    if (m_features.dot_product)
        return dot_product_at_once(m, is_signed);
    Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
    widened(m, 0, is_signed, false, Xmm::Xmm3);
    widened(n, 0, is_signed, false, Xmm::Xmm0);
    code().vector(vex::kPmaddwd, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm3);
    widened(m, 0, is_signed, true, Xmm::Xmm3);
    widened(n, 0, is_signed, true, Xmm::Xmm1);
    code().vector(vex::kPmaddwd, Xmm::Xmm1, Xmm::Xmm1, Xmm::Xmm3);
    code().vector(vex::kPhaddd, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm1);
    code().vector(vex::kPadd.of[2], Xmm::Xmm0, Xmm::Xmm0, read(rd_of(m_word), Xmm::Xmm1));
    written_vector(rd_of(m_word), Xmm::Xmm0, is_whole(m_word));
}

// The host's takes one operand as unsigned and one as signed: inverting the highest bit makes one of the other and adds
// or takes 128 times the sum of the other operand's bytes, which is taken back.
void VectorEmitter::dot_product_at_once(Xmm m, bool is_signed)
{
    Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
    code().vector(vex::kMovups, Xmm::Xmm3, constant(Constant::SignBytes));
    code().vector(vex::kMovaps, Xmm::Xmm0, read(rd_of(m_word), Xmm::Xmm0));
    // 128 unsigned by m, or n by -128 signed.
    if (is_signed) {
        code().vector(vex::kPxor, Xmm::Xmm1, n, Xmm::Xmm3);
        code().vector(vex::kPdpbusd, Xmm::Xmm0, Xmm::Xmm1, m);
        code().vector(vex::kPxor, Xmm::Xmm1, Xmm::Xmm1, Xmm::Xmm1);
        code().vector(vex::kPdpbusd, Xmm::Xmm1, Xmm::Xmm3, m);
    } else {
        code().vector(vex::kPxor, Xmm::Xmm2, m, Xmm::Xmm3);
        code().vector(vex::kPdpbusd, Xmm::Xmm0, n, Xmm::Xmm2);
        code().vector(vex::kPxor, Xmm::Xmm2, Xmm::Xmm2, Xmm::Xmm2);
        code().vector(vex::kPdpbusd, Xmm::Xmm2, n, Xmm::Xmm3);
    }
    code().vector(vex::kPsub.of[2], Xmm::Xmm0, Xmm::Xmm0, is_signed ? Xmm::Xmm1 : Xmm::Xmm2);
    written_vector(rd_of(m_word), Xmm::Xmm0, is_whole(m_word));
}

Xmm VectorEmitter::lane_everywhere(Xmm to, unsigned v, unsigned size, unsigned lane)
{
    Xmm from = read(v, to);
    if (size >= 2) {
        uint8_t const order = size == 2 ? static_cast<uint8_t>(lane * 0x55) : lane ? 0xee : 0x44;
        code().vector(vex::kPshufd, to, from, order);
        return to;
    }
    if (lane != 0) {
        code().vector_shift(vex::kWholeRegister, vex::kShiftBytesRight, to, from, static_cast<uint8_t>(lane << size));
        from = to;
    }
    code().vector(vex::kPbroadcast.of[size], to, from);
    return to;
}

// Lanes of 16 bits have one bit more of the number, and so one less of the register.
unsigned VectorEmitter::element_index(unsigned size) const
{
    unsigned const h = m_word >> 11 & 1;
    unsigned const l = m_word >> 21 & 1;
    return size == 1 ? h << 2 | l << 1 | (m_word >> 20 & 1) : h << 1 | l;
}

unsigned VectorEmitter::element_register(unsigned size) const
{
    return size == 1 ? rm_of(m_word) & 15 : rm_of(m_word);
}

bool VectorEmitter::emit_simd_by_element()
{
    unsigned const size = lane_size_of(m_word);
    unsigned const lane = element_index(size);
    unsigned const rm = element_register(size);
    bool const is_signed = !is_unsigned(m_word);
    switch (m_instruction) {
    case Instruction::MUL_element_H:
    case Instruction::MUL_element_S: {
        Xmm const m = lane_everywhere(Xmm::Xmm2, rm, size, lane);
        multiply(Xmm::Xmm0, read(rn_of(m_word), Xmm::Xmm1), m, size);
        written_vector(rd_of(m_word), Xmm::Xmm0, is_whole(m_word));
        return true;
    }
    case Instruction::MLA_element_H:
    case Instruction::MLA_element_S:
    case Instruction::MLS_element_H:
    case Instruction::MLS_element_S: multiply_accumulate(lane_everywhere(Xmm::Xmm2, rm, size, lane), size); return true;
    case Instruction::SMULL_element_H:
    case Instruction::SMULL_element_S:
    case Instruction::UMULL_element_H:
    case Instruction::UMULL_element_S:
    case Instruction::SMLAL_element_H:
    case Instruction::SMLAL_element_S:
    case Instruction::UMLAL_element_H:
    case Instruction::UMLAL_element_S:
    case Instruction::SMLSL_element_H:
    case Instruction::SMLSL_element_S:
    case Instruction::UMLSL_element_H:
    case Instruction::UMLSL_element_S: {
        Xmm const m = lane_everywhere(Xmm::Xmm2, rm, size, lane);
        multiply_long(Xmm::Xmm0, read(rn_of(m_word), Xmm::Xmm1), m, size, is_signed, is_whole(m_word));
        bool const multiplies_only = m_word >> 15 & 1;
        bool const subtracts = m_word >> 14 & 1;
        if (!multiplies_only)
            code().vector((subtracts ? vex::kPsub : vex::kPadd).of[size + 1], Xmm::Xmm0, read(rd_of(m_word), Xmm::Xmm1),
                Xmm::Xmm0);
        written(rd_of(m_word), Xmm::Xmm0);
        return true;
    }
    case Instruction::SDOT_element:
    case Instruction::UDOT_element:
        dot_product(lane_everywhere(Xmm::Xmm2, rm_of(m_word), 2, element_index(2)), is_signed);
        return true;
    default: return false;
    }
}

}
