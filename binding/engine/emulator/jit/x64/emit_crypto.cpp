// Cryptographic instructions and checksums. [Arm DDI 0487, C4.1.97 "Cryptographic AES", "Cryptographic three-register
// SHA", "Cryptographic two-register SHA"]
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

bool VectorEmitter::emit_crypto()
{
    if (m_index != 0 && m_done_with == m_index)
        return true;
    switch (m_instruction) {
    case Instruction::AESE:
        if (m_features.aes)
            aes_round(vex::kAesenclast, vex::kAesenc, Instruction::AESMC);
        return m_features.aes;
    case Instruction::AESD:
        if (m_features.aes)
            aes_round(vex::kAesdeclast, vex::kAesdec, Instruction::AESIMC);
        return m_features.aes;
    case Instruction::AESMC:
        if (!m_features.aes)
            return false;
        // The last decryption round takes back what an encryption round does before it mixes the columns.
        code().vector(vex::kPxor, Xmm::Xmm2, Xmm::Xmm2, Xmm::Xmm2);
        code().vector(vex::kAesdeclast, Xmm::Xmm0, read(rn_of(m_word), Xmm::Xmm1), Xmm::Xmm2);
        code().vector(vex::kAesenc, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm2);
        written(rd_of(m_word), Xmm::Xmm0);
        return true;
    case Instruction::AESIMC:
        if (!m_features.aes)
            return false;
        code().vector(vex::kAesimc, Xmm::Xmm0, read(rn_of(m_word), Xmm::Xmm1));
        written(rd_of(m_word), Xmm::Xmm0);
        return true;
    case Instruction::PMULL_1Q: {
        if (!m_features.polynomial)
            return false;
        Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
        code().vector(vex::kPclmulqdq, Xmm::Xmm0, n, read(rm_of(m_word), Xmm::Xmm2), m_word >> 30 & 1 ? 0x11 : 0);
        written(rd_of(m_word), Xmm::Xmm0);
        return true;
    }
    case Instruction::SHA256H:
        if (m_features.sha)
            sha256_rounds(false);
        return m_features.sha;
    case Instruction::SHA256H2:
        if (m_features.sha)
            sha256_rounds(true);
        return m_features.sha;
    case Instruction::SHA1C:
        if (m_features.sha)
            sha1_rounds(0, Constant::Sha1K0);
        return m_features.sha;
    case Instruction::SHA1P:
        if (m_features.sha)
            sha1_rounds(1, Constant::Sha1K1);
        return m_features.sha;
    case Instruction::SHA1M:
        if (m_features.sha)
            sha1_rounds(2, Constant::Sha1K2);
        return m_features.sha;
    default: return emit_sha_schedule();
    }
}

// The guest adds the key before the round, the host afterwards. A round and the mixing of columns behind it are one
// instruction of the host.
void VectorEmitter::aes_round(VectorOpcode last, VectorOpcode whole, Instruction mix)
{
    unsigned const d = rd_of(m_word);
    bool mixes = false;
    if (m_index + 1 < m_block.m_instructions.size()) {
        DecodedInstruction const& next = m_block.m_instructions[m_index + 1];
        mixes = next.instruction == mix && rd_of(next.word) == d && rn_of(next.word) == d;
    }
    code().vector(vex::kPxor, Xmm::Xmm0, read(d, Xmm::Xmm0), read(rn_of(m_word), Xmm::Xmm1));
    code().vector(vex::kPxor, Xmm::Xmm2, Xmm::Xmm2, Xmm::Xmm2);
    code().vector(mixes ? whole : last, destination(d), Xmm::Xmm0, Xmm::Xmm2);
    written(d, destination(d));
    if (mixes)
        m_done_with = m_index + 1;
}

