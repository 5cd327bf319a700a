#include "engine/emulator/mmu/first_level_tlb.h"

#include "base/bits.h"
#include "base/check.h"

#include <algorithm>

namespace dormouse::emulator {

namespace {

    constexpr size_t kCacheLine = 64; // no entry is in two of them

    void clear(TlbEntry& entry, unsigned index)
    {
        entry.tag_read = entry.tag_write = invalid_tlb_tag(index);
    }

    // `address`: anywhere in the page, with any tag.
    void forget_stack_in(TlbStackEntry& stack, uint64_t address)
    {
        uint64_t const last = stack.last_read | stack.last_write; // the same, or one is 0
        if (bits<55, kTlbPageBits>(last ^ address) == 0)
            stack = {};
    }

    // What is found to be unused now costs the next maintenance nothing.
    template <typename Goes> void forget_steady(TlbSteadyEntries& steady, Goes goes)
    {
        if (!steady.are_used)
            return;
        steady.are_used = 0;
        for (unsigned kind = 0; kind < TlbSteadyEntries::kKinds; ++kind) {
            if (!steady.used_kinds[kind])
                continue;
            uint64_t left = 0;
            for (TlbSteadyEntry& entry : steady.kinds[kind])
                left |= entry.limit = goes(entry.page) ? 0 : entry.limit;
            steady.used_kinds[kind] = left != 0;
            steady.are_used |= left;
        }
    }

    // Clears the entry if it belongs to a page in this half of the address space (bit 55).
    void clear_if_in_half(TlbEntry& entry, unsigned index, unsigned half)
    {
        uint64_t const invalid = invalid_tlb_tag(index);
        uint64_t const page = entry.tag_read != invalid ? entry.tag_read : entry.tag_write;
        if (page != invalid && bit<55>(page) == (half != 0))
            clear(entry, index);
    }

}

FirstLevelTlb::FirstLevelTlb() : m_memory(std::calloc(1, sizeof(Tlb) + kCacheLine))
{
    CHECK(m_memory);
    void* aligned = m_memory.get();
    size_t space = sizeof(Tlb) + kCacheLine;
    m_tlb = static_cast<Tlb*>(std::align(kCacheLine, sizeof(Tlb), aligned, space));
    // Of zeroed memory every entry but the first and the last is invalid.
    for (auto& context : m_tlb->contexts) {
        clear(context.entries.front(), 0);
        clear(context.entries.back(), kTlbEntries - 1);
    }
    for (unsigned half = 0; half < 2; ++half) {
        m_large_first[half] = ~uint64_t { 0 };
        m_large_last[half] = 0;
    }
}

void FirstLevelTlb::fill(
    TlbContext context, uint64_t address, uint8_t* host_page, bool readable, bool writable, unsigned page_shift)
{
    unsigned const index = tlb_index(address);
    unsigned const half = bit<55>(address);
    uint64_t const page = align_down(address, kTlbPageSize);
    TlbEntry& entry = array(context)[index];
    forget_stack_in(m_tlb->contexts[static_cast<unsigned>(context)].stack, page);
    uint64_t const invalid = invalid_tlb_tag(index);
    uint64_t const known = entry.tag_read != invalid ? entry.tag_read : entry.tag_write;
    if (known == invalid || bit<55>(known) != (half != 0)) {
        Used& used = m_used[static_cast<unsigned>(context)][half];
        if (used.count < kRemembered)
            used.indices[used.count] = static_cast<uint16_t>(index);
        used.count = std::min(used.count + 1, kRemembered + 1);
    }
    entry.tag_read = readable ? page : invalid;
    entry.tag_write = writable ? page : invalid;
    entry.host_addend = reinterpret_cast<uint64_t>(host_page) - page;
    if (page_shift > kTlbPageBits) {
        uint64_t const size = uint64_t { 1 } << page_shift;
        uint64_t const first = align_down(bits<55, 0>(page), size);
        m_large_first[half] = std::min(m_large_first[half], first);
        m_large_last[half] = std::max(m_large_last[half], first + size - 1);
    }
}

void FirstLevelTlb::invalidate_half(unsigned half)
{
    for (unsigned context = 0; context < kContexts; ++context) {
        m_tlb->contexts[context].stack = {};
        forget_steady(m_tlb->contexts[context].steady, [&](uint64_t page) { return bit<55>(page) == (half != 0); });
        TlbEntry* const entries = m_tlb->contexts[context].data();
        Used& used = m_used[context][half];
        if (used.count > kRemembered) {
            for (unsigned index = 0; index < kTlbEntries; ++index)
                clear_if_in_half(entries[index], index, half);
        } else {
            for (unsigned i = 0; i < used.count; ++i)
                clear_if_in_half(entries[used.indices[i]], used.indices[i], half);
        }
        used.count = 0;
    }
    m_large_first[half] = ~uint64_t { 0 };
    m_large_last[half] = 0;
}

void FirstLevelTlb::invalidate_page(uint64_t address)
{
    unsigned const half = bit<55>(address);
    uint64_t const untagged = bits<55, 0>(address);
    if (m_large_first[half] <= untagged && untagged <= m_large_last[half])
        return invalidate_half(half);
    unsigned const index = tlb_index(address);
    for (auto& context : m_tlb->contexts) {
        forget_stack_in(context.stack, address);
        forget_steady(context.steady, [&](uint64_t page) { return bits<55, kTlbPageBits>(page ^ address) == 0; });
        // Most of the memory was never written; that way it stays the host's.
        TlbEntry& entry = context.entries[index];
        if ((entry.tag_read | entry.tag_write) != 0)
            clear(entry, index);
    }
}

}
