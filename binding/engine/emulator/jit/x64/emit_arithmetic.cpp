// Addition, subtraction and logic. [Arm DDI 0487, C4.1.93 "Data Processing -- Immediate", C4.1.95 "-- Register"]
#include "engine/emulator/isa/bit_mask.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

#include <bit>

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    bool fits_signed_32(uint64_t value)
    {
        return value == static_cast<uint64_t>(int64_t { static_cast<int32_t>(value) });
    }
    bool is_subtraction(uint32_t word)
    {
        return word >> 30 & 1;
    }

}

// The flags that an instruction has just left in the host's.
void BlockTranslator::finish_flags(DecodedInstruction const& decoded, FlagKind kind)
{
    if (decoded.flags_live_after)
        set_flags_of(static_cast<unsigned>(&decoded - m_instructions.data()), kind);
    else
        set_frame_flags(); // nobody looks
}

// rd = first op second. `second` may be any pin or RCX, `first` any pin or RAX.
void BlockTranslator::three_registers(Alu operation, Width width, unsigned rd, Reg first, Reg second)
{
    if (operation == Alu::Cmp)
        return m_asm->alu(operation, width, first, second);
    if (operation == Alu::And && rd == kZero)
        return m_asm->test(width, first, second);
    Reg to = rd == kZero ? Reg::Rax : destination(rd);
    bool const commutes = operation != Alu::Sub && operation != Alu::Sbb;
    if (to == second && to != first && commutes) {
        m_asm->alu(operation, width, to, first);
    } else {
        if (to == second && to != first)
            to = Reg::Rax;
        if (to != first)
            m_asm->mov(width, to, first);
        m_asm->alu(operation, width, to, second);
    }
    written(rd, to);
}

// The same of two guest registers, the second from where it is.
void BlockTranslator::three_registers(Alu operation, Width width, unsigned rd, unsigned rn, unsigned rm)
{
    if (!is_in_memory(rm))
        return three_registers(operation, width, rd, read(rn, Reg::Rax), read(rm, Reg::Rcx));
    Reg const first = read(rn, Reg::Rax);
    Mem const second = m_layout.general(rm);
    if (operation == Alu::Cmp)
        return m_asm->alu(operation, width, first, second);
    Reg const to = rd == kZero ? Reg::Rax : destination(rd);
    if (to != first)
        m_asm->mov(width, to, first);
    m_asm->alu(operation, width, to, second);
    written(rd, to);
}

// Rm shifted, in a pin or RCX. Changes the host's flags if it shifts.
Reg BlockTranslator::shifted(Width width, unsigned rm, unsigned kind, unsigned amount)
{
    return shifted(width, read(rm, Reg::Rcx), kind, amount);
}

Reg BlockTranslator::shifted(Width width, Reg source, unsigned kind, unsigned amount)
{
    if (amount == 0)
        return source;
    constexpr Shift shifts[4] = { Shift::Shl, Shift::Shr, Shift::Sar, Shift::Ror };
    if (kind == 3 && m_has_bmi) {
        m_asm->rotate_flagless(width, Reg::Rcx, source, static_cast<uint8_t>(amount));
        return Reg::Rcx;
    }
    if (source != Reg::Rcx)
        m_asm->mov(width, Reg::Rcx, source);
    m_asm->shift(shifts[kind], width, Reg::Rcx, static_cast<uint8_t>(amount));
    return Reg::Rcx;
}

// Rm extended and shifted left, in a pin or RCX. Changes the host's flags if it shifts.
Reg BlockTranslator::extended(unsigned rm, unsigned option, unsigned amount)
{
    return extended(read(rm, Reg::Rcx), option, amount);
}

Reg BlockTranslator::extended(Reg source, unsigned option, unsigned amount)
{
    unsigned const bytes = 1u << (option & 3);
    if (bytes == 8 && amount == 0)
        return source;
    if (bytes == 8)
        m_asm->mov(Width::W64, Reg::Rcx, source);
    else if (option & 4)
        m_asm->sign_extend(bytes, Width::W64, Reg::Rcx, source);
    else
        m_asm->zero_extend(bytes, Reg::Rcx, source);
    if (amount)
        m_asm->shift(Shift::Shl, Width::W64, Reg::Rcx, static_cast<uint8_t>(amount));
    return Reg::Rcx;
}

bool BlockTranslator::emit_arithmetic(DecodedInstruction const& decoded)
{
    return emit_add_subtract(decoded) || emit_logical(decoded);
}

