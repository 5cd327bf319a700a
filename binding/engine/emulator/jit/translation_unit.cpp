#include "engine/emulator/jit/translation_unit.h"

#include "generated/a64_instruction.h"

namespace dormouse::emulator::jit {

void TranslationUnit::begin_unit(
    uint8_t const* executable, CodePage const& page, unsigned word_index, Block const& block, Region const* region)
{
    m_executable = executable;
    m_page = &page;
    m_word_index = region ? region->first : word_index;
    m_entry_index = region ? region->entry : 0;
    m_is_region = region != nullptr;
    m_counted = m_counted_rounds && !region ? &block : nullptr;
    m_segment = 0;
    m_ended = false;
    if (region)
        decode_region(*region, m_instructions);
    else
        decode_block(block, m_instructions);
    find_places();
}

void TranslationUnit::find_places()
{
    m_place_of.assign(m_instructions.size(), kNoPlace);
    m_places.clear();
    m_is_loop = true; // so that jumps inside are found
    for (unsigned index = 0; index < m_instructions.size(); ++index) {
        if (unsigned target = 0; target_inside(index, target))
            add_place(target);
    }
    if (m_is_region)
        add_place(m_entry_index);
    m_is_loop = !m_places.empty();
}

void TranslationUnit::add_place(unsigned index)
{
    if (m_place_of[index] != kNoPlace)
        return;
    m_place_of[index] = static_cast<unsigned>(m_places.size());
    m_places.push_back(index);
}

void TranslationUnit::emit_instructions()
{
    for (unsigned index = 0; index < m_instructions.size(); ++index) {
        if (m_instructions[index].is_outside) {
            if (!m_ended)
                end_of_block(index);
            continue;
        }
        if (m_place_of[index] != kNoPlace)
            begin_segment(index);
        emit_instruction(index);
    }
    if (!m_ended)
        end_of_block(static_cast<unsigned>(m_instructions.size()));
}

bool TranslationUnit::is_inside(int64_t offset, unsigned& target) const
{
    int64_t const index = offset / 4 - m_word_index;
    if (!m_is_loop || offset < 0 || index < 0 || index >= static_cast<int64_t>(m_instructions.size()))
        return false;
    target = static_cast<unsigned>(index);
    return m_is_region ? !m_instructions[target].is_outside : target == 0;
}

bool TranslationUnit::target_inside(unsigned index, unsigned& target) const
{
    DecodedInstruction const& decoded = m_instructions[index];
    if (decoded.instruction_class != isa::Class::Branch)
        return false;
    auto const offset = branch_offset(decoded);
    return offset && decoded.instruction != isa::Instruction::BL && is_inside(page_offset(index) + *offset, target);
}

std::optional<uint32_t> TranslationUnit::known_code(uint16_t offset) const
{
    if (offset == entry_offset())
        return m_entry;
    Block const* const target = m_page->block(offset / 4);
    if (!target || !target->code)
        return std::nullopt;
    return static_cast<uint32_t>(target->code - m_executable);
}

}
