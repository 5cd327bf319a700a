#include "engine/emulator/jit/a64/block_translator.h"

#include "base/check.h"
#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit::a64 {

BlockTranslator::Code BlockTranslator::translate(Assembler& assembler, uint8_t const* executable, CodePage const& page,
    unsigned word_index, Block const& block, Region const* region)
{
    m_asm = &assembler;
    m_loop_has_vectors = false;
    m_vectors_in_place = false;
    m_sp_checked = false;
    m_slow_accesses.clear();
    m_side_exits.clear();
    m_vector_loads.clear();
    m_indirect_misses.clear();
    m_link_stubs.clear();
    m_hot_stubs.clear();
    m_poll_exits.clear();
    m_leaves_at_entry = {};
    m_pending_at_entry = {};

    begin_unit(executable, page, word_index, block, region);
    m_place_labels.assign(m_places.size(), {});
    // Labels in these move no more once they are in use.
    m_slow_accesses.reserve(m_instructions.size());
    m_side_exits.reserve(m_instructions.size());
    m_vector_loads.reserve(m_instructions.size() + 1);
    m_entry = assembler.position();
    emit_entry(block);
    if (m_is_loop)
        enter_loop();
    emit_instructions();
    uint32_t const cold = assembler.position();
    emit_cold_paths();

    Code const code { m_entry, cold, assembler.position() };
    auto const link = static_cast<uint32_t>(m_links.size());
    m_links.push_back({ m_page, m_entry, static_cast<uint16_t>(entry_offset()), true });
    leave_to_link(link);
    return code;
}

void BlockTranslator::emit_entry(Block const& block)
{
    m_asm->load(4, kT0, kCpuRegister, m_layout.pending);
    m_asm->jump_if_not_zero(Width::W32, kT0, m_pending_at_entry);
    CHECK(m_asm->overflowed() || m_asm->position() == m_entry + kPollBytes);
    if (block.first_fp == Block::kNone)
        return;
    // CPACR_EL1.FPEN: 3 traps nothing, 1 EL0 alone. The run loop does blocks with a trap in them.
    constexpr unsigned kFpen = 20;
    Label allowed;
    m_asm->load(8, kT0, kCpuRegister, m_layout.system(SystemRegister::CPACR_EL1));
    m_asm->jump_if_bit(false, kT0, kFpen, m_leaves_at_entry);
    m_asm->jump_if_bit(true, kT0, kFpen + 1, allowed);
    m_asm->load(1, kT0, kCpuRegister, m_layout.el);
    m_asm->jump_if_zero(Width::W32, kT0, m_leaves_at_entry);
    m_asm->bind(allowed);
}

void BlockTranslator::emit_instruction(unsigned index)
{
    DecodedInstruction const& decoded = m_instructions[index];
    bool done = false;
    if (decoded.instruction == isa::Instruction::Unallocated)
        return emit_fallback(index);
    switch (decoded.instruction_class) {
    case isa::Class::Integer: done = emit_integer(decoded, index); break;
    case isa::Class::Branch: done = emit_branch(index); break;
    case isa::Class::LoadStore:
    case isa::Class::SimdLoadStore: done = emit_memory(index); break;
    case isa::Class::Atomic: done = emit_atomic(index); break;
    case isa::Class::System: done = emit_system(index); break;
    case isa::Class::FloatingPoint:
    case isa::Class::Simd:
    case isa::Class::Crypto: done = emit_vector(decoded); break;
    }
    if (!done)
        emit_fallback(index);
}

// `segment`: from where on instructions are not yet counted.
void BlockTranslator::emit_call(unsigned index, unsigned segment, uint32_t thunk)
{
    DecodedInstruction const& decoded = m_instructions[index];
    m_asm->address_of_next(kT1, 8);
    m_asm->jump_position(thunk);
    m_asm->word64(reinterpret_cast<uint64_t>(&m_left_behind.functions[static_cast<size_t>(decoded.instruction)]));
    m_asm->word(decoded.word);
    m_asm->word(page_offset(index) | (index - segment) << 16);
}

BlockTranslator::SlowAccess& BlockTranslator::begin_slow(unsigned index, bool is_acquire)
{
    m_slow_accesses.push_back({ {}, {}, index, m_segment, m_vectors_in_place, is_acquire });
    return m_slow_accesses.back();
}

