// Branches. [Arm DDI 0487, C4.1.96 "Branches, Exception Generating and System instructions"]
#include "engine/emulator/jit/a64/block_translator.h"
#include "engine/emulator/jit/a64/jump_lookup.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::a64 {

using isa::Instruction;

bool BlockTranslator::emit_branch(unsigned index)
{
    DecodedInstruction const& decoded = m_instructions[index];
    uint32_t const word = decoded.word;
    int64_t const here = page_offset(index);
    int64_t const target = here + branch_offset(decoded).value_or(0);
    Width const width = word >> 31 ? Width::W64 : Width::W32;
    switch (decoded.instruction) {
    case Instruction::B:
    case Instruction::BL:
        if (decoded.instruction == Instruction::BL)
            page_plus(Reg::X30, here + 4);
        leave_block_to(index, target, retired_with(index));
        m_ended = true;
        return true;
    case Instruction::B_cond: {
        unsigned const condition = word & 15;
        if (condition >= 14) { // always; what follows is never reached
            leave_block_to(index, target, retired_with(index));
            return true;
        }
        leave_if(index, target, [&](bool when, Label& to) { m_asm->jump_if(when ? condition : condition ^ 1, to); });
        return true;
    }
    case Instruction::CBZ:
    case Instruction::CBNZ: {
        Reg const value = read(rd_of(word), kT0);
        bool const leaves_at_zero = decoded.instruction == Instruction::CBZ;
        leave_if(index, target, [&](bool when, Label& to) {
            if (when == leaves_at_zero)
                m_asm->jump_if_zero(width, value, to);
            else
                m_asm->jump_if_not_zero(width, value, to);
        });
        return true;
    }
    case Instruction::TBZ:
    case Instruction::TBNZ: {
        Reg const value = read(rd_of(word), kT0);
        unsigned const bit = word >> 31 << 5 | (word >> 19 & 31);
        bool const leaves_at_one = decoded.instruction == Instruction::TBNZ;
        leave_if(
            index, target, [&](bool when, Label& to) { m_asm->jump_if_bit(when == leaves_at_one, value, bit, to); });
        return true;
    }
    case Instruction::BR:
    case Instruction::RET: indirect_branch(index, false); return true;
    case Instruction::BLR: indirect_branch(index, true); return true;
    default: return false;
    }
}

// `jump(when, label)` jumps there when the condition is `when`. Branches back are mostly taken, so that their way stays
// in line. What stays in a loop is counted whether it jumps or not.
template <typename Jump> void BlockTranslator::leave_if(unsigned index, int64_t target, Jump jump)
{
    unsigned inside = 0;
    bool const stays_inside = is_inside(target, inside);
    if (stays_inside && inside > index) {
        retire(retired_with(index));
        m_segment = index + 1;
        return jump(true, free_label(inside));
    }
    if (!stays_inside && target > page_offset(index)) {
        m_side_exits.push_back({ {}, target, retired_with(index) });
        return jump(true, m_side_exits.back().entry);
    }
    Label stays;
    jump(false, stays);
    leave_block_to(index, target, retired_with(index));
    m_asm->bind(stays);
}

// Where jumps went lately stands without a tag, so that an address that has one is never found there.
void BlockTranslator::indirect_branch(unsigned index, bool links)
{
    Reg const target = read(rn_of(m_instructions[index].word), kT0);
    m_indirect_misses.push_back({ {}, index, m_segment, links });
    emit_jump_lookup(*m_asm, target, m_indirect_misses.back().entry);
    if (links)
        page_plus(Reg::X30, int64_t { page_offset(index) } + 4);
    retire(retired_with(index));
    emit_jump_to_code(*m_asm);
    m_ended = true;
}

// Addresses that carry a tag are left to the semantic function, which knows whether it is to be dropped.
void BlockTranslator::emit_indirect_miss(IndirectMiss& miss)
{
    Label tagged;
    m_asm->bind(miss.entry);
    Reg const target = read(rn_of(m_instructions[miss.index].word), kT0);
    m_asm->extract_signed(Width::W64, kT1, target, 0, 56);
    m_asm->eor(kT1, kT1, target);
    m_asm->jump_if_not_zero(Width::W64, kT1, tagged);
    if (target != kT0)
        m_asm->mov(kT0, target);
    if (miss.links)
        page_plus(Reg::X30, int64_t { page_offset(miss.index) } + 4);
    retire(miss.index + 1 - miss.segment);
    m_asm->jump_position(m_thunks.dispatch_missed);
    m_asm->bind(tagged);
    emit_call(miss.index, miss.segment, m_thunks.end);
}

}
