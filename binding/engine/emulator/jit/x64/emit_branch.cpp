// Branches. [Arm DDI 0487, C4.1.96 "Branches, Exception Generating and System instructions"]
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

bool BlockTranslator::emit_branch(unsigned index)
{
    DecodedInstruction const& decoded = m_instructions[index];
    uint32_t const word = decoded.word;
    int64_t const here = page_offset(index);
    int64_t const target = here + branch_offset(decoded).value_or(0);
    switch (decoded.instruction) {
    case Instruction::B:
    case Instruction::BL:
        if (decoded.instruction == Instruction::BL) {
            m_asm->load(Width::W64, Reg::Rax, { Reg::Rsp, frame::kPage });
            m_asm->lea(Width::W64, Reg::Rax, { Reg::Rax, static_cast<int32_t>(here) + 4 });
            written(kLink, Reg::Rax);
        }
        load_all_pins();
        leave_block_to(target, retired_with(index), m_vectors.state());
        m_ended = true;
        return true;
    case Instruction::B_cond: {
        unsigned const condition = word & 15;
        load_all_pins();
        if (condition >= 14) { // always; what follows is never reached
            leave_block_to(target, retired_with(index), m_vectors.state());
            return true;
        }
        flags_to_host();
        conditional_branch(host_condition(condition), index, target);
        return true;
    }
    case Instruction::CBZ:
    case Instruction::CBNZ: {
        clobber_flags();
        load_all_pins();
        Reg const value = read(rd_of(word), Reg::Rax);
        m_asm->test(word_width(word), value, value);
        conditional_branch(decoded.instruction == Instruction::CBZ ? Condition::E : Condition::Ne, index, target);
        return true;
    }
    case Instruction::TBZ:
    case Instruction::TBNZ: {
        clobber_flags();
        load_all_pins();
        Reg const value = read(rd_of(word), Reg::Rax);
        m_asm->bit_test(word_width(word), value, static_cast<uint8_t>(word >> 31 << 5 | (word >> 19 & 31)));
        conditional_branch(decoded.instruction == Instruction::TBZ ? Condition::Ae : Condition::B, index, target);
        return true;
    }
    case Instruction::BR:
    case Instruction::RET: indirect_branch(index, false); return true;
    case Instruction::BLR: indirect_branch(index, true); return true;
    default: return false;
    }
}

// All pins in place.
void BlockTranslator::conditional_branch(Condition condition, unsigned index, int64_t target)
{
    if (branch_inside(condition, index, target))
        return;
    m_side_exits.push_back({ {}, target, retired_with(index), m_vectors.state(), m_flags, false, index });
    m_asm->jump(condition, m_side_exits.back().entry);
}

// No code is known at an address that carries a tag: such a jump leaves, and Jit::execute() drops the tag.
void BlockTranslator::indirect_branch(unsigned index, bool links)
{
    save_flags();
    set_frame_flags();
    Reg const target = read(rn_of(m_instructions[index].word), Reg::Rax);
    if (target != Reg::Rax)
        m_asm->mov(Width::W64, Reg::Rax, target);
    load_all_pins();
    if (links) {
        m_asm->load(Width::W64, Reg::Rcx, { Reg::Rsp, frame::kPage });
        m_asm->lea(Width::W64, Reg::Rcx, { Reg::Rcx, static_cast<int32_t>(page_offset(index)) + 4 });
        written(kLink, Reg::Rcx);
    }
    retire(retired_with(index));
    m_vectors.store(m_vectors.state());
    swap_pins_out();
    m_asm->jump_position(m_thunks.dispatch);
    m_ended = true;
}

}
