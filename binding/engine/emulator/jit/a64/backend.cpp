#include "engine/emulator/jit/a64/backend.h"

#include "base/sys/arm_features.h"
#include "base/sys/executable_memory.h"

#include <cstring>

namespace dormouse::emulator::jit::a64 {

Backend::Backend(
    CodeBuffer buffer, Cpu& cpu, FetchTlb const& fetch_tlb, LeftBehind& left_behind, std::vector<Link>& links)
    : HostBackend(buffer, cpu, fetch_tlb, left_behind, BlockTranslator::kPollBytes)
    , m_translator(m_thunks, cpu, left_behind, links, sys::host_arm_features())
{
}

uint32_t Backend::emit_shared_code()
{
    Assembler assembler { m_buffer.writable, m_buffer.size };
    m_thunks = emit_thunks(assembler, m_cpu, m_fetch_tlb, m_left_behind);
    enter_at(m_thunks.enter);
    sys::publish_code(m_buffer.executable, assembler.position());
    return assembler.position();
}

std::optional<TranslatedBlock> Backend::translate(
    uint32_t position, CodePage const& page, unsigned word_index, Block const& block, Region const* region)
{
    Assembler assembler { m_buffer.writable, m_buffer.size, position };
    auto const code = m_translator.translate(assembler, m_buffer.executable, page, word_index, block, region);
    if (assembler.overflowed())
        return std::nullopt;
    sys::publish_code(m_buffer.executable + position, assembler.position() - position);
    return TranslatedBlock { code.entry, assembler.position(), code.unlinked };
}

// One aligned store of four bytes. B may be changed while another processor executes it, but no other one does.
// [Arm DDI 0487, B2.2.5 "Concurrent modification and execution of instructions"]
void Backend::patch(uint32_t site, uint32_t target)
{
    uint32_t const word = Assembler::branch_word(site, target);
    std::memcpy(m_buffer.writable + site, &word, sizeof(word));
    sys::publish_code(m_buffer.executable + site, sizeof(word));
}

void Backend::replace_entry(uint32_t entry, uint32_t target)
{
    patch(entry, target);
}

}
