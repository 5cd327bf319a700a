#include "engine/emulator/jit/jit.h"

#include "base/bits.h"
#include "engine/emulator/cpu/trace_event.h"
#include "engine/emulator/jit/block_dump.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace dormouse::emulator::jit {

namespace {

    // More than a block of the greatest length can take: 64 instructions with a slow path each.
    constexpr uint32_t kMostBytesOfBlock = 64 * 1024;
    constexpr uint32_t kBlockAlignment = 16;
    constexpr uint32_t kFinishedAtOnce = 512 * 1024; // a multiple of every host's page size

    // In front of a block's code.
    struct BlockHeader {
        uint32_t unlinked; // where its first instruction is to jump then
        uint32_t purpose; // [HostBackend::suits]
    };
    constexpr auto kHeaderBytes = static_cast<uint32_t>(sizeof(BlockHeader));
    static_assert(kBlockAlignment % kHeaderBytes == 0);

}

std::string why_unavailable()
{
    if (std::string_view const reason = why_no_host_backend(); !reason.empty())
        return std::string { reason };
    return sys::ExecutableMemory::is_supported()
        ? std::string {}
        : std::string { "The JIT has no way to map code on this operating system yet" };
}

Result<std::unique_ptr<Jit>> Jit::create(Cpu& cpu, Mmu& mmu, CodeCache& code_cache, Settings const& settings)
{
    if (std::string reason = why_unavailable(); !reason.empty())
        return Error { Code::Unsupported, std::move(reason) };
    if (settings.code_bytes > most_code_bytes())
        return Error { Code::InvalidArgument,
            "A code buffer of " + std::to_string(settings.code_bytes)
                + " bytes is larger than jumps of this host reach (" + std::to_string(most_code_bytes()) + " bytes)" };
    auto memory = settings.perf_map ? sys::ExecutableMemory::create_for_perf(settings.code_bytes)
                                    : sys::ExecutableMemory::create(settings.code_bytes);
    if (!memory.ok())
        return memory.error();
    return std::unique_ptr<Jit>(new Jit(cpu, mmu, code_cache, settings, memory.take()));
}

Jit::Jit(Cpu& cpu, Mmu& mmu, CodeCache& code_cache, Settings const& settings, sys::ExecutableMemory memory)
    : m_cpu(cpu)
    , m_mmu(mmu)
    , m_code_cache(code_cache)
    , m_settings(settings)
    , m_memory(std::move(memory))
    , m_waiting(settings.batch)
    , m_backend(
          make_host_backend({ m_memory.writable(), m_memory.executable(), static_cast<uint32_t>(m_memory.size()) }, cpu,
              mmu.fetch_tlb(), m_left_behind, m_links))
{
    if (settings.base_features_only)
        m_backend->restrict_to_base();
    if (settings.hot_rounds)
        m_backend->count_rounds(settings.hot_rounds);
    if (settings.stores_flags)
        m_backend->store_flags();
    if (settings.calls_exceptions)
        m_backend->call_exceptions();
    for (size_t index = 0; index < m_left_behind.functions.size(); ++index)
        m_left_behind.functions[index].handler = isa::info(static_cast<isa::Instruction>(index)).handler;
    sys::CodeWriteWindow const window;
    m_first = m_used = static_cast<uint32_t>(align_up(m_backend->emit_shared_code(), kBlockAlignment));
    m_counters.bytes_used.set(m_used);
    if (m_settings.perf_map)
        m_settings.perf_map->add_shared_code(this, m_memory.executable(), m_used);
}

bool Jit::is_translated(Block& block)
{
    if (block.code) {
        BlockHeader header;
        std::memcpy(&header, block.code - sizeof(header), sizeof(header));
        if (!m_backend->suits(header.purpose))
            unlink(block);
    }
    if (!m_backend->can_execute(block)) {
        m_left_behind.link = LeftBehind::kNoLink;
        return false;
    }
    if (!block.code) {
        if (++block.executions >= m_settings.threshold && m_waiting.add(entry_of(block)))
            translate_waiting();
        if (!block.code) {
            m_left_behind.link = LeftBehind::kNoLink;
            return false;
        }
    } else if (left_hot_loop()) {
        if (translate_region(block))
            stop_counting();
    }
    link_to(block);
    return block.code;
}

