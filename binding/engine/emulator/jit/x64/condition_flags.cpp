// NZCV during the translation of a block. Between two instructions it may be in the frame, in the host's flags, or
// nowhere at all: while the operands of the comparison that made it are still there, it can be made again. That is what
// cold paths do, so that the way through a loop stores no flags.
#include "base/check.h"
#include "engine/emulator/isa/bit_mask.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    constexpr uint8_t kAllFlags = 15;

    enum class Producer : uint8_t { None, AddImmediate, AddShifted, AddExtended, AndImmediate, AndShifted };

    Producer producer_of(Instruction instruction)
    {
        switch (instruction) {
        case Instruction::ADDS_immediate:
        case Instruction::SUBS_immediate: return Producer::AddImmediate;
        case Instruction::ADDS_shifted:
        case Instruction::SUBS_shifted: return Producer::AddShifted;
        case Instruction::ADDS_extended:
        case Instruction::SUBS_extended: return Producer::AddExtended;
        case Instruction::ANDS_immediate: return Producer::AndImmediate;
        case Instruction::ANDS_shifted:
        case Instruction::BICS_shifted: return Producer::AndShifted;
        default: return Producer::None;
        }
    }

    // As in PinMap: bit 32 is SP.
    uint64_t bit_of(unsigned guest)
    {
        return guest == kZero ? 0 : uint64_t { 1 } << guest;
    }
    uint64_t registers_written(isa::OperandMasks const& masks)
    {
        return (masks.x_written & ~(uint32_t { 1 } << kZero)) | (masks.sp_written ? bit_of(kSp) : 0);
    }

}

// The registers from which the flags of the instruction can be made again once it is done; none: they cannot.
uint64_t BlockTranslator::registers_of_flags(unsigned index) const
{
    DecodedInstruction const& decoded = m_instructions[index];
    uint32_t const word = decoded.word;
    unsigned const rd = rd_of(word);
    unsigned const rm = rm_of(word);
    switch (producer_of(decoded.instruction)) {
    case Producer::AddImmediate: return bit_of(or_sp(rn_of(word)));
    case Producer::AddShifted: {
        unsigned const rn = rn_of(word);
        bool const loses_second = rd != kZero && rd == rm && (rn == rm || (word >> 10 & 63) != 0);
        return loses_second ? 0 : bit_of(rn) | bit_of(rm);
    }
    case Producer::AddExtended: return rd != kZero && rd == rm ? 0 : bit_of(or_sp(rn_of(word))) | bit_of(rm);
    case Producer::AndImmediate: return bit_of(rd != kZero ? rd : rn_of(word));
    case Producer::AndShifted: return rd != kZero ? bit_of(rd) : bit_of(rn_of(word)) | bit_of(rm);
    default: return 0;
    }
}

BlockTranslator::FlagKind BlockTranslator::flag_kind_of(unsigned index) const
{
    Producer const producer = producer_of(m_instructions[index].instruction);
    bool const is_logical = producer == Producer::AndImmediate || producer == Producer::AndShifted;
    return !is_logical && (m_instructions[index].word >> 30 & 1) ? FlagKind::Subtraction : FlagKind::Addition;
}

