// Single lanes, and immediates. [Arm DDI 0487, C4.1.97 "Advanced SIMD copy", "Advanced SIMD modified immediate"]
#include "base/bits.h"
#include "engine/emulator/jit/vector_fields.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

#include <bit>

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    // [Arm DDI 0487, shared/functions/vector, AdvSIMDExpandImm]
    uint64_t expand_immediate(uint32_t word)
    {
        bool const op = word >> 29 & 1;
        unsigned const mode = word >> 12 & 15;
        uint64_t const imm8 = (word >> 16 & 7) << 5 | (word >> 5 & 31);
        constexpr uint64_t kWords = 0x0000'0001'0000'0001;
        constexpr uint64_t kHalves = 0x0001'0001'0001'0001;
        if (mode < 8)
            return (imm8 << (8 * (mode >> 1))) * kWords;
        if (mode < 12)
            return (imm8 << (8 * (mode >> 1 & 1))) * kHalves;
        if (mode < 14)
            return mode == 12 ? (imm8 << 8 | 0xff) * kWords : (imm8 << 16 | 0xffff) * kWords;
        if (mode == 14 && !op)
            return imm8 * 0x0101'0101'0101'0101;
        if (mode == 14) {
            uint64_t value = 0;
            for (unsigned bit = 0; bit < 8; ++bit)
                value |= imm8 >> bit & 1 ? uint64_t { 0xff } << 8 * bit : 0;
            return value;
        }
        uint64_t const sign = imm8 >> 7;
        uint64_t const top = imm8 >> 6 & 1;
        if (op)
            return sign << 63 | (top ? uint64_t { 0xff } << 54 : uint64_t { 1 } << 62) | (imm8 & 63) << 48;
        return (sign << 31 | (top ? uint64_t { 0x1f } << 25 : uint64_t { 1 } << 30) | (imm8 & 63) << 19) * kWords;
    }

}

bool VectorEmitter::emit_simd_copy()
{
    unsigned const d = rd_of(m_word);
    unsigned const imm5 = m_word >> 16 & 31;
    bool const q = is_whole(m_word);
    if (imm5 == 0)
        return false;
    auto const size = static_cast<unsigned>(std::countr_zero(imm5));
    unsigned const lane = imm5 >> (size + 1);
    if (size > 3)
        return false;
    switch (m_instruction) {
    case Instruction::DUP_element_vector: {
        Xmm const from = lane_everywhere(Xmm::Xmm0, rn_of(m_word), size, lane);
        written_vector(d, from, q);
        return true;
    }
    case Instruction::DUP_element_scalar: {
        Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
        code().vector_and_general(vex::kPextr.of[size], n, Reg::Rax, static_cast<uint8_t>(lane));
        code().vector_from_general(vex::kMovq64, Xmm::Xmm0, Reg::Rax);
        written(d, Xmm::Xmm0);
        return true;
    }
    case Instruction::DUP_general: {
        Reg const from = m_block.read(rn_of(m_word), Reg::Rax);
        code().vector_from_general(size == 3 ? vex::kMovq64 : vex::kMovd, Xmm::Xmm0, from);
        code().vector(vex::kPbroadcast.of[size], Xmm::Xmm0, Xmm::Xmm0);
        written_vector(d, Xmm::Xmm0, q);
        return true;
    }
    case Instruction::INS_general: {
        Reg const from = m_block.read(rn_of(m_word), Reg::Rax);
        Xmm const old = read(d, Xmm::Xmm0);
        code().vector_from_general(vex::kPinsr.of[size], Xmm::Xmm0, old, from, static_cast<uint8_t>(lane));
        written(d, Xmm::Xmm0);
        return true;
    }
    case Instruction::INS_element: {
        unsigned const source = (m_word >> 11 & 15) >> size;
        Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
        Xmm const old = read(d, Xmm::Xmm2);
        if (size == 2) {
            code().vector(vex::kInsertps, Xmm::Xmm0, old, n, static_cast<uint8_t>(source << 6 | lane << 4));
        } else if (size == 3) {
            // Two lanes, each from one of the operands.
            if (lane == 0)
                code().vector(vex::kShufpd, Xmm::Xmm0, n, old, static_cast<uint8_t>(source | 2));
            else
                code().vector(vex::kShufpd, Xmm::Xmm0, old, n, static_cast<uint8_t>(source << 1));
        } else {
            code().vector_and_general(vex::kPextr.of[size], n, Reg::Rax, static_cast<uint8_t>(source));
            code().vector_from_general(vex::kPinsr.of[size], Xmm::Xmm0, old, Reg::Rax, static_cast<uint8_t>(lane));
        }
        written(d, Xmm::Xmm0);
        return true;
    }
    case Instruction::UMOV:
    case Instruction::SMOV: {
        Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
        Reg const to = d == kZero ? Reg::Rax : m_block.destination(d);
        if (lane == 0 && size >= 2)
            code().vector_and_general(size == 3 ? vex::kMovq64Store : vex::kMovdStore, n, to);
        else
            code().vector_and_general(vex::kPextr.of[size], n, to, static_cast<uint8_t>(lane));
        if (m_instruction == Instruction::SMOV)
            code().sign_extend(1u << size, q ? Width::W64 : Width::W32, to, to);
        m_block.written(d, to);
        return true;
    }
    default: return false;
    }
}

bool VectorEmitter::emit_simd_immediate()
{
    unsigned const d = rd_of(m_word);
    bool const q = is_whole(m_word);
    uint64_t value = expand_immediate(m_word);
    bool combines = false;
    bool clears = false;
    switch (m_instruction) {
    case Instruction::MOVI_S:
    case Instruction::MOVI_H:
    case Instruction::MOVI_ones:
    case Instruction::MOVI_B:
    case Instruction::MOVI_D_scalar:
    case Instruction::MOVI_D_vector:
    case Instruction::FMOV_immediate_vector_S:
    case Instruction::FMOV_immediate_vector_D: break;
    case Instruction::MVNI_S:
    case Instruction::MVNI_H:
    case Instruction::MVNI_ones: value = ~value; break;
    case Instruction::ORR_immediate_S:
    case Instruction::ORR_immediate_H: combines = true; break;
    case Instruction::BIC_immediate_S:
    case Instruction::BIC_immediate_H: combines = clears = true; break;
    default: return false;
    }
    Xmm const to = combines ? Xmm::Xmm0 : destination(d);
    if (value == 0) {
        code().vector(vex::kPxor, to, to, to);
    } else if (value == ~uint64_t { 0 } && q) {
        ones(to);
    } else {
        code().mov(Reg::Rax, value);
        code().vector_from_general(vex::kMovq64, to, Reg::Rax);
        if (q)
            code().vector(vex::kPunpcklqdq, to, to, to);
    }
    if (!combines) {
        written(d, to);
        return true;
    }
    code().vector(clears ? vex::kPandn : vex::kPor, Xmm::Xmm0, Xmm::Xmm0, read(d, Xmm::Xmm1));
    written_vector(d, Xmm::Xmm0, q);
    return true;
}

}