Flow Jit::execute(Block const& block)
{
    m_counters.entries.add();
    Flow const flow = m_backend->execute(block.code, align_down(m_cpu.pc, kTlbPageSize));
    if (flow == Flow::Branch) // an indirect jump drops the tag of its target. [Arm DDI 0487, D8.8, "BranchTo"]
        m_cpu.pc = m_mmu.regime().without_tag(m_cpu.pc);
    count_exit(flow);
    return flow;
}

void Jit::count_exit(Flow flow)
{
    auto const count = [this](Counter& counter, TraceEvent event) {
        counter.add();
        trace_event(m_cpu, TraceKind::Exits, event, m_cpu.pc);
    };
    if (flow == Flow::Exception)
        return count(m_counters.exits_exception, TraceEvent::ExitException);
    if (flow == Flow::Stop)
        return count(m_counters.exits_stop, TraceEvent::ExitStop);
    uint32_t const link = m_left_behind.link;
    if (left_hot_loop())
        return m_counters.exits_unlinked_jump.add();
    if (link == LeftBehind::kUnknownJump)
        return count(m_counters.exits_unknown_jump, TraceEvent::ExitUnknownJump);
    if (link < m_links.size() && m_links[link].is_entry)
        return count(m_counters.exits_invalidated, TraceEvent::ExitInvalidated);
    if (link < m_links.size())
        return count(m_counters.exits_unlinked_jump, TraceEvent::ExitUnlinkedJump);
    if (m_cpu.pending.load(std::memory_order_relaxed))
        return count(m_counters.exits_pending, TraceEvent::ExitPending);
    count(m_counters.exits_refused, TraceEvent::ExitRefused);
}

void Jit::translate_waiting()
{
    sys::CodeWriteWindow const window;
    uint64_t instructions = 0;
    m_timer.begin();
    for (WaitingBlocks::Entry const& entry : m_waiting.take()) {
        if (entry.is_there() && translate(entry))
            instructions += entry.block->length;
    }
    m_counters.instructions.add(instructions);
    m_timer.end(instructions);
}

// False: the block stays with the interpreter; the next one starts with an empty buffer.
bool Jit::translate(WaitingBlocks::Entry const& entry)
{
    if (m_memory.size() - m_used < kMostBytesOfBlock) {
        m_counters.flushes.add();
        m_code_cache.forget_translations();
    }
    uint32_t const header = m_used;
    entry.block->executions = m_settings.hot_rounds;
    auto const code
        = m_backend->translate(header + kHeaderBytes, *entry.page, entry.word_index(), *entry.block, nullptr);
    if (!code)
        return false;
    finish(entry, header, *code);
    m_counters.blocks.add();
    return true;
}

// The block at Cpu::pc.
WaitingBlocks::Entry Jit::entry_of(Block& block) const
{
    return { &block, m_mmu.fetch_tlb().window().code, m_cpu.pc, m_cpu.pstate.el };
}

// Whether a round of the loop whose jump the last execution left by is short, for a region of that length. Not known
// before the second time.
std::optional<bool> Jit::has_short_rounds(unsigned length)
{
    constexpr uint64_t kShort = 4; // times as many instructions as the region has
    Link& link = m_links[m_left_behind.link];
    uint64_t const retired = m_cpu.instructions_retired;
    uint64_t const before = std::exchange(link.retired_when_hot, retired);
    if (before == 0)
        return std::nullopt;
    return (retired - before) / m_settings.hot_rounds <= kShort * length;
}

// The block's code so far leads to that of the region from now on. False: ask again after as many rounds.
bool Jit::translate_region(Block& block)
{
    if (m_memory.size() - m_used < kMostBytesOfBlock)
        return true;
    WaitingBlocks::Entry const entry = entry_of(block);
    CodePage& page = *entry.page;
    unsigned const word_index = entry.word_index();
    Region region;
    m_timer.begin();
    if (!find_region(m_code_cache, page, word_index, block.first_fp != Block::kNone, region))
        return true;
    if (region.has_block_loop) {
        auto const is_worth_it = has_short_rounds(region.length());
        if (!is_worth_it.value_or(false))
            return is_worth_it.has_value();
    }
    // The loops inside others come first.
    auto const end = static_cast<unsigned>(region.first + region.places.size());
    auto const is_covered
        = [&](TranslatedRange const& range) { return range.first >= region.first && range.end <= end; };
    if (std::any_of(page.ranges.begin(), page.ranges.end(), is_covered))
        return true;
    uint32_t const header = m_used;
    sys::CodeWriteWindow const window;
    auto const code = m_backend->translate(header + kHeaderBytes, page, word_index, block, &region);
    if (!code)
        return true;
    m_backend->replace_entry(position_of(block.code), code->entry);
    finish(entry, header, *code);
    page.ranges.push_back(
        { &block, static_cast<uint16_t>(word_index), static_cast<uint16_t>(region.first), static_cast<uint16_t>(end) });
    m_counters.regions.add();
    m_timer.end(region.length());
    return true;
}