// The host keeps A, B, E, F in one register and C, D, G, H in the other, from the top, and does two rounds at a time,
// after which the old A, B, E, F are the new C, D, G, H. [Intel SDM, volume 2, SHA256RNDS2]
void VectorEmitter::sha256_rounds(bool second_half)
{
    constexpr uint8_t kLower = 0x11; // lanes 1, 0 of the one, then of the other
    constexpr uint8_t kUpper = 0xbb; // lanes 3, 2
    constexpr uint8_t kTwoRounds = 0xcb;
    unsigned const d = rd_of(m_word);
    unsigned const n = rn_of(m_word);
    Xmm const abcd = read(second_half ? n : d, Xmm::Xmm2);
    Xmm const efgh = read(second_half ? d : n, Xmm::Xmm3);
    code().vector(vex::kShufps, Xmm::Xmm1, efgh, abcd, kUpper);
    code().vector(vex::kShufps, Xmm::Xmm2, efgh, abcd, kLower);
    code().vector(vex::kMovaps, Xmm::Xmm0, read(rm_of(m_word), Xmm::Xmm0));
    code().sha(kTwoRounds, Xmm::Xmm1, Xmm::Xmm2);
    code().vector_shift(vex::kWholeRegister, vex::kShiftBytesRight, Xmm::Xmm0, Xmm::Xmm0, 8);
    code().sha(kTwoRounds, Xmm::Xmm2, Xmm::Xmm1);
    code().vector(vex::kShufps, Xmm::Xmm0, Xmm::Xmm2, Xmm::Xmm1, second_half ? kLower : kUpper);
    written(d, Xmm::Xmm0);
}

// The host has the lanes the other way round, and adds the constant of the rounds, which the guest's words have
// already.
void VectorEmitter::sha1_rounds(uint8_t function, Constant k)
{
    constexpr uint8_t kReversed = 0x1b;
    constexpr uint8_t kLowestAlone = 0x0e;
    unsigned const d = rd_of(m_word);
    Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
    code().vector(vex::kInsertps, Xmm::Xmm1, n, n, kLowestAlone);
    code().vector(vex::kPsub.of[2], Xmm::Xmm0, read(rm_of(m_word), Xmm::Xmm2), constant(k));
    code().vector(vex::kPadd.of[2], Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm1);
    code().vector(vex::kPshufd, Xmm::Xmm1, Xmm::Xmm0, kReversed);
    code().vector(vex::kPshufd, Xmm::Xmm0, read(d, Xmm::Xmm2), kReversed);
    code().sha_rounds(Xmm::Xmm0, Xmm::Xmm1, function);
    code().vector(vex::kPshufd, Xmm::Xmm0, Xmm::Xmm0, kReversed);
    written(d, Xmm::Xmm0);
}

bool VectorEmitter::emit_sha_schedule()
{
    constexpr uint8_t kSha256Message1 = 0xcc;
    constexpr uint8_t kSha256Message2 = 0xcd;
    unsigned const d = rd_of(m_word);
    auto const rotate = [&](Xmm to, Xmm from, uint8_t left) { // XMM3 is lost
        code().vector_shift(vex::kShiftGroup[2], vex::kShiftRight, Xmm::Xmm3, from, static_cast<uint8_t>(32 - left));
        code().vector_shift(vex::kShiftGroup[2], vex::kShiftLeft, to, from, left);
        code().vector(vex::kPor, to, to, Xmm::Xmm3);
    };
    switch (m_instruction) {
    case Instruction::SHA256SU0: {
        if (!m_features.sha)
            return false;
        Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
        code().vector(vex::kMovaps, Xmm::Xmm0, read(d, Xmm::Xmm0));
        code().sha(kSha256Message1, Xmm::Xmm0, n);
        break;
    }
    case Instruction::SHA256SU1: {
        if (!m_features.sha)
            return false;
        Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
        Xmm const m = read(rm_of(m_word), Xmm::Xmm2);
        code().vector(vex::kPalignr, Xmm::Xmm0, m, n, 4);
        code().vector(vex::kPadd.of[2], Xmm::Xmm0, Xmm::Xmm0, read(d, Xmm::Xmm3));
        code().sha(kSha256Message2, Xmm::Xmm0, m);
        break;
    }
    case Instruction::SHA1H: {
        rotate(Xmm::Xmm0, read(rn_of(m_word), Xmm::Xmm1), 30);
        written_scalar(d, Xmm::Xmm0, false);
        return true;
    }
    case Instruction::SHA1SU0: {
        Xmm const old = read(d, Xmm::Xmm2);
        code().vector(vex::kPalignr, Xmm::Xmm0, read(rn_of(m_word), Xmm::Xmm1), old, 8);
        code().vector(vex::kPxor, Xmm::Xmm0, Xmm::Xmm0, old);
        code().vector(vex::kPxor, Xmm::Xmm0, Xmm::Xmm0, read(rm_of(m_word), Xmm::Xmm1));
        break;
    }
    case Instruction::SHA1SU1: {
        Xmm const n = read(rn_of(m_word), Xmm::Xmm1);
        code().vector_shift(vex::kWholeRegister, vex::kShiftBytesRight, Xmm::Xmm0, n, 4);
        code().vector(vex::kPxor, Xmm::Xmm0, Xmm::Xmm0, read(d, Xmm::Xmm1));
        rotate(Xmm::Xmm0, Xmm::Xmm0, 1);
        rotate(Xmm::Xmm1, Xmm::Xmm0, 1);
        code().vector_shift(vex::kWholeRegister, vex::kShiftBytesLeft, Xmm::Xmm1, Xmm::Xmm1, 12);
        code().vector(vex::kPxor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm1);
        break;
    }
    default: return false;
    }
    written(d, Xmm::Xmm0);
    return true;
}

