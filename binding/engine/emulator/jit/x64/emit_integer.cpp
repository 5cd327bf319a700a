// Moves, bitfields, shifts, conditional operations, multiplication and division. [Arm DDI 0487, C4.1.93, C4.1.95]
#include "base/bits.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

#include <limits>

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

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
    auto const amount = static_cast<uint8_t>(word >> 10 & 63);
    clobber_flags();
    m_asm->mov(width, Reg::Rax, read(rm_of(word), Reg::Rax));
    if (amount)
        m_asm->shrd(width, Reg::Rax, read(rn_of(word), Reg::Rcx), amount);
    written(rd_of(word), Reg::Rax);
}

// The host takes the amount modulo the size, as the guest does.
void BlockTranslator::shift_by_register(DecodedInstruction const& decoded, Shift shift)
{
    uint32_t const word = decoded.word;
    Width const width = word_width(word);
    clobber_flags();
    m_asm->mov(width, Reg::Rcx, read(rm_of(word), Reg::Rcx));
    m_asm->mov(width, Reg::Rax, read(rn_of(word), Reg::Rax));
    m_asm->shift_by_cl(shift, width, Reg::Rax);
    written(rd_of(word), Reg::Rax);
}

void BlockTranslator::select(DecodedInstruction const& decoded)
{
    uint32_t const word = decoded.word;
    Width const width = word_width(word);
    unsigned const condition = word >> 12 & 15;
    bool const always = condition >= 14;
    if (!always)
        flags_to_host();
    // Nothing here changes the host's flags.
    Reg const otherwise = read(rm_of(word), Reg::Rcx);
    switch (decoded.instruction) {
    case Instruction::CSINC: m_asm->lea(width, Reg::Rcx, { otherwise, 1 }); break;
    case Instruction::CSINV:
    case Instruction::CSNEG:
        m_asm->mov(width, Reg::Rcx, otherwise);
        m_asm->unary(Unary::Not, width, Reg::Rcx);
        if (decoded.instruction == Instruction::CSNEG)
            m_asm->lea(width, Reg::Rcx, { Reg::Rcx, 1 });
        break;
    default: m_asm->mov(width, Reg::Rcx, otherwise); break;
    }
    Reg const chosen = read(rn_of(word), Reg::Rax);
    if (always)
        m_asm->mov(width, Reg::Rcx, chosen);
    else
        m_asm->cmov(host_condition(condition), width, Reg::Rcx, chosen);
    written(rd_of(word), Reg::Rcx);
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
    m_asm->lahf();
    m_asm->set(Condition::O, Reg::Rax);
    m_asm->jump(done);
    m_asm->bind(otherwise);
    m_asm->mov(Reg::Rax, frame_flags(word & 15));
    m_asm->bind(done);
    m_asm->store16({ Reg::Rsp, frame::kFlags }, Reg::Rax);
    m_flag_place = FlagPlace::Frame;
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

bool BlockTranslator::emit_multiply_divide(DecodedInstruction const& decoded)
{
    uint32_t const word = decoded.word;
    Width width = Width::W64;
    bool subtracts = false;
    enum class Operands { Whole, Signed32, Unsigned32 } operands = Operands::Whole;
    switch (decoded.instruction) {
    case Instruction::UDIV: divide(decoded, false); return true;
    case Instruction::SDIV: divide(decoded, true); return true;
    case Instruction::UMULH:
    case Instruction::SMULH:
        clobber_flags();
        m_asm->mov(Width::W64, Reg::Rax, read(rn_of(word), Reg::Rax));
        m_asm->unary(decoded.instruction == Instruction::UMULH ? Unary::Mul : Unary::Imul, Width::W64,
            read(rm_of(word), Reg::Rcx));
        written(rd_of(word), Reg::Rdx);
        return true;
    case Instruction::MSUB: subtracts = true; [[fallthrough]];
    case Instruction::MADD: width = word_width(word); break;
    case Instruction::SMSUBL: subtracts = true; [[fallthrough]];
    case Instruction::SMADDL: operands = Operands::Signed32; break;
    case Instruction::UMSUBL: subtracts = true; [[fallthrough]];
    case Instruction::UMADDL: operands = Operands::Unsigned32; break;
    default: return false;
    }
    clobber_flags();
    Reg const first = read(rn_of(word), Reg::Rax);
    Reg second = read(rm_of(word), Reg::Rcx);
    if (operands == Operands::Signed32) {
        m_asm->sign_extend(4, Width::W64, Reg::Rax, first);
        m_asm->sign_extend(4, Width::W64, Reg::Rcx, second);
        second = Reg::Rcx;
    } else if (operands == Operands::Unsigned32) {
        m_asm->zero_extend(4, Reg::Rax, first);
        m_asm->zero_extend(4, Reg::Rcx, second);
        second = Reg::Rcx;
    } else {
        m_asm->mov(width, Reg::Rax, first);
    }
    m_asm->imul(width, Reg::Rax, second);
    if (ra_of(word) == kZero) {
        if (subtracts)
            m_asm->unary(Unary::Neg, width, Reg::Rax);
        return written(rd_of(word), Reg::Rax), true;
    }
    Reg const addend = read(ra_of(word), Reg::Rcx);
    if (subtracts) {
        m_asm->mov(width, Reg::Rcx, addend);
        m_asm->alu(Alu::Sub, width, Reg::Rcx, Reg::Rax);
        written(rd_of(word), Reg::Rcx);
    } else {
        m_asm->alu(Alu::Add, width, Reg::Rax, addend);
        written(rd_of(word), Reg::Rax);
    }
    return true;
}

// Division by zero gives zero; the most negative number by -1 gives itself. The host traps both.
void BlockTranslator::divide(DecodedInstruction const& decoded, bool is_signed)
{
    uint32_t const word = decoded.word;
    Width const width = word_width(word);
    Label by_zero;
    Label by_minus_one;
    Label done;
    clobber_flags();
    m_asm->mov(width, Reg::Rax, read(rn_of(word), Reg::Rax));
    Reg const divisor = read(rm_of(word), Reg::Rcx);
    m_asm->test(width, divisor, divisor);
    m_asm->jump(Condition::E, by_zero);
    if (is_signed) {
        m_asm->alu(Alu::Cmp, width, divisor, -1);
        m_asm->jump(Condition::E, by_minus_one);
        m_asm->sign_into_rdx(width);
        m_asm->unary(Unary::Idiv, width, divisor);
    } else {
        m_asm->alu(Alu::Xor, Width::W32, Reg::Rdx, Reg::Rdx);
        m_asm->unary(Unary::Div, width, divisor);
    }
    m_asm->jump(done);
    if (is_signed) {
        m_asm->bind(by_minus_one);
        m_asm->unary(Unary::Neg, width, Reg::Rax);
        m_asm->jump(done);
    }
    m_asm->bind(by_zero);
    m_asm->alu(Alu::Xor, Width::W32, Reg::Rax, Reg::Rax);
    m_asm->bind(done);
    written(rd_of(word), Reg::Rax);
}

}
