// Moves, bitfields, shifts and conditional operations. [Arm DDI 0487, C4.1.93, C4.1.95]
#include "base/bits.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

#include <array>
#include <limits>

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    // What is left of a reversal once the bytes are: neighbours change places.
    struct Exchange {
        uint8_t places;
        uint64_t mask; // of the right ones
    };
    constexpr std::array kBitsOfByteReversed {
        Exchange { 4, 0x0f0f'0f0f'0f0f'0f0f },
        Exchange { 2, 0x3333'3333'3333'3333 },
        Exchange { 1, 0x5555'5555'5555'5555 },
    };

}

bool BlockTranslator::emit_integer(DecodedInstruction const& decoded)
{
    switch (decoded.instruction) {
    case Instruction::SBFM:
    case Instruction::UBFM:
    case Instruction::BFM: bitfield(decoded); return true;
    case Instruction::EXTR: extract(decoded); return true;
    case Instruction::LSLV: shift_by_register(decoded, Shift::Shl); return true;
    case Instruction::LSRV: shift_by_register(decoded, Shift::Shr); return true;
    case Instruction::ASRV: shift_by_register(decoded, Shift::Sar); return true;
    case Instruction::RORV: shift_by_register(decoded, Shift::Ror); return true;
    case Instruction::CSEL:
    case Instruction::CSINC:
    case Instruction::CSINV:
    case Instruction::CSNEG: select(decoded); return true;
    case Instruction::CCMN_register:
    case Instruction::CCMP_register:
    case Instruction::CCMN_immediate:
    case Instruction::CCMP_immediate: conditional_compare(decoded); return true;
    case Instruction::CLZ: count_leading_zeros(decoded); return true;
    case Instruction::RBIT: {
        clobber_flags();
        Width const width = word_width(decoded.word);
        m_asm->mov(width, Reg::Rax, read(rn_of(decoded.word), Reg::Rax));
        m_asm->bswap(width, Reg::Rax);
        for (auto const& [places, mask] : kBitsOfByteReversed) {
            m_asm->mov(Reg::Rcx, width == Width::W64 ? mask : static_cast<uint32_t>(mask));
            m_asm->mov(width, Reg::Rdx, Reg::Rax);
            m_asm->shift(Shift::Shr, width, Reg::Rdx, places);
            m_asm->alu(Alu::And, width, Reg::Rdx, Reg::Rcx);
            m_asm->alu(Alu::And, width, Reg::Rax, Reg::Rcx);
            m_asm->shift(Shift::Shl, width, Reg::Rax, places);
            m_asm->alu(Alu::Or, width, Reg::Rax, Reg::Rdx);
        }
        written(rd_of(decoded.word), Reg::Rax);
        return true;
    }
    case Instruction::REV_32:
    case Instruction::REV_64: {
        Reg const from = read(rn_of(decoded.word), Reg::Rax);
        Reg const to = rd_of(decoded.word) == kZero ? Reg::Rax : destination(rd_of(decoded.word));
        Width const width = word_width(decoded.word);
        if (to != from)
            m_asm->mov(width, to, from);
        m_asm->bswap(width, to);
        written(rd_of(decoded.word), to);
        return true;
    }
    default: return emit_move(decoded) || emit_multiply_divide(decoded);
    }
}

bool BlockTranslator::emit_move(DecodedInstruction const& decoded)
{
    uint32_t const word = decoded.word;
    unsigned const rd = rd_of(word);
    unsigned const shift = 16 * (word >> 21 & 3);
    uint64_t const value = uint64_t { word >> 5 & 0xffff } << shift;
    uint64_t const mask = uint64_t { 0xffff } << shift;
    uint64_t constant = 0;
    switch (decoded.instruction) {
    case Instruction::MOVZ: constant = value; break;
    case Instruction::MOVN: constant = ~value; break;
    case Instruction::MOVK:
        if (rd == m_constant_register && rd != kZero) {
            constant = (m_constant & ~mask) | value;
            break;
        }
        m_constant_register = kZero;
        if (rd == kZero)
            return true;
        clobber_flags();
        m_asm->mov(Reg::Rcx, word_width(word) == Width::W64 ? ~mask : static_cast<uint32_t>(~mask));
        three_registers(Alu::And, Width::W64, rd, read(rd, Reg::Rax), Reg::Rcx);
        m_asm->mov(Reg::Rcx, value);
        three_registers(Alu::Or, Width::W64, rd, read(rd, Reg::Rax), Reg::Rcx);
        return true;
    case Instruction::ADR:
    case Instruction::ADRP: address_of_page(decoded); return true;
    default: return false;
    }
    if (word_width(word) == Width::W32)
        constant = static_cast<uint32_t>(constant);
    if (rd != kZero) {
        m_asm->mov(destination(rd), constant);
        written(rd, destination(rd));
    }
    m_constant_register = rd;
    m_constant = constant;
    return true;
}

void BlockTranslator::address_of_page(DecodedInstruction const& decoded)
{
    uint32_t const word = decoded.word;
    unsigned const rd = rd_of(word);
    int64_t const immediate = sign_extend((word >> 5 & 0x7ffff) << 2 | (word >> 29 & 3), 21);
    unsigned const index = static_cast<unsigned>(&decoded - m_instructions.data());
    int64_t const offset = decoded.instruction == Instruction::ADRP ? immediate * 4096 : immediate + page_offset(index);
    bool const is_near = offset >= std::numeric_limits<int32_t>::min() && offset <= std::numeric_limits<int32_t>::max();
    Reg const to = rd == kZero ? Reg::Rax : destination(rd);
    if (is_near) {
        m_asm->load(Width::W64, Reg::Rax, { Reg::Rsp, frame::kPage });
        m_asm->lea(Width::W64, to, { Reg::Rax, static_cast<int32_t>(offset) });
    } else {
        m_asm->mov(Reg::Rcx, static_cast<uint64_t>(offset));
        m_asm->load(Width::W64, Reg::Rax, { Reg::Rsp, frame::kPage });
        m_asm->lea(Width::W64, to, { Reg::Rax, Reg::Rcx, 1, 0 });
    }
    written(rd, to);
}

// [Arm DDI 0487, J1.1.3, DecodeBitMasks; the aliases of SBFM, UBFM and BFM]
void BlockTranslator::bitfield(DecodedInstruction const& decoded)
{
    uint32_t const word = decoded.word;
    Width const width = word_width(word);
    unsigned const size = width == Width::W64 ? 64 : 32;
    unsigned const immr = word >> 16 & 63;
    unsigned const imms = word >> 10 & 63;
    unsigned const rd = rd_of(word);
    bool const is_signed = decoded.instruction == Instruction::SBFM;
    bool const inserts = decoded.instruction == Instruction::BFM;
    Reg const from = read(rn_of(word), Reg::Rcx);
    unsigned const bytes = imms == 7 ? 1 : imms == 15 ? 2 : imms == 31 ? 4 : 0;
    if (!inserts && immr == 0 && bytes != 0 && bytes * 8 < size) {
        Reg const to = rd == kZero ? Reg::Rax : destination(rd);
        if (is_signed)
            m_asm->sign_extend(bytes, width, to, from);
        else
            m_asm->zero_extend(bytes, to, from);
        return written(rd, to);
    }
    clobber_flags();
    // clobber_flags() may have taken RAX, not RCX.
    Reg to = rd == kZero ? Reg::Rax : destination(rd);
    if (inserts)
        to = Reg::Rcx;
    bool const extracts = imms >= immr;
    unsigned const bits = extracts ? imms - immr + 1 : imms + 1;
    unsigned const left = size - 1 - imms; // moves the field's top to the register's
    unsigned const right = extracts ? left + immr : immr - imms - 1;
    if (to != from)
        m_asm->mov(width, to, from);
    if (!inserts && !is_signed && immr == 0 && imms < 31) {
        m_asm->alu(Alu::And, Width::W32, to, static_cast<int32_t>(low_mask(imms + 1)));
        return written(rd, to);
    }
    if (left)
        m_asm->shift(Shift::Shl, width, to, static_cast<uint8_t>(left));
    if (right)
        m_asm->shift(is_signed ? Shift::Sar : Shift::Shr, width, to, static_cast<uint8_t>(right));
    if (!inserts) {
        if (to == from && left == 0 && right == 0)
            m_asm->mov(width, to, to); // the upper half of a 32-bit result
        return written(rd, to);
    }
    uint64_t const field = low_mask(bits) << (extracts ? 0 : size - immr);
    m_asm->mov(Reg::Rax, width == Width::W64 ? ~field : static_cast<uint32_t>(~field));
    m_asm->alu(Alu::And, width, Reg::Rax, read(rd, Reg::Rdx));
    m_asm->alu(Alu::Or, width, Reg::Rax, Reg::Rcx);
    written(rd, Reg::Rax);
}

void BlockTranslator::extract(DecodedInstruction const& decoded)
{
    uint32_t const word = decoded.word;
    Width const width = word_width(word);
    unsigned const rd = rd_of(word);
    auto const amount = static_cast<uint8_t>(word >> 10 & 63);
    if (rn_of(word) == rm_of(word) && m_has_bmi) { // ROR
        Reg const to = rd == kZero ? Reg::Rax : destination(rd);
        m_asm->rotate_flagless(width, to, read(rn_of(word), Reg::Rcx), amount);
        return written(rd, to);
    }
    clobber_flags();
    Reg const low = read(rm_of(word), Reg::Rax);
    Reg const high = read(rn_of(word), Reg::Rcx);
    Reg to = rd == kZero ? Reg::Rax : destination(rd);
    if (to == high && to != low)
        to = Reg::Rax;
    if (to != low)
        m_asm->mov(width, to, low);
    if (amount)
        m_asm->shrd(width, to, high, amount);
    else if (to == low)
        m_asm->mov(width, to, to); // the upper half of a 32-bit result
    written(rd, to);
}

// The host takes the amount modulo the size, as the guest does.
void BlockTranslator::shift_by_register(DecodedInstruction const& decoded, Shift shift)
{
    uint32_t const word = decoded.word;
    Width const width = word_width(word);
    if (shift != Shift::Ror && m_has_bmi) {
        Reg const amount = read(rm_of(word), Reg::Rcx);
        Reg const from = read(rn_of(word), Reg::Rax);
        Reg const to = rd_of(word) == kZero ? Reg::Rax : destination(rd_of(word));
        m_asm->shift_flagless(shift, width, to, from, amount);
        return written(rd_of(word), to);
    }
    clobber_flags();
    m_asm->mov(width, Reg::Rcx, read(rm_of(word), Reg::Rcx));
    m_asm->mov(width, Reg::Rax, read(rn_of(word), Reg::Rax));
    m_asm->shift_by_cl(shift, width, Reg::Rax);
    written(rd_of(word), Reg::Rax);
}

// Nothing here changes the host's flags.
void BlockTranslator::select(DecodedInstruction const& decoded)
{
    uint32_t const word = decoded.word;
    Width const width = word_width(word);
    unsigned const condition = word >> 12 & 15;
    unsigned const rd = rd_of(word);
    unsigned const rn = rn_of(word);
    unsigned const rm = rm_of(word);
    Instruction const instruction = decoded.instruction;
    if (condition >= 14) {
        m_asm->mov(width, Reg::Rax, read(rn, Reg::Rax));
        return written(rd, Reg::Rax);
    }
    if (rd == kZero)
        return;
    flags_to_host();
    Condition const chosen = host_condition(condition);
    bool const is_pinned = !is_in_memory(rd);
    if (rn == kZero && rm == kZero && instruction == Instruction::CSINC) { // CSET
        Reg const to = is_pinned ? destination(rd) : Reg::Rcx;
        m_asm->mov(to, 0);
        m_asm->set(!chosen, to);
        return written(rd, to);
    }
    if (instruction == Instruction::CSEL && is_pinned && rd == rn) {
        if (is_in_memory(rm))
            m_asm->cmov(!chosen, width, read(rn, Reg::Rax), m_layout.general(rm));
        else
            m_asm->cmov(!chosen, width, read(rn, Reg::Rax), read(rm, Reg::Rcx));
        return written(rd, destination(rd));
    }
    // The value for a false condition goes to the destination, unless the other one is there.
    Reg const to = is_pinned && rd != rn ? destination(rd) : Reg::Rcx;
    Reg const otherwise = read(rm, to);
    switch (instruction) {
    case Instruction::CSINC: m_asm->lea(width, to, { otherwise, 1 }); break;
    case Instruction::CSINV:
    case Instruction::CSNEG:
        if (to != otherwise)
            m_asm->mov(width, to, otherwise);
        m_asm->unary(Unary::Not, width, to);
        if (instruction == Instruction::CSNEG)
            m_asm->lea(width, to, { to, 1 });
        break;
    default:
        if (to != otherwise)
            m_asm->mov(width, to, otherwise);
        break;
    }
    if (is_in_memory(rn))
        m_asm->cmov(chosen, width, to, m_layout.general(rn));
    else
        m_asm->cmov(chosen, width, to, read(rn, Reg::Rax));
    written(rd, to);
}

void BlockTranslator::conditional_compare(DecodedInstruction const& decoded)
{
    uint32_t const word = decoded.word;
    Width const width = word_width(word);
    unsigned const condition = word >> 12 & 15;
    bool const is_immediate = word >> 11 & 1;
    bool const subtracts = word >> 30 & 1;
    Label otherwise;
    Label done;
    if (condition < 14)
        flags_to_host();
    else
        clobber_flags();
    Reg const first = read(rn_of(word), Reg::Rcx);
    Reg const second = is_immediate ? Reg::Rdx : read(rm_of(word), Reg::Rdx);
    if (condition < 14)
        m_asm->jump(!host_condition(condition), otherwise);
    if (is_immediate)
        m_asm->mov(Reg::Rdx, rm_of(word));
    if (subtracts) {
        m_asm->alu(Alu::Cmp, width, first, second);
    } else {
        m_asm->mov(width, Reg::Rax, first);
        m_asm->alu(Alu::Add, width, Reg::Rax, second);
        m_asm->cmc();
    }
    if (condition < 14) {
        m_asm->jump(done);
        m_asm->bind(otherwise);
        m_asm->mov(Reg::Rax, frame_flags(word & 15));
        flags_from_rax();
        m_asm->bind(done);
    }
    if (decoded.flags_live_after)
        set_flags(FlagKind::Subtraction);
    else
        set_frame_flags();
}

void BlockTranslator::count_leading_zeros(DecodedInstruction const& decoded)
{
    uint32_t const word = decoded.word;
    Width const width = word_width(word);
    unsigned const size = width == Width::W64 ? 64 : 32;
    clobber_flags();
    Reg const from = read(rn_of(word), Reg::Rcx);
    // size - 1 - the highest bit's number; a number of 2 * size - 1 stands for none.
    m_asm->mov(Reg::Rdx, 2 * size - 1);
    m_asm->bsr(width, Reg::Rax, from);
    m_asm->cmov(Condition::E, width, Reg::Rax, Reg::Rdx);
    m_asm->alu(Alu::Xor, Width::W32, Reg::Rax, static_cast<int32_t>(size - 1));
    written(rd_of(word), Reg::Rax);
}

}