bool VectorEmitter::emit_crc32(unsigned index)
{
    DecodedInstruction const& decoded = m_block.m_instructions[index];
    unsigned const bytes = 1u << (decoded.word >> 10 & 3);
    switch (decoded.instruction) {
    case Instruction::CRC32B:
    case Instruction::CRC32H:
    case Instruction::CRC32W:
    case Instruction::CRC32X:
        if (m_features.polynomial)
            crc32_by_polynomials(index, bytes);
        return m_features.polynomial;
    case Instruction::CRC32CB:
    case Instruction::CRC32CH:
    case Instruction::CRC32CW:
    case Instruction::CRC32CX: break;
    default: return false;
    }
    if (!m_features.crc32)
        return false;
    Reg const value = m_block.read(rm_of(decoded.word), Reg::Rcx);
    Reg const accumulator = m_block.read(rn_of(decoded.word), Reg::Rax);
    code().mov(Width::W32, Reg::Rax, accumulator);
    code().crc32(bytes, Reg::Rax, value);
    m_block.written(rd_of(decoded.word), Reg::Rax);
    return true;
}

// CRC-32 of IEEE 802.3, which the host has no instruction for. With bits reflected, as here, the lowest bit of the
// polynomial P stands for its highest power, so P has an inverse modulo x^64: x * P^-1 modulo x^64, times P, is x in
// the lower 64 bits, and the rest of dividing x by P above. The constant holds P^-1 and P. Data of less than 64 bits go
// to the top; what of the old sum they do not reach moves down.
void VectorEmitter::crc32_by_polynomials(unsigned index, unsigned bytes)
{
    uint32_t const word = m_block.m_instructions[index].word;
    m_block.clobber_flags();
    Reg const value = m_block.read(rm_of(word), Reg::Rcx);
    Reg const accumulator = m_block.read(rn_of(word), Reg::Rdx);
    code().mov(Width::W32, Reg::Rax, accumulator);
    if (bytes < 4)
        code().mov(Width::W32, Reg::Rdx, accumulator);
    code().alu(Alu::Xor, Width::W64, Reg::Rax, value);
    if (bytes < 8)
        code().shift(Shift::Shl, Width::W64, Reg::Rax, static_cast<uint8_t>(64 - 8 * bytes));
    code().vector_from_general(vex::kMovq64, Xmm::Xmm0, Reg::Rax);
    code().vector(vex::kPclmulqdq, Xmm::Xmm0, Xmm::Xmm0, constant(Constant::Crc32), 0x00);
    code().vector(vex::kPclmulqdq, Xmm::Xmm0, Xmm::Xmm0, constant(Constant::Crc32), 0x10);
    code().vector_and_general(vex::kPextr.of[2], Xmm::Xmm0, Reg::Rax, 2);
    if (bytes < 4) {
        code().shift(Shift::Shr, Width::W32, Reg::Rdx, static_cast<uint8_t>(8 * bytes));
        code().alu(Alu::Xor, Width::W32, Reg::Rax, Reg::Rdx);
    }
    m_block.written(rd_of(word), Reg::Rax);
}

}
