// Branches. [Arm DDI 0487, C4.1.96 "Branches, Exception Generating and System instructions"]
#include "base/bits.h"
#include "engine/emulator/jit/a64/block_translator.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::a64 {

using isa::Instruction;

bool BlockTranslator::emit_branch(unsigned index)
{
    DecodedInstruction const& decoded = m_instructions[index];
    uint32_t const word = decoded.word;
    int64_t const here = page_offset(index);
    auto const by_words = [&](unsigned low, unsigned width) { return here + 4 * sign_extend(word >> low, width); };
    Width const width = word >> 31 ? Width::W64 : Width::W32;
    switch (decoded.instruction) {
    case Instruction::B:
    case Instruction::BL:
        if (decoded.instruction == Instruction::BL)
            page_plus(Reg::X30, here + 4);
        retire(index + 1);
        go_to(by_words(0, 26));
        m_ended = true;
        return true;
    case Instruction::B_cond: {
        unsigned const condition = word & 15;
        if (condition >= 14) { // always; what follows is never reached
            m_asm->jump(side_exit(index, by_words(5, 19)));
            return true;
        }
        m_asm->jump_if(condition, side_exit(index, by_words(5, 19)));
        return true;
    }
    case Instruction::CBZ:
        m_asm->jump_if_zero(width, read(rd_of(word), kT0), side_exit(index, by_words(5, 19)));
        return true;
    case Instruction::CBNZ:
        m_asm->jump_if_not_zero(width, read(rd_of(word), kT0), side_exit(index, by_words(5, 19)));
        return true;
    case Instruction::TBZ:
    case Instruction::TBNZ:
        m_asm->jump_if_bit(decoded.instruction == Instruction::TBNZ, read(rd_of(word), kT0),
            word >> 31 << 5 | (word >> 19 & 31), side_exit(index, by_words(5, 14)));
        return true;
    case Instruction::BR:
    case Instruction::RET: indirect_branch(index, false); return true;
    case Instruction::BLR: indirect_branch(index, true); return true;
    default: return false;
    }
}

Label& BlockTranslator::side_exit(unsigned index, int64_t target)
{
    m_side_exits.push_back({ {}, target, index + 1 });
    return m_side_exits.back().entry;
}

// Addresses that carry a tag are left to the semantic function, which knows whether it is to be dropped.
void BlockTranslator::indirect_branch(unsigned index, bool links)
{
    unsigned const rn = rn_of(m_instructions[index].word);
    Reg const target = read(rn, kT2);
    m_asm->extract_signed(kT3, target, 0, 56);
    m_asm->eor(kT3, kT3, target);
    m_tagged_branches.push_back({ {}, index });
    m_asm->jump_if_not_zero(Width::W64, kT3, m_tagged_branches.back().entry);
    if (target != kT2)
        m_asm->mov(kT2, target);
    if (links)
        page_plus(Reg::X30, int64_t { page_offset(index) } + 4);
    retire(index + 1);
    m_asm->mov(kT0, kT2);
    m_asm->jump_position(m_thunks.dispatch);
    m_ended = true;
}

}
