// What NZCV can be made again from: the operands of the comparison that made it. Much of what follows a comparison
// moves them by a constant (a loop's counter, a base register that is written back), which is known here and costs
// nothing; before anything else overwrites them they can be kept in the frame.
#include "base/bits.h"
#include "engine/emulator/jit/memory_encodings.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/jit/x64/flag_producer.h"
#include "engine/emulator/jit/x64/register_changes.h"

#include <bit>
#include <cstdlib>

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    constexpr uint8_t kAllFlags = 15;

    // Bytes by which a load or store that writes its base back moves it; 0: it does not.
    int32_t write_back_of(uint32_t word)
    {
        if (is_pair(word)) {
            unsigned const opc = word >> 30;
            unsigned const bytes = is_vector(word) ? 4u << opc : opc == 2 ? 8 : 4;
            bool const writes_back = word >> 23 & 1;
            return writes_back ? static_cast<int32_t>(sign_extend(word >> 15, 7)) * static_cast<int32_t>(bytes) : 0;
        }
        bool const writes_back = is_short_offset(word) && (word >> 10 & 1);
        return writes_back ? static_cast<int32_t>(sign_extend(word >> 12, 9)) : 0;
    }

}

// The registers from which the flags of the instruction can be made again once it is done; none: they cannot.
uint64_t BlockTranslator::registers_of_flags(unsigned index) const
{
    DecodedInstruction const& decoded = m_instructions[index];
    uint32_t const word = decoded.word;
    unsigned const rd = rd_of(word);
    unsigned const rm = rm_of(word);
    switch (flag_producer_of(decoded.instruction)) {
    case FlagProducer::AddImmediate: return bit_of(or_sp(rn_of(word)));
    case FlagProducer::AddShifted: {
        unsigned const rn = rn_of(word);
        bool const loses_second = rd != kZero && rd == rm && (rn == rm || (word >> 10 & 63) != 0);
        return loses_second ? 0 : bit_of(rn) | bit_of(rm);
    }
    case FlagProducer::AddExtended: return rd != kZero && rd == rm ? 0 : bit_of(or_sp(rn_of(word))) | bit_of(rm);
    case FlagProducer::AndImmediate: return bit_of(rd != kZero ? rd : rn_of(word));
    case FlagProducer::AndShifted: return rd != kZero ? bit_of(rd) : bit_of(rn_of(word)) | bit_of(rm);
    default: return 0;
    }
}

FlagKind BlockTranslator::flag_kind_of(unsigned index) const
{
    FlagProducer const producer = flag_producer_of(m_instructions[index].instruction);
    bool const is_logical = producer == FlagProducer::AndImmediate || producer == FlagProducer::AndShifted;
    return !is_logical && (m_instructions[index].word >> 30 & 1) ? FlagKind::Subtraction : FlagKind::Addition;
}

bool BlockTranslator::takes_flags_of(unsigned producer, isa::OperandMasks const& masks) const
{
    return registers_written(masks) & registers_of_flags(producer);
}

bool BlockTranslator::is_displaced(unsigned guest) const
{
    return guest != kZero && (guest == m_flags.moved || guest == m_flags.kept[0] || guest == m_flags.kept[1]);
}

// What the register held when the flags were made: in a pin, or in the temporary.
Reg BlockTranslator::read_operand(unsigned guest, Reg temporary)
{
    if (!is_displaced(guest))
        return read(guest, temporary);
    Reg from = temporary;
    if (guest == m_flags.kept[0] || guest == m_flags.kept[1])
        m_asm->load(Width::W64, temporary, { Reg::Rsp, frame::kFlagOperands + (guest == m_flags.kept[1] ? 8 : 0) });
    else
        from = read(guest, temporary);
    if (guest == m_flags.moved) {
        m_asm->lea(Width::W64, temporary, { from, -m_flags.moved_by });
        return temporary;
    }
    return from;
}

std::optional<int32_t> constant_added(DecodedInstruction const& decoded, unsigned guest)
{
    uint32_t const word = decoded.word;
    if (decoded.instruction_class == isa::Class::LoadStore) {
        // Loaded into its own base: not for us.
        if (or_sp(rn_of(word)) != guest || rd_of(word) == guest || (is_pair(word) && ra_of(word) == guest))
            return std::nullopt;
        int32_t const by = write_back_of(word);
        return by != 0 ? std::optional { by } : std::nullopt;
    }
    if (decoded.instruction != Instruction::ADD_immediate && decoded.instruction != Instruction::SUB_immediate)
        return std::nullopt;
    if (or_sp(rd_of(word)) != guest || or_sp(rn_of(word)) != guest)
        return std::nullopt;
    auto const value = static_cast<int32_t>((word >> 10 & 0xfff) << (word >> 22 & 1 ? 12 : 0));
    return word >> 30 & 1 ? -value : value;
}

