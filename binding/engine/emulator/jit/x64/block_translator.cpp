#include "engine/emulator/jit/x64/block_translator.h"

#include "base/check.h"
#include "generated/a64_instruction.h"

#include <cstddef>

namespace dormouse::emulator::jit::x64 {

BlockTranslator::Code BlockTranslator::translate(Assembler& assembler, uint8_t const* executable, CodePage const& page,
    unsigned word_index, Block const& block, Region const* region)
{
    m_asm = &assembler;
    m_pins = {};
    m_flags = {};
    m_sp_checked = false;
    m_constant_register = kZero;
    m_slow_accesses.clear();
    m_side_exits.clear();
    m_flag_stubs.clear();
    m_link_stubs.clear();
    m_hot_stubs.clear();
    m_leaves_at_entry = {};
    m_pending_at_entry = {};
    m_behind_poll = {};
    m_entered_at_start_alone = false;

    begin_unit(executable, page, word_index, block, region);
    m_entered_at_start_alone = !region; // emit_exclusive.cpp relies on it
    // Labels in these move no more once they are in use.
    m_slow_accesses.reserve(m_instructions.size());
    begin_loop();
    m_vectors.begin_block(m_is_loop);
    m_entry = assembler.position();
    emit_entry(block);
    m_vectors.emit_entry();
    if (m_is_loop)
        enter_loop();
    emit_instructions();
    emit_cold_paths();

    Code const code { m_entry, assembler.position() };
    auto const link = static_cast<uint32_t>(m_links.size());
    m_links.push_back({ m_page, m_entry + 1, static_cast<uint16_t>(entry_offset()), true });
    assembler.mov(Reg::Rdx, link);
    assembler.mov(Reg::Rax, entry_offset());
    assembler.jump_position(m_thunks.leave_to_link);
    return code;
}

// The poll of Cpu::pending is the first instruction, and longer than the jump that takes its place when the block is
// unlinked.
void BlockTranslator::emit_entry(Block const& block)
{
    m_asm->alu_memory(Alu::Cmp, Width::W32, CpuLayout::at(m_layout.pending), 0);
    m_asm->jump(Condition::Ne, m_pending_at_entry);
    m_asm->bind(m_behind_poll);
    CHECK(m_asm->overflowed() || m_asm->position() == m_entry + kPollBytes);
    if (block.first_fp == Block::kNone)
        return;
    // CPACR_EL1.FPEN: 3 traps nothing, 1 EL0 alone. The run loop does blocks with a trap in them.
    Label allowed;
    m_asm->load(Width::W32, Reg::Rax, CpuLayout::at(m_layout.cpacr));
    m_asm->shift(Shift::Shr, Width::W32, Reg::Rax, 20);
    m_asm->alu(Alu::And, Width::W32, Reg::Rax, 3);
    m_asm->alu(Alu::Cmp, Width::W32, Reg::Rax, 3);
    m_asm->jump(Condition::E, allowed);
    m_asm->alu(Alu::Cmp, Width::W32, Reg::Rax, 1);
    m_asm->jump(Condition::Ne, m_leaves_at_entry);
    m_asm->compare_byte(CpuLayout::at(m_layout.el), 0);
    m_asm->jump(Condition::E, m_leaves_at_entry);
    m_asm->bind(allowed);
}

void BlockTranslator::emit_instruction(unsigned index)
{
    DecodedInstruction const& decoded = m_instructions[index];
    m_index = index;
    m_flags_live = decoded.flags_live_before;
    keep_flags_through(index);
    unsigned const constant_register = m_constant_register;
    bool done = false;
    switch (decoded.instruction_class) {
    case isa::Class::Integer:
        done = emit_arithmetic(decoded) || emit_integer(decoded) || m_vectors.emit_crc32(index);
        break;
    case isa::Class::Branch: done = emit_branch(index); break;
    case isa::Class::LoadStore:
    case isa::Class::SimdLoadStore: done = emit_memory(index) || m_vectors.emit_structures(index); break;
    case isa::Class::Atomic: done = emit_atomic(index); break;
    case isa::Class::System: done = emit_system(index); break;
    default: done = m_vectors.emit(index); break;
    }
    if (!done)
        emit_fallback(index);
    follow_operands(index);
    if (m_constant_register == constant_register && decoded.instruction != isa::Instruction::MOVK)
        m_constant_register = kZero;
}

// `segment`: where instructions were last counted.
void BlockTranslator::set_call_arguments(unsigned index, unsigned segment)
{
    DecodedInstruction const& decoded = m_instructions[index];
    m_asm->mov(
        Reg::Rax, call_argument::of(page_offset(index), index - segment) | call_argument::of(decoded.instruction));
    m_asm->mov(Reg::Rcx, decoded.word);
}

void BlockTranslator::emit_fallback(unsigned index)
{
    DecodedInstruction const& decoded = m_instructions[index];
    save_flags();
    set_frame_flags();
    store_dirty_pins();
    count_before_call();
    m_vectors.store_all();
    set_call_arguments(index, m_segment);
    if (decoded.ends_block) {
        m_asm->jump_position(m_thunks.end);
        m_ended = true;
        return;
    }
    bool const with_flags = decoded.masks.flags_read || decoded.masks.flags_written;
    m_asm->call_position(with_flags ? m_thunks.call_with_flags : m_thunks.call);
    m_pins.loaded &= ~(kVolatilePins | pins_written(decoded.masks));
    count_after_call();
    m_vectors.after_fallback();
    if (decoded.masks.sp_written)
        m_sp_checked = false;
}

void BlockTranslator::retire(unsigned instructions)
{
    if (instructions == 0)
        return;
    if (m_count_pin != kPinCount) {
        Reg const counter = kPins[m_count_pin].host;
        return m_asm->lea(Width::W64, counter, { counter, static_cast<int32_t>(instructions) });
    }
    m_asm->alu_memory(Alu::Add, Width::W64, CpuLayout::at(m_layout.retired), static_cast<int32_t>(instructions));
}

void BlockTranslator::end_of_block(unsigned next_index)
{
    load_all_pins();
    leave_block_to(page_offset(next_index), next_index - m_segment, m_vectors.state());
    m_ended = true;
}

// All pins in place.
void BlockTranslator::leave_block_to(int64_t target, unsigned retired, VectorState const& vectors, bool polls)
{
    unsigned inside = 0;
    if (is_inside(target, inside))
        return jump_inside(inside, retired, vectors, polls && inside <= m_index);
    save_flags();
    retire(retired);
    m_vectors.store(vectors);
    swap_pins_out();
    count_round(target);
    go_to(target);
}

// A jump back, to another block: it is a loop, and may become a region.
void BlockTranslator::count_round(int64_t target)
{
    if (!counts_round(m_index, target))
        return;
    auto const link = static_cast<uint32_t>(m_links.size());
    uint32_t const begin = m_asm->position();
    m_hot_stubs.push_back({ {}, link });
    m_asm->mov(Reg::Rax, reinterpret_cast<uint64_t>(&m_counted->executions));
    m_asm->alu_memory(Alu::Sub, Width::W32, { Reg::Rax, 0 }, 1);
    m_asm->jump(Condition::E, m_hot_stubs.back().entry);
    m_links.push_back({ m_page, begin, static_cast<uint16_t>(target), false, m_asm->position() });
}

// An instruction that its semantic function may have to do. Registers are as they will be when it turns out.
SlowAccess& BlockTranslator::begin_slow(unsigned index)
{
    CHECK(
        m_flags.place != FlagPlace::Host && m_flags.place != FlagPlace::Both && m_flags.place != FlagPlace::HostMarked);
    SlowAccess& slow = m_slow_accesses.emplace_back();
    slow.index = index;
    slow.before = slow.after = m_pins;
    slow.vectors_before = slow.vectors_after = m_vectors.state();
    slow.flags = m_flags;
    slow.segment = m_segment;
    return slow;
}

void BlockTranslator::end_slow()
{
    SlowAccess& slow = m_slow_accesses.back();
    slow.after = m_pins;
    slow.vectors_after = m_vectors.state();
    m_asm->bind(slow.back);
}

// All pins in place between blocks, flags in the frame, everything counted.
void BlockTranslator::go_to(int64_t target)
{
    if (is_in_page(target))
        return jump_in_page(static_cast<uint16_t>(target));
    m_asm->load(Width::W64, Reg::Rax, { Reg::Rsp, frame::kPage });
    m_asm->lea(Width::W64, Reg::Rax, { Reg::Rax, static_cast<int32_t>(target) });
    m_asm->jump_position(m_thunks.dispatch);
}

void BlockTranslator::jump_in_page(uint16_t offset)
{
    if (auto const code = known_code(offset))
        return m_asm->jump_position(*code);
    auto const link = static_cast<uint32_t>(m_links.size());
    m_links.push_back({ m_page, m_asm->position() + 1, offset });
    m_link_stubs.push_back({ {}, link });
    m_asm->jump(m_link_stubs.back().entry);
}

void BlockTranslator::emit_cold_paths()
{
    for (SlowAccess& slow : m_slow_accesses) {
        if (slow.other_page.last_site != Label::kNone)
            slow.steady_entry ? find_steady_page(slow) : find_stack_page(slow);
        if (slow.other_addend.last_site != Label::kNone)
            find_addend(slow);
        m_asm->bind(slow.entry);
        m_pins = slow.before;
        m_flags = slow.flags;
        save_flags();
        m_vectors.store(slow.vectors_before);
        if (slow.before.loaded == kAllPins && !m_swapped_pins) {
            set_call_arguments(slow.index, slow.segment);
            m_asm->call_position(m_thunks.call_with_pins);
        } else {
            store_pins(slow.before.loaded & slow.before.dirty);
            count_before_call();
            set_call_arguments(slow.index, slow.segment);
            m_asm->call_position(m_thunks.call);
            count_after_call();
            load_pins(slow.after.loaded & (kVolatilePins | pins_written(m_instructions[slow.index].masks)));
        }
        m_vectors.after_call(slow.vectors_after);
        m_asm->jump(slow.back);
    }
    for (unsigned i = 0; i < m_side_exits.size(); ++i) {
        SideExit exit = m_side_exits[i];
        m_asm->bind(exit.entry);
        m_pins = { m_usable_pins, m_usable_pins };
        m_flags = exit.flags;
        m_index = exit.index;
        if (!exit.to_cpp) {
            leave_block_to(exit.target, exit.retired, exit.vectors, false);
            continue;
        }
        m_asm->call_position(m_thunks.pending);
        m_asm->jump(Condition::E, label_of(static_cast<unsigned>(exit.target / 4) - m_word_index));
        save_flags();
        m_vectors.store(exit.vectors);
        swap_pins_out();
        m_asm->mov(Reg::Rax, static_cast<uint64_t>(exit.target));
        m_asm->jump_position(m_thunks.leave);
    }
    for (FlagStub& stub : m_flag_stubs) {
        m_asm->bind(stub.entry);
        frame_flags_to_host();
        m_asm->jump(stub.back);
    }
    for (LinkStub& stub : m_link_stubs) {
        m_asm->bind(stub.entry);
        m_asm->mov(Reg::Rdx, stub.link);
        m_asm->mov(Reg::Rax, m_links[stub.link].offset);
        m_asm->jump_position(m_thunks.leave_to_link);
    }
    for (HotStub& stub : m_hot_stubs) {
        m_asm->bind(stub.entry);
        m_asm->store_immediate(Width::W32, { Reg::Rax, 0 }, static_cast<int32_t>(m_counted_rounds));
        m_asm->mov(Reg::Rdx, stub.link);
        m_asm->mov(Reg::Rax, m_links[stub.link].offset);
        m_asm->jump_position(m_thunks.leave_to_link);
    }
    m_vectors.emit_cold_paths();
    m_asm->bind(m_pending_at_entry);
    m_asm->call_position(m_thunks.pending);
    m_asm->jump(Condition::E, m_behind_poll);
    m_asm->bind(m_leaves_at_entry);
    m_asm->mov(Reg::Rax, entry_offset());
    m_asm->jump_position(m_thunks.leave);
}

}
