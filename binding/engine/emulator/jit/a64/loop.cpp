// Loops: blocks that jump to their own start, and regions. Inside one, whatever jumps to a place leaves the same state
// there: the vectors in the host's registers if the loop needs them at all, and everything counted.
#include "engine/emulator/jit/a64/block_translator.h"
#include "generated/a64_instruction.h"

#include <algorithm>
#include <cstddef>

namespace dormouse::emulator::jit::a64 {

namespace {

    bool is_of_vectors(DecodedInstruction const& decoded)
    {
        switch (decoded.instruction_class) {
        case isa::Class::FloatingPoint:
        case isa::Class::Simd:
        case isa::Class::Crypto:
        case isa::Class::SimdLoadStore: return !decoded.is_outside;
        default: return false;
        }
    }

}

void BlockTranslator::enter_loop()
{
    m_loop_has_vectors = std::any_of(m_instructions.begin(), m_instructions.end(), is_of_vectors);
    if (m_loop_has_vectors)
        need_vectors();
    // The first place that is written is begun by what is written before it.
    auto const first = std::find_if(m_instructions.begin(), m_instructions.end(),
        [](DecodedInstruction const& decoded) { return !decoded.is_outside; });
    if (static_cast<unsigned>(first - m_instructions.begin()) == m_entry_index)
        return;
    m_asm->jump(free_label(m_entry_index));
    m_ended = true;
}

// What executes before a place goes on there.
void BlockTranslator::begin_segment(unsigned index)
{
    if (!m_ended)
        retire(index - m_segment);
    for (Label& label : m_place_labels[m_place_of[index]])
        m_asm->bind(label);
    if (m_place_labels[m_place_of[index]].empty())
        m_asm->bind(free_label(index));
    m_ended = false;
    m_segment = index;
    m_sp_checked = false;
    m_vectors_in_place = m_loop_has_vectors;
}

Label& BlockTranslator::free_label(unsigned target)
{
    std::vector<Label>& labels = m_place_labels[m_place_of[target]];
    if (labels.empty() || labels.back().site_count == Label::kMaxSites)
        labels.emplace_back();
    return labels.back();
}

// A jump back goes on through a thunk when something is pending; not before the first round: the run loop enters in
// spite of an interrupt that is masked, and has to get on.
void BlockTranslator::jump_inside(unsigned target, unsigned retired, bool polls)
{
    retire(retired);
    if (!polls)
        return m_asm->jump(free_label(target));
    m_asm->load(4, kT0, kCpuRegister, m_layout.pending);
    m_asm->jump_if_zero(Width::W32, kT0, free_label(target));
    m_poll_exits.push_back({ {}, target });
    m_asm->jump(m_poll_exits.back().entry);
}

// A jump back, to another block: it is a loop, and may become a region. Takes T0 and T1.
void BlockTranslator::count_round(unsigned index, int64_t target)
{
    if (!counts_round(index, target))
        return;
    auto const link = static_cast<uint32_t>(m_links.size());
    uint32_t const begin = m_asm->position();
    m_hot_stubs.push_back({ {}, link });
    m_asm->mov(kT0, reinterpret_cast<uint64_t>(&m_counted->executions));
    m_asm->load(4, kT1, kT0, 0);
    m_asm->add(kT1, kT1, -1, kT1);
    m_asm->store(4, kT1, kT0, 0);
    m_asm->jump_if_zero(Width::W32, kT1, m_hot_stubs.back().entry);
    m_links.push_back({ m_page, begin, static_cast<uint16_t>(target), false, m_asm->position() });
}

void BlockTranslator::emit_loop_cold_paths()
{
    for (PollExit& exit : m_poll_exits) {
        m_asm->bind(exit.entry);
        emit_pending(exit.target, free_label(exit.target));
    }
    for (LinkStub& stub : m_hot_stubs) {
        m_asm->bind(stub.entry);
        m_asm->mov(kT1, uint64_t { m_counted_rounds });
        m_asm->store(4, kT1, kT0, 0);
        leave_to_link(stub.link);
    }
}

}