// By how much the instruction moves an operand of the flags' producer. A lost upper half is no loss for a comparison of
// lower halves.
std::optional<int32_t> BlockTranslator::operand_moved(unsigned index, unsigned guest) const
{
    DecodedInstruction const& decoded = m_instructions[index];
    auto const by = constant_added(decoded, guest);
    bool const loses_half = decoded.instruction_class == isa::Class::Integer && word_width(decoded.word) == Width::W32;
    if (loses_half && word_width(m_instructions[m_flags.producer].word) == Width::W64)
        return std::nullopt;
    return by;
}

// The operands of the flags' producer that the instruction overwrites, unless they are kept.
uint64_t BlockTranslator::operands_written(unsigned index) const
{
    uint64_t const written = registers_written(m_instructions[index].masks);
    return written
        ? written & registers_of_flags(m_flags.producer) & ~(bit_of(m_flags.kept[0]) | bit_of(m_flags.kept[1]))
        : 0;
}

// The operands of the flags' producer that could not be found any more after the instruction.
uint64_t BlockTranslator::operands_taken(unsigned index) const
{
    constexpr int32_t kMost = 1 << 30;
    uint64_t taken = operands_written(index);
    for (uint64_t rest = taken; rest; rest &= rest - 1) {
        auto const guest = static_cast<unsigned>(std::countr_zero(rest));
        if (m_flags.moved != kZero && m_flags.moved != guest)
            continue;
        if (auto const by = operand_moved(index, guest); by && std::abs(m_flags.moved_by + *by) < kMost)
            taken &= ~bit_of(guest);
    }
    return taken;
}

bool BlockTranslator::loses_flags(unsigned index) const
{
    DecodedInstruction const& decoded = m_instructions[index];
    return decoded.flags_live_after && decoded.masks.flags_written != kAllFlags && operands_taken(index);
}

// Whether other flags take their place before anything but a cold path looks at them: then operands need not become
// flags.
bool BlockTranslator::is_overwritten_soon(unsigned index) const
{
    while (++index < m_instructions.size()) {
        DecodedInstruction const& decoded = m_instructions[index];
        if (decoded.is_outside || decoded.masks.flags_read)
            return false;
        if (m_place_of[index] != kNoPlace)
            return !decoded.flags_live_before;
        if (decoded.masks.flags_written == kAllFlags)
            return true;
        unsigned target = 0;
        if (decoded.ends_block || (target_inside(index, target) && m_instructions[target].flags_live_before))
            return false;
    }
    return false;
}

void BlockTranslator::keep_operands(uint64_t guests)
{
    for (unsigned guest = 0; guest <= kSp; ++guest) {
        if (!(guests & bit_of(guest)))
            continue;
        unsigned const slot = m_flags.kept[0] == kZero ? 0 : 1;
        m_asm->store(
            Width::W64, { Reg::Rsp, frame::kFlagOperands + 8 * static_cast<int32_t>(slot) }, read(guest, Reg::Rax));
        m_flags.kept[slot] = static_cast<uint8_t>(guest);
    }
}

// Before an instruction that takes away what the flags could be made from.
void BlockTranslator::keep_flags_through(unsigned index)
{
    if (m_flags.producer == kNoProducer || m_flags.place == FlagPlace::Frame || m_flags.place == FlagPlace::Both)
        return;
    if (!loses_flags(index))
        return;
    if (is_overwritten_soon(index))
        keep_operands(operands_taken(index));
    else if (m_flags.place == FlagPlace::HostMarked)
        m_flags = { FlagPlace::Host, m_flags.kind, m_flags.kind };
    else if (m_flags.place != FlagPlace::Host)
        save_flags();
}

// After an instruction: where are the operands now?
void BlockTranslator::follow_operands(unsigned index)
{
    if (m_flags.producer == kNoProducer || m_flags.producer == index)
        return;
    uint64_t const written = operands_written(index);
    if (!written)
        return;
    if (operands_taken(index)) {
        FlagPlace const place = m_flags.place;
        bool const in_host = place == FlagPlace::Host || place == FlagPlace::HostMarked;
        // Where they are to be made again nobody looks.
        FlagPlace const now = in_host ? FlagPlace::Host : place == FlagPlace::Both ? place : FlagPlace::Frame;
        m_flags = { now, m_flags.kind, m_flags.producer_kind };
        return;
    }
    for (uint64_t rest = written; rest; rest &= rest - 1) {
        auto const guest = static_cast<unsigned>(std::countr_zero(rest));
        auto const by = operand_moved(index, guest);
        if (!by)
            continue;
        m_flags.moved = static_cast<uint8_t>(guest);
        m_flags.moved_by += *by;
    }
}

}
