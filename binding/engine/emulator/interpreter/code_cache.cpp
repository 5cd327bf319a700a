#include "engine/emulator/interpreter/code_cache.h"

#include "base/bits.h"
#include "engine/emulator/cpu/cpu.h"
#include "engine/emulator/cpu/memory_access.h"
#include "generated/a64_instruction.h"

#include <algorithm>
#include <new>

namespace dormouse::emulator {

namespace {

    constexpr unsigned kWordsPerLine = CodePage::kLineWords;

    Flow end_of_block(Cpu&, uint32_t)
    {
        return Flow::Branch;
    }

    // B.cond, CBZ, CBNZ, TBZ, TBNZ: they go on at the next instruction when not taken. [Arm DDI 0487, C4.1.96]
    bool is_conditional_branch(uint32_t word)
    {
        return (word & 0xff00'0010) == 0x5400'0000 || (word & 0x7c00'0000) == 0x3400'0000;
    }

    // MRS of TPIDR_EL0, TPIDRRO_EL0, TPIDR_EL1, SP_EL0, CTR_EL0, DCZID_EL0 and CNTVCT_EL0, which kernels and libraries
    // read all the time. Other registers may have to know how many instructions have retired, or change something.
    bool is_plain_register_read(uint32_t word)
    {
        switch (word & ~31u) {
        case 0xd53b'd040:
        case 0xd53b'd060:
        case 0xd538'd080:
        case 0xd538'4100:
        case 0xd53b'0020:
        case 0xd53b'00e0:
        case 0xd53b'e040: return true;
        default: return false;
        }
    }

}

CodePage* CodeCache::page(uint64_t physical, uint8_t const* host)
{
    std::unique_ptr<CodePage>& slot = m_pages[physical];
    if (!slot) {
        slot = std::make_unique<CodePage>();
        slot->physical = physical;
        use(sizeof(CodePage));
    }
    if (slot->host != host) { // the memory map put other memory here
        drop_all(*slot);
        slot->host = host;
    }
    return slot.get();
}

void CodeCache::use(size_t bytes)
{
    m_used += bytes;
    m_counters.bytes_used.set(m_used);
}

Operation* CodeCache::reserve(size_t count)
{
    if (m_chunks.empty() || m_chunks.back().used + count > kChunkOperations) {
        m_chunks.push_back({ std::make_unique<Operation[]>(kChunkOperations), 0 });
        use(kChunkOperations * sizeof(Operation));
    }
    return m_chunks.back().operations.get() + m_chunks.back().used;
}

// Of a block that starts there; its line is made when there is none.
Block*& CodeCache::slot(CodePage& page, unsigned word_index)
{
    static_assert(sizeof(CodePage::Line) % sizeof(Operation) == 0);
    constexpr size_t kRoom = sizeof(CodePage::Line) / sizeof(Operation);
    CodePage::Line*& line = page.lines[word_index / CodePage::kLineWords];
    if (!line) {
        line = new (reserve(kRoom)) CodePage::Line;
        m_chunks.back().used += kRoom;
    }
    return line->blocks[word_index % CodePage::kLineWords];
}

CodeCache::Decoded CodeCache::decode(CodePage const& page, unsigned word_index) const
{
    uint32_t const word = host_load<uint32_t>(page.host + 4 * word_index);
    isa::Instruction instruction = isa::decode(word);
    if (!(m_features >> static_cast<unsigned>(isa::info(instruction).feature) & 1))
        instruction = isa::Instruction::Unallocated;
    isa::InstructionInfo const& info = isa::info(instruction);
    return { { info.handler, word, 1, instruction }, info.uses_fp,
        info.ends_block && !is_conditional_branch(word) && !is_plain_register_read(word) };
}

Block* CodeCache::build(CodePage& page, unsigned word_index)
{
    // Header and end marker are one operation's room each.
    Operation* const room = reserve(kMaxBlockLength + 2);
    auto* const block = new (room) Block;
    Operation* const operations = block->operations();
    unsigned const most = std::min(kMaxBlockLength, CodePage::kWords - word_index);
    while (block->length < most) {
        Decoded const decoded = decode(page, word_index + block->length);
        if (decoded.uses_fp && block->first_fp == Block::kNone)
            block->first_fp = block->length;
        operations[block->length++] = decoded.operation;
        if (decoded.ends_block)
            break;
    }
    operations[block->length] = { end_of_block, 0, 0, isa::Instruction::Unallocated };
    m_chunks.back().used += block->length + 2;
    slot(page, word_index) = block;
    m_counters.blocks.add();
    m_counters.instructions.add(block->length);
    return block;
}

void CodeCache::drop(Block*& block)
{
    if (!block)
        return;
    m_counters.invalidated.add();
    if (block->code && m_translator)
        m_translator->unlink(*block);
    block = nullptr;
}

void CodeCache::drop_all(CodePage& page)
{
    for (CodePage::Line* const line : page.lines) {
        if (!line)
            continue;
        for (Block*& block : line->blocks)
            drop(block);
    }
    page.ranges.clear();
}

void CodeCache::clear()
{
    if (m_translator)
        m_translator->forget_all();
    m_pages.clear();
    m_chunks.clear();
    m_used = 0;
    m_counters.clears.add();
    m_counters.bytes_used.set(0);
}

void CodeCache::invalidate_line(uint64_t physical)
{
    auto const found = m_pages.find(align_down(physical, kTlbPageSize));
    if (found == m_pages.end())
        return;
    unsigned const line = static_cast<unsigned>(physical % kTlbPageSize / 4) & ~(kWordsPerLine - 1);
    unsigned const first = line < kMaxBlockLength ? 0 : line - kMaxBlockLength + 1;
    for (unsigned index = first; index < line + kWordsPerLine; ++index) {
        Block const* const block = found->second->block(index);
        if (block && index + block->length > line)
            drop(slot(*found->second, index));
    }
    std::vector<TranslatedRange>& ranges = found->second->ranges;
    for (size_t i = ranges.size(); i-- > 0;) {
        TranslatedRange const range = ranges[i];
        Block*& block = slot(*found->second, range.entry);
        if (block == range.block && (range.end <= line || range.first >= line + kWordsPerLine))
            continue;
        if (block == range.block)
            drop(block);
        ranges[i] = ranges.back();
        ranges.pop_back();
    }
}

void CodeCache::invalidate_all()
{
    for (auto& [physical, page] : m_pages)
        drop_all(*page);
}

void CodeCache::forget_translations()
{
    for (auto& [physical, page] : m_pages) {
        for (CodePage::Line const* const line : page->lines) {
            if (!line)
                continue;
            for (Block* const block : line->blocks) {
                if (block)
                    block->code = nullptr;
            }
        }
        page->ranges.clear();
    }
    if (m_translator)
        m_translator->forget_all();
}

}
