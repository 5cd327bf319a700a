// NZCV during the translation of a block. Between two instructions it may be in the frame, in the host's flags, or
// nowhere at all: while the operands of the comparison that made it are still there, it can be made again. That is what
// cold paths do, so that the way through a loop stores no flags.
#include "engine/emulator/isa/bit_mask.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/jit/x64/flag_producer.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

// Leaves the flags of m_flags.producer in the host's. Takes RAX, RCX and RDX.
void BlockTranslator::make_flags_again()
{
    DecodedInstruction const& decoded = m_instructions[m_flags.producer];
    switch (flag_producer_of(decoded.instruction)) {
    case FlagProducer::AndImmediate:
    case FlagProducer::AndShifted: return test_again(decoded);
    case FlagProducer::AddImmediate: return compare_with_immediate_again(decoded);
    default: return compare_again(decoded);
    }
}

// ANDS and BICS.
void BlockTranslator::test_again(DecodedInstruction const& decoded)
{
    uint32_t const word = decoded.word;
    Width const width = word_width(word);
    if (unsigned const rd = rd_of(word); rd != kZero) {
        Reg const result = read_operand(rd, Reg::Rax);
        return m_asm->test(width, result, result);
    }
    Reg second = Reg::Rcx;
    if (flag_producer_of(decoded.instruction) == FlagProducer::AndImmediate) {
        m_asm->mov(Reg::Rcx, isa::logical_bit_mask(word >> 22 & 1, word >> 10 & 63, word >> 16 & 63));
    } else {
        second = shifted_operand_again(word);
        if (decoded.instruction == Instruction::BICS_shifted) {
            if (second != Reg::Rcx)
                m_asm->mov(width, Reg::Rcx, second);
            m_asm->unary(Unary::Not, width, Reg::Rcx);
            second = Reg::Rcx;
        }
    }
    m_asm->test(width, read_operand(rn_of(word), Reg::Rax), second);
}

Reg BlockTranslator::shifted_operand_again(uint32_t word)
{
    return shifted(word_width(word), read_operand(rm_of(word), Reg::Rcx), word >> 22 & 3, word >> 10 & 63);
}

// ADDS and SUBS (immediate).
void BlockTranslator::compare_with_immediate_again(DecodedInstruction const& decoded)
{
    uint32_t const word = decoded.word;
    Width const width = word_width(word);
    bool const subtracts = word >> 30 & 1;
    unsigned const rn = or_sp(rn_of(word));
    auto const value = static_cast<int32_t>((word >> 10 & 0xfff) << (word >> 22 & 1 ? 12 : 0));
    Reg first = read_operand(rn, Reg::Rax);
    if (rd_of(word) == rn) {
        m_asm->lea(width, Reg::Rax, { first, subtracts ? value : -value });
        first = Reg::Rax;
    }
    if (subtracts)
        return m_asm->alu(Alu::Cmp, width, first, value);
    if (first != Reg::Rax)
        m_asm->mov(width, Reg::Rax, first);
    m_asm->alu(Alu::Add, width, Reg::Rax, value);
}

// ADDS and SUBS of two registers.
void BlockTranslator::compare_again(DecodedInstruction const& decoded)
{
    uint32_t const word = decoded.word;
    Width const width = word_width(word);
    unsigned const rd = rd_of(word);
    bool const subtracts = word >> 30 & 1;
    bool const is_shifted = flag_producer_of(decoded.instruction) == FlagProducer::AddShifted;
    unsigned const rn = is_shifted ? rn_of(word) : or_sp(rn_of(word));
    Reg first = read_operand(rn, Reg::Rax);
    Reg second;
    if (is_shifted && rd != kZero && rd == rm_of(word)) {
        // The register holds the result: rn - rm gives rm, and so does the sum less rn.
        Reg const result = read_operand(rd, Reg::Rcx);
        if (subtracts) {
            second = result == Reg::Rcx ? Reg::Rdx : Reg::Rcx;
            m_asm->mov(width, second, first);
            m_asm->alu(Alu::Sub, width, second, result);
        } else {
            if (result != Reg::Rcx)
                m_asm->mov(width, Reg::Rcx, result);
            m_asm->alu(Alu::Sub, width, Reg::Rcx, first);
            second = Reg::Rcx;
        }
    } else {
        second = is_shifted ? shifted_operand_again(word)
                            : extended(read_operand(rm_of(word), Reg::Rcx), word >> 13 & 7, word >> 10 & 7);
        if (rd != kZero && rd == rn) {
            if (first != Reg::Rax)
                m_asm->mov(width, Reg::Rax, first);
            m_asm->alu(subtracts ? Alu::Add : Alu::Sub, width, Reg::Rax, second);
            first = Reg::Rax;
        }
    }
    if (subtracts)
        return m_asm->alu(Alu::Cmp, width, first, second);
    if (first != Reg::Rax)
        m_asm->mov(width, Reg::Rax, first);
    m_asm->alu(Alu::Add, width, Reg::Rax, second);
}