bool BlockTranslator::emit_add_subtract(DecodedInstruction const& decoded)
{
    uint32_t const word = decoded.word;
    Width const width = word_width(word);
    unsigned const rd = rd_of(word);
    Alu const operation = is_subtraction(word) ? Alu::Sub : Alu::Add;
    FlagKind const kind = is_subtraction(word) ? FlagKind::Subtraction : FlagKind::Addition;
    bool sets_flags = false;
    Reg first;
    Reg second;
    switch (decoded.instruction) {
    case Instruction::ADD_immediate:
    case Instruction::SUB_immediate:
    case Instruction::ADDS_immediate:
    case Instruction::SUBS_immediate: add_immediate(decoded); return true;
    case Instruction::ADC:
    case Instruction::ADCS:
    case Instruction::SBC:
    case Instruction::SBCS: with_carry(decoded); return true;
    case Instruction::ADDS_shifted:
    case Instruction::SUBS_shifted: sets_flags = true; [[fallthrough]];
    case Instruction::ADD_shifted:
    case Instruction::SUB_shifted: {
        unsigned const amount = word >> 10 & 63;
        if (decoded.instruction == Instruction::ADD_shifted && amount <= 3 && (word >> 22 & 3) == 0
            && rn_of(word) != kZero && rm_of(word) != kZero) {
            first = read(rn_of(word), Reg::Rax);
            second = read(rm_of(word), Reg::Rcx);
            Reg const to = destination(rd);
            m_asm->lea(width, to, { first, second, 1u << amount, 0 });
            written(rd, to);
            return true;
        }
        clobber_flags();
        Alu const actual = operation == Alu::Sub && sets_flags && rd == kZero ? Alu::Cmp : operation;
        if (actual == Alu::Sub && rn_of(word) == kZero && rd != kZero) {
            negate(width, rd, shifted(width, rm_of(word), word >> 22 & 3, amount));
        } else if (amount == 0) {
            three_registers(actual, width, rd, rn_of(word), rm_of(word));
        } else {
            second = shifted(width, rm_of(word), word >> 22 & 3, amount);
            first = read(rn_of(word), Reg::Rax);
            three_registers(actual, width, rd, first, second);
        }
        break;
    }
    case Instruction::ADDS_extended:
    case Instruction::SUBS_extended: sets_flags = true; [[fallthrough]];
    case Instruction::ADD_extended:
    case Instruction::SUB_extended:
        clobber_flags();
        second = extended(rm_of(word), word >> 13 & 7, word >> 10 & 7);
        first = read(or_sp(rn_of(word)), Reg::Rax);
        three_registers(operation == Alu::Sub && sets_flags && rd == kZero ? Alu::Cmp : operation, width,
            sets_flags ? rd : or_sp(rd), first, second);
        break;
    default: return false;
    }
    if (sets_flags)
        finish_flags(decoded, kind);
    return true;
}

void BlockTranslator::negate(Width width, unsigned rd, Reg from)
{
    Reg const to = destination(rd);
    if (to != from)
        m_asm->mov(width, to, from);
    m_asm->unary(Unary::Neg, width, to);
    written(rd, to);
}

void BlockTranslator::add_immediate(DecodedInstruction const& decoded)
{
    uint32_t const word = decoded.word;
    Width const width = word_width(word);
    bool const subtracts = is_subtraction(word);
    bool const sets_flags = word >> 29 & 1;
    unsigned const rn = or_sp(rn_of(word));
    auto const value = static_cast<int32_t>((word >> 10 & 0xfff) << (word >> 22 & 1 ? 12 : 0));
    if (!sets_flags) {
        unsigned const rd = or_sp(rd_of(word));
        bool const keeps_alignment = rd == kSp && rn == kSp && width == Width::W64 && value % 16 == 0;
        bool const checked = m_sp_checked;
        Reg const from = read(rn, Reg::Rax);
        Reg const to = destination(rd);
        if (value == 0)
            m_asm->mov(width, to, from);
        else
            m_asm->lea(width, to, { from, subtracts ? -value : value });
        written(rd, to);
        if (keeps_alignment)
            m_sp_checked = checked;
        return;
    }
    clobber_flags();
    unsigned const rd = rd_of(word);
    Reg const from = read(rn, Reg::Rax);
    if (rd == kZero && subtracts) {
        m_asm->alu(Alu::Cmp, width, from, value);
    } else {
        Reg const to = rd == kZero ? Reg::Rax : destination(rd);
        if (to != from)
            m_asm->mov(width, to, from);
        m_asm->alu(subtracts ? Alu::Sub : Alu::Add, width, to, value);
        written(rd, to);
    }
    finish_flags(decoded, subtracts ? FlagKind::Subtraction : FlagKind::Addition);
}

void BlockTranslator::with_carry(DecodedInstruction const& decoded)
{
    uint32_t const word = decoded.word;
    bool const subtracts = is_subtraction(word);
    bool const sets_flags = word >> 29 & 1;
    FlagKind const kind = subtracts ? FlagKind::Subtraction : FlagKind::Addition;
    if (!sets_flags && decoded.flags_live_after)
        save_flags();
    flags_to_host();
    // Loads and moves keep the host's flags.
    Reg const second = read(rm_of(word), Reg::Rcx);
    Reg const first = read(rn_of(word), Reg::Rax);
    if (m_flags.kind != kind)
        m_asm->cmc();
    three_registers(subtracts ? Alu::Sbb : Alu::Adc, word_width(word), rd_of(word), first, second);
    if (!sets_flags)
        m_flags.place = FlagPlace::Frame;
    else if (decoded.flags_live_after)
        set_flags(kind);
    else
        set_frame_flags();
}