// Leaves the flags of m_flags.producer in the host's. Takes RAX and RCX.
void BlockTranslator::make_flags_again()
{
    DecodedInstruction const& decoded = m_instructions[m_flags.producer];
    uint32_t const word = decoded.word;
    Width const width = word_width(word);
    unsigned const rd = rd_of(word);
    Producer const producer = producer_of(decoded.instruction);
    bool const is_logical = producer == Producer::AndImmediate || producer == Producer::AndShifted;
    if (is_logical && rd != kZero) {
        Reg const result = read(rd, Reg::Rax);
        return m_asm->test(width, result, result);
    }
    if (is_logical) {
        Reg second = Reg::Rcx;
        if (producer == Producer::AndImmediate) {
            m_asm->mov(Reg::Rcx, isa::logical_bit_mask(word >> 22 & 1, word >> 10 & 63, word >> 16 & 63));
        } else {
            second = shifted(width, rm_of(word), word >> 22 & 3, word >> 10 & 63);
            if (decoded.instruction == Instruction::BICS_shifted) {
                if (second != Reg::Rcx)
                    m_asm->mov(width, Reg::Rcx, second);
                m_asm->unary(Unary::Not, width, Reg::Rcx);
                second = Reg::Rcx;
            }
        }
        return m_asm->test(width, read(rn_of(word), Reg::Rax), second);
    }
    bool const subtracts = word >> 30 & 1;
    unsigned const rn = producer == Producer::AddShifted ? rn_of(word) : or_sp(rn_of(word));
    if (producer == Producer::AddImmediate) {
        auto const value = static_cast<int32_t>((word >> 10 & 0xfff) << (word >> 22 & 1 ? 12 : 0));
        Reg first = read(rn, Reg::Rax);
        if (rd == rn) {
            m_asm->lea(width, Reg::Rax, { first, subtracts ? value : -value });
            first = Reg::Rax;
        }
        if (subtracts)
            return m_asm->alu(Alu::Cmp, width, first, value);
        if (first != Reg::Rax)
            m_asm->mov(width, Reg::Rax, first);
        return m_asm->alu(Alu::Add, width, Reg::Rax, value);
    }
    Reg first = read(rn, Reg::Rax);
    Reg second;
    if (producer == Producer::AddShifted && rd != kZero && rd == rm_of(word)) {
        // The register holds the result: rn - rm gives rm, and so does the sum less rn.
        Reg const result = read(rd, Reg::Rcx);
        if (subtracts) {
            Reg const kept = result == Reg::Rcx ? Reg::Rdx : Reg::Rcx;
            m_asm->mov(width, kept, first);
            m_asm->alu(Alu::Sub, width, kept, result);
            second = kept;
        } else {
            if (result != Reg::Rcx)
                m_asm->mov(width, Reg::Rcx, result);
            m_asm->alu(Alu::Sub, width, Reg::Rcx, first);
            second = Reg::Rcx;
        }
    } else {
        second = producer == Producer::AddShifted ? shifted(width, rm_of(word), word >> 22 & 3, word >> 10 & 63)
                                                  : extended(rm_of(word), word >> 13 & 7, word >> 10 & 7);
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

// Before an instruction that takes away what the flags could be made from.
void BlockTranslator::keep_flags_through(unsigned index)
{
    if (m_flags.place != FlagPlace::Again && m_flags.place != FlagPlace::Marked)
        return;
    if (loses_flags(index))
        save_flags();
}

bool BlockTranslator::loses_flags(unsigned index) const
{
    DecodedInstruction const& decoded = m_instructions[index];
    return decoded.flags_live_after && decoded.masks.flags_written != kAllFlags
        && takes_flags_of(m_flags.producer, decoded.masks);
}

// Whether an instruction overwrites what the producer's flags could be made from.
bool BlockTranslator::takes_flags_of(unsigned producer, isa::OperandMasks const& masks) const
{
    return registers_written(masks) & registers_of_flags(producer);
}

// After an instruction.
void BlockTranslator::forget_lost_flags(unsigned index)
{
    if (m_flags.producer == kNoProducer || m_flags.producer == index)
        return;
    if (!takes_flags_of(m_flags.producer, m_instructions[index].masks))
        return;
    m_flags.producer = kNoProducer;
    if (m_flags.place == FlagPlace::Again || m_flags.place == FlagPlace::Marked)
        m_flags.place = FlagPlace::Frame; // nobody looks
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
    default: break;
    }
    m_flags.place = FlagPlace::Frame;
}

void BlockTranslator::flags_to_host()
{
    switch (m_flags.place) {
    case FlagPlace::Host:
    case FlagPlace::Both: return;
    case FlagPlace::Again:
        make_flags_again();
        m_flags.place = FlagPlace::Host;
        return;
    case FlagPlace::Marked: save_flags(); break;
    case FlagPlace::Frame: break;
    }
    m_asm->load_zero_extended(2, Reg::Rax, { Reg::Rsp, frame::kFlags });
    m_flags.place = FlagPlace::Both;
    m_flags.kind = FlagKind::Subtraction;
    // AL is 0 or 1: the sum overflows when it is 1.
    m_asm->add_to_al(0x7f);
    m_asm->sahf();
}

void BlockTranslator::set_flags(FlagKind kind)
{
    m_flags = { FlagPlace::Host, kind, kind, kNoProducer };
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