void BlockTranslator::emit_fallback(unsigned index)
{
    DecodedInstruction const& decoded = m_instructions[index];
    m_ended = decoded.ends_block;
    m_vectors_in_place = m_loop_has_vectors && !m_ended;
    uint32_t const call = m_vectors_in_place ? m_thunks.call_keeping_vectors : m_thunks.call;
    emit_call(index, m_segment, m_ended ? m_thunks.end : call);
    if (decoded.masks.sp_written)
        m_sp_checked = false;
}

void BlockTranslator::retire(unsigned instructions)
{
    if (instructions == 0)
        return;
    m_asm->add(kRetired, kRetired, instructions, kT1);
}

void BlockTranslator::end_of_block(unsigned next_index)
{
    leave_block_to(next_index - 1, page_offset(next_index), next_index - m_segment);
    m_ended = true;
}

// From that instruction.
void BlockTranslator::leave_block_to(unsigned index, int64_t target, unsigned retired)
{
    if (unsigned inside = 0; is_inside(target, inside))
        return jump_inside(inside, retired, inside <= index);
    retire(retired);
    count_round(index, target);
    go_to(target);
}

void BlockTranslator::page_plus(Reg to, int64_t offset)
{
    m_asm->load(8, to, Reg::Sp, frame::kPage);
    m_asm->add(to, to, offset, kT1);
}

// Everything has been counted.
void BlockTranslator::go_to(int64_t target)
{
    if (is_in_page(target))
        return jump_in_page(static_cast<uint16_t>(target));
    page_plus(kT0, target);
    m_asm->jump_position(m_thunks.dispatch);
}

void BlockTranslator::jump_in_page(uint16_t offset)
{
    if (auto const code = known_code(offset))
        return m_asm->jump_position(*code);
    auto const link = static_cast<uint32_t>(m_links.size());
    m_links.push_back({ m_page, m_asm->position(), offset });
    m_link_stubs.push_back({ {}, link });
    m_asm->jump(m_link_stubs.back().entry);
}

void BlockTranslator::emit_cold_paths()
{
    for (SlowAccess& slow : m_slow_accesses) {
        m_asm->bind(slow.entry);
        // The function's load is not ordered after a store-release of translated code.
        if (slow.is_acquire)
            m_asm->full_barrier();
        emit_call(slow.index, slow.segment, slow.keeps_vectors ? m_thunks.call_keeping_vectors : m_thunks.call);
        m_asm->jump(slow.back);
    }
    for (VectorLoad& load : m_vector_loads) {
        m_asm->bind(load.entry);
        m_asm->address_of_next(kT1, 8);
        m_asm->jump_position(m_thunks.load_vectors);
        m_asm->jump(load.back);
    }
    for (IndirectMiss& miss : m_indirect_misses)
        emit_indirect_miss(miss);
    for (SideExit& exit : m_side_exits) {
        m_asm->bind(exit.entry);
        retire(exit.retired);
        go_to(exit.target);
    }
    emit_loop_cold_paths();
    for (LinkStub& stub : m_link_stubs) {
        m_asm->bind(stub.entry);
        leave_to_link(stub.link);
    }
    Label behind_poll { m_entry + kPollBytes };
    m_asm->bind(m_pending_at_entry);
    emit_pending(m_entry_index, behind_poll);
    m_asm->bind(m_leaves_at_entry);
    m_asm->mov(kT0, uint64_t { entry_offset() });
    m_asm->jump_position(m_thunks.leave);
}

// Something is pending before that instruction.
void BlockTranslator::emit_pending(unsigned index, Label& goes_on)
{
    m_asm->mov(kT0, uint64_t { page_offset(index) });
    m_asm->address_of_next(kT1, 8);
    m_asm->jump_position(m_thunks.pending);
    m_asm->jump(goes_on);
}

void BlockTranslator::leave_to_link(uint32_t link)
{
    m_asm->mov(kT1, uint64_t { link });
    m_asm->mov(kT0, uint64_t { m_links[link].offset });
    m_asm->jump_position(m_thunks.leave_to_link);
}

}