void Jit::finish(WaitingBlocks::Entry const& entry, uint32_t header, TranslatedBlock const& code)
{
    BlockHeader const block_header { code.unlinked, code.purpose };
    std::memcpy(m_memory.writable() + header, &block_header, sizeof(block_header));
    m_used = static_cast<uint32_t>(align_up(code.end, kBlockAlignment));
    entry.block->code = m_memory.executable() + code.entry;
    m_counters.bytes_used.set(m_used);
    tell_of(entry, code);
    if (m_used - m_finished >= kFinishedAtOnce) {
        m_finished += kFinishedAtOnce;
        m_memory.finish_writing(0, m_finished); // the older code's links were written as well
    }
}

// Everybody who wants to know of translated blocks.
void Jit::tell_of(WaitingBlocks::Entry const& entry, TranslatedBlock const& code)
{
    auto const& [block, page, address, level] = entry;
    uint32_t const bytes = code.end - code.entry;
    trace_event(m_cpu, TraceKind::Blocks, TraceEvent::BlockTranslated, address, block->length, bytes);
    if (m_cpu.trace && m_cpu.trace->wants_dump(address)) [[unlikely]]
        m_cpu.trace->record_dump(
            m_cpu.index, block_dump(*block, address, level, m_backend->describe_registers(), { block->code, bytes }));
    if (m_settings.perf_map)
        m_settings.perf_map->add_block(this, block->code, bytes, address, level);
}

// The last execution left because a loop goes through Cpu::pc again and again.
bool Jit::left_hot_loop() const
{
    return m_left_behind.link < m_links.size() && m_links[m_left_behind.link].counted_until;
}

// Of the jump by which the last execution left: whether its loop has become a region or cannot, nobody asks again.
void Jit::stop_counting()
{
    Link const& link = m_links[m_left_behind.link];
    sys::CodeWriteWindow const window;
    m_backend->replace_entry(link.site, link.counted_until);
}

// The jump by which the last execution left, if it leads here.
void Jit::link_to(Block const& block)
{
    uint32_t const index = std::exchange(m_left_behind.link, LeftBehind::kNoLink);
    if (index >= m_links.size() || !block.code)
        return;
    Link const& link = m_links[index];
    if (link.counted_until)
        return;
    if (link.page != m_mmu.fetch_tlb().window().code || link.offset != m_cpu.pc % kTlbPageSize)
        return;
    sys::CodeWriteWindow const window;
    m_backend->patch(link.site, position_of(block.code));
    m_counters.links.add();
}

// Its first instruction becomes a jump to a stub that leaves, and which is linked to the block's successor in time.
void Jit::unlink(Block& block)
{
    uint32_t const entry = position_of(block.code);
    sys::CodeWriteWindow const window;
    BlockHeader header;
    std::memcpy(&header, m_memory.writable() + entry - sizeof(header), sizeof(header));
    m_backend->replace_entry(entry, header.unlinked);
    block.code = nullptr;
    m_counters.unlinked.add();
}

void Jit::forget_all()
{
    if (m_used != m_first)
        trace_event(m_cpu, TraceKind::Blocks, TraceEvent::CodeCleared, m_used - m_first);
    if (m_settings.perf_map)
        m_settings.perf_map->forget_blocks(this);
    m_links.clear();
    m_waiting.clear();
    m_mmu.fetch_tlb().forget_jumps();
    m_left_behind.link = LeftBehind::kNoLink;
    m_used = m_first;
    m_finished = 0;
    m_counters.bytes_used.set(m_used);
}

}