bool BlockTranslator::emit_logical(DecodedInstruction const& decoded)
{
    switch (decoded.instruction) {
    case Instruction::AND_immediate:
    case Instruction::AND_shifted: logical(decoded, Alu::And, false, false); return true;
    case Instruction::BIC_shifted: logical(decoded, Alu::And, true, false); return true;
    case Instruction::ORR_immediate:
    case Instruction::ORR_shifted: logical(decoded, Alu::Or, false, false); return true;
    case Instruction::ORN_shifted: logical(decoded, Alu::Or, true, false); return true;
    case Instruction::EOR_immediate:
    case Instruction::EOR_shifted: logical(decoded, Alu::Xor, false, false); return true;
    case Instruction::EON_shifted: logical(decoded, Alu::Xor, true, false); return true;
    case Instruction::ANDS_immediate:
    case Instruction::ANDS_shifted: logical(decoded, Alu::And, false, true); return true;
    case Instruction::BICS_shifted: logical(decoded, Alu::And, true, true); return true;
    default: return false;
    }
}

void BlockTranslator::logical(DecodedInstruction const& decoded, Alu operation, bool invert, bool sets_flags)
{
    uint32_t const word = decoded.word;
    Width const width = word_width(word);
    bool const is_immediate = (word >> 24 & 0x1f) == 0b10010;
    unsigned const rn = rn_of(word);
    if (is_immediate) {
        uint64_t const mask = isa::logical_bit_mask(word >> 22 & 1, word >> 10 & 63, word >> 16 & 63);
        uint64_t const value = width == Width::W64 ? mask : static_cast<uint32_t>(mask);
        unsigned const rd = sets_flags ? rd_of(word) : or_sp(rd_of(word));
        if (operation == Alu::Or && rn == kZero) {
            Reg const to = destination(rd);
            m_asm->mov(to, value);
            return written(rd, to);
        }
        if (operation == Alu::And && !sets_flags && (value == 0xff || value == 0xffff || value == 0xffff'ffff)) {
            Reg const from = read(rn, Reg::Rax);
            Reg const to = destination(rd);
            m_asm->zero_extend(value == 0xff ? 1 : value == 0xffff ? 2 : 4, to, from);
            return written(rd, to);
        }
        clobber_flags();
        Reg const from = read(rn, Reg::Rax);
        if (width == Width::W32 || fits_signed_32(value)) {
            auto const immediate = static_cast<int32_t>(value);
            if (sets_flags && rd == kZero) {
                m_asm->test(width, from, immediate);
            } else {
                Reg const to = rd == kZero ? Reg::Rax : destination(rd);
                if (to != from)
                    m_asm->mov(width, to, from);
                m_asm->alu(operation, width, to, immediate);
                written(rd, to);
            }
        } else {
            m_asm->mov(Reg::Rcx, value);
            three_registers(operation, width, rd, from, Reg::Rcx);
        }
    } else {
        unsigned const rd = rd_of(word);
        unsigned const amount = word >> 10 & 63;
        if (operation == Alu::Or && rn == kZero && amount == 0) {
            if (!invert && rd != kZero && rm_of(word) == kZero) {
                Reg const to = destination(rd);
                m_asm->mov(to, 0);
                return written(rd, to);
            }
            if (!invert && rd != kZero && is_in_memory(rm_of(word))) {
                Reg const to = destination(rd);
                m_asm->load(width, to, m_layout.general(rm_of(word)));
                return written(rd, to);
            }
            Reg const from = read(rm_of(word), Reg::Rax);
            if (!invert && width == Width::W64)
                return written(rd, from);
            Reg const to = rd == kZero ? Reg::Rax : destination(rd);
            m_asm->mov(width, to, from);
            if (invert)
                m_asm->unary(Unary::Not, width, to);
            return written(rd, to);
        }
        clobber_flags();
        if (amount == 0 && !invert && !(rd == kZero && is_in_memory(rm_of(word)))) {
            three_registers(operation, width, rd, rn, rm_of(word));
            if (sets_flags)
                finish_flags(decoded, FlagKind::Addition);
            return;
        }
        Reg second = shifted(width, rm_of(word), word >> 22 & 3, amount);
        if (invert && operation == Alu::And && m_has_bmi) {
            Reg const to = rd == kZero ? Reg::Rax : destination(rd);
            m_asm->andn(width, to, second, read(rn, Reg::Rax));
            written(rd, to);
            if (sets_flags)
                finish_flags(decoded, FlagKind::Addition);
            return;
        }
        if (invert) {
            if (second != Reg::Rcx)
                m_asm->mov(width, Reg::Rcx, second);
            m_asm->unary(Unary::Not, width, Reg::Rcx);
            second = Reg::Rcx;
        }
        three_registers(operation, width, rd, read(rn, Reg::Rax), second);
    }
    if (sets_flags)
        finish_flags(decoded, FlagKind::Addition);
}

}
