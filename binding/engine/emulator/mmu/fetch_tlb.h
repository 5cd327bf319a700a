#pragma once

#include "engine/emulator/cpu/tlb.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace dormouse::emulator {

struct CodePage; // interpreter/code_cache.h

// Instruction-side first level: from a virtual page and privilege to the decoded code of the physical page behind it.
class FetchTlb {
public:
    // The page that executes now. Taken away by every change that may make it wrong, so that the run loop needs one
    // comparison a block.
    struct Window {
        uint64_t page { kNoPage };
        CodePage* code { nullptr };
    };
    static constexpr uint64_t kNoPage = 1; // matches no page address

    struct Entry {
        uint64_t page { kNoPage };
        uint64_t stamp { 0 };
        CodePage* code { nullptr };
    };
    static constexpr unsigned kHalfEntries = 256;

    // Where translated code finds what find() and window() look at. `entries` are EL0's array and then EL1's.
    struct Addresses {
        Window const* window;
        Entry const* entries;
        uint64_t const* stamps;
    };
    Addresses addresses() const { return { &m_window, m_entries[0].data(), m_stamp }; }

    Window const& window() const { return m_window; }
    void set_window(uint64_t page, CodePage* code) { m_window = { page, code }; }
    void close_window() { m_window = {}; }

    // `page`: virtual address of a 4 KiB page without its tag. Null: not known.
    CodePage* find(uint64_t page, bool el1) const
    {
        Entry const& entry = m_entries[el1][index_of(page)];
        return entry.page == page && entry.stamp == m_stamp[(page >> 55) & 1] ? entry.code : nullptr;
    }
    // `page_shift`: log2 of the size of the guest page or block that it is a piece of.
    void insert(uint64_t page, bool el1, CodePage* code, unsigned page_shift)
    {
        unsigned const half = (page >> 55) & 1;
        m_entries[el1][index_of(page)] = { page, m_stamp[half], code };
        if (page_shift > kTlbPageBits) {
            uint64_t const size = uint64_t { 1 } << page_shift;
            uint64_t const first = page & ~(size - 1);
            m_large_first[half] = std::min(m_large_first[half], first);
            m_large_last[half] = std::max(m_large_last[half], first + size - 1);
        }
    }

    void invalidate_half(unsigned half)
    {
        ++m_stamp[half];
        m_large_first[half] = ~uint64_t { 0 };
        m_large_last[half] = 0;
        close_window();
    }
    // `address` may lie anywhere in the page or block, so the pieces of a large one go together.
    void invalidate_page(uint64_t address)
    {
        unsigned const half = (address >> 55) & 1;
        if (m_large_first[half] <= address && address <= m_large_last[half])
            return invalidate_half(half);
        for (auto& entries : m_entries)
            entries[index_of(address)].page = kNoPage;
        close_window();
    }

private:
    static unsigned index_of(uint64_t page)
    {
        return static_cast<unsigned>((page >> kTlbPageBits) % kHalfEntries + ((page >> 55) & 1) * kHalfEntries);
    }

    Window m_window;
    uint64_t m_stamp[2] { 1, 1 };
    uint64_t m_large_first[2] { ~uint64_t { 0 }, ~uint64_t { 0 } };
    uint64_t m_large_last[2] { 0, 0 };
    std::array<Entry, 2 * kHalfEntries> m_entries[2];
};

}