// Puts them into the frame from wherever they are. Takes RAX, RCX and RDX unless they are in the host's flags: then
// RAX.
void BlockTranslator::save_flags()
{
    Label saved;
    PinState const pins = m_pins;
    switch (m_flags.place) {
    case FlagPlace::Frame:
    case FlagPlace::Both: return;
    case FlagPlace::HostMarked: m_flags.producer = kNoProducer; break;
    case FlagPlace::Host: break;
    case FlagPlace::Marked:
        m_asm->compare_byte({ Reg::Rsp, frame::kFlagMark }, 0);
        m_asm->jump(Condition::E, saved);
        [[fallthrough]];
    case FlagPlace::Again: make_flags_again(); break;
    }
    if (m_flags.kind == FlagKind::Addition)
        m_asm->cmc();
    m_asm->lahf();
    m_asm->set(Condition::O, Reg::Rax);
    m_asm->store16({ Reg::Rsp, frame::kFlags }, Reg::Rax);
    if (m_flags.place == FlagPlace::Marked) {
        m_asm->bind(saved);
        m_flags.place = FlagPlace::Frame;
        m_pins = pins; // what was loaded on one of two ways is not loaded
        return;
    }
    m_flags.kind = FlagKind::Subtraction;
    m_flags.place = FlagPlace::Both;
}

void BlockTranslator::clobber_flags()
{
    switch (m_flags.place) {
    case FlagPlace::Again:
    case FlagPlace::Marked:
        if (m_flags_live)
            return;
        break;
    case FlagPlace::Host:
        if (m_flags_live && m_flags.producer != kNoProducer && !loses_flags(m_index)) {
            m_flags.place = FlagPlace::Again;
            m_flags.kind = m_flags.producer_kind;
            return;
        }
        if (m_flags_live)
            save_flags();
        break;
    case FlagPlace::HostMarked:
        if (m_flags_live)
            return leave_host_flags();
        break;
    default: break;
    }
    m_flags.place = FlagPlace::Frame;
}

// They are where they were before flags_to_host().
void BlockTranslator::leave_host_flags()
{
    m_flags.place = FlagPlace::Marked;
    m_flags.kind = m_flags.producer_kind;
}

void BlockTranslator::flags_to_host()
{
    switch (m_flags.place) {
    case FlagPlace::Host:
    case FlagPlace::Both:
    case FlagPlace::HostMarked: return;
    case FlagPlace::Again:
        make_flags_again();
        m_flags.place = FlagPlace::Host;
        return;
    case FlagPlace::Marked: {
        // The first round of a loop finds them in the frame, the others make them again.
        PinState const pins = m_pins;
        m_flag_stubs.emplace_back();
        m_asm->compare_byte({ Reg::Rsp, frame::kFlagMark }, 0);
        m_asm->jump(Condition::E, m_flag_stubs.back().entry);
        make_flags_again();
        if (m_flags.kind == FlagKind::Addition)
            m_asm->cmc();
        m_asm->bind(m_flag_stubs.back().back);
        m_pins = pins;
        m_flags.place = FlagPlace::HostMarked;
        m_flags.kind = FlagKind::Subtraction;
        return;
    }
    case FlagPlace::Frame: break;
    }
    frame_flags_to_host();
    m_flags.place = FlagPlace::Both;
    m_flags.kind = FlagKind::Subtraction;
}

void BlockTranslator::frame_flags_to_host()
{
    m_asm->load_zero_extended(2, Reg::Rax, { Reg::Rsp, frame::kFlags });
    flags_from_rax();
}

// AX has the frame's form.
void BlockTranslator::flags_from_rax()
{
    // AL is 0 or 1: the sum overflows when it is 1.
    m_asm->add_to_al(0x7f);
    m_asm->sahf();
}

void BlockTranslator::set_flags(FlagKind kind)
{
    m_flags = {};
    m_flags.place = FlagPlace::Host;
    m_flags.kind = m_flags.producer_kind = kind;
}

void BlockTranslator::set_flags_of(unsigned index, FlagKind kind)
{
    set_flags(kind);
    if (m_rematerialises && registers_of_flags(index))
        m_flags.producer = index;
}

// [Arm DDI 0487, C1.2.4 "Condition code"]
Condition BlockTranslator::host_condition(unsigned condition)
{
    // HI and LS need CF and ZF the way a subtraction leaves them.
    if ((condition >> 1) == 4 && m_flags.kind == FlagKind::Addition) {
        m_asm->cmc();
        m_flags.kind = FlagKind::Subtraction;
    }
    constexpr Condition conditions[7]
        = { Condition::E, Condition::Ae, Condition::S, Condition::O, Condition::A, Condition::Ge, Condition::G };
    Condition result = conditions[condition >> 1];
    if ((condition >> 1) == 1 && m_flags.kind == FlagKind::Addition)
        result = Condition::B;
    return condition & 1 ? !result : result;
}

}
