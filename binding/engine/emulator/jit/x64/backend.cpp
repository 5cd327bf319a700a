#include "engine/emulator/jit/x64/backend.h"

#include <cstring>

namespace dormouse::emulator::jit::x64 {

Backend::Backend(
    CodeBuffer buffer, Cpu& cpu, FetchTlb const& fetch_tlb, LeftBehind& left_behind, std::vector<Link>& links)
    : HostBackend(buffer, cpu, fetch_tlb, left_behind, BlockTranslator::kPollBytes)
    , m_translator(m_thunks, cpu, links, host_features())
{
}

uint32_t Backend::emit_shared_code()
{
    Assembler assembler { m_buffer.writable, m_buffer.size };
    // The buffer starts on a page, so that these are aligned.
    uint32_t const constants = assembler.position();
    for (VectorConstantValue const& constant : kVectorConstants) {
        assembler.data(constant.low);
        assembler.data(constant.high);
    }
    m_thunks = emit_thunks(assembler, m_cpu, m_fetch_tlb, m_left_behind);
    m_translator.set_shared_vector_code(
        constants, emit_fp_thunks(assembler, CpuLayout { m_cpu }, constants, m_thunks.leave));
    enter_at(m_thunks.enter);
    return assembler.position();
}

std::optional<TranslatedBlock> Backend::translate(
    uint32_t position, CodePage const& page, unsigned word_index, Block const& block, Region const* region)
{
    Assembler assembler { m_buffer.writable, m_buffer.size, position };
    auto const code = m_translator.translate(assembler, m_buffer.executable, page, word_index, block, region);
    if (assembler.overflowed())
        return std::nullopt;
    return TranslatedBlock { code.entry, assembler.position(), code.unlinked, m_translator.suits_flushing() };
}

// [fp_thunks.h]
bool Backend::can_execute(Block const& block) const
{
    return block.first_fp == Block::kNone || !(m_cpu.fpcr & uint32_t { kFpcrFlushes })
        || (m_cpu.fpsr & uint32_t { kFpsrInexact });
}

bool Backend::suits(uint32_t purpose) const
{
    return purpose || !(m_cpu.fpcr & uint32_t { kFpcrFlushes });
}

// `site`: of a rel32 field.
void Backend::patch(uint32_t site, uint32_t target)
{
    uint32_t const distance = target - (site + 4);
    std::memcpy(m_buffer.writable + site, &distance, sizeof(distance));
}

void Backend::replace_entry(uint32_t entry, uint32_t target)
{
    constexpr uint8_t kJump = 0xe9;
    m_buffer.writable[entry] = kJump;
    patch(entry + 1, target);
}

}
