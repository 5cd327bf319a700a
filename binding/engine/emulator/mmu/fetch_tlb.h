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

    // What indirect jumps of translated code look into first. An entry counts while its stamp is the one of its half,
    // so that another exception level or ASID finds its own entries again when it comes back.
    struct Jump {
        uint64_t address { 0 };
        uint64_t stamp { 0 }; // 0: never filled
        uint8_t const* code { nullptr };
        uint64_t page { 0 }; // that the address is in; for backends that would have to calculate it
    };
    struct Jumps {
        static constexpr unsigned kEntries = 2048;
        std::array<Jump, kEntries> entries {};
        // Of each half. Bit 0 is the current exception level: translated code that changes it changes these, and closes
        // the window.
        uint64_t stamps[2] { 1, 1 };
    };

    // Where translated code finds what find() and window() look at. `entries` are EL0's array and then EL1's.
    struct Addresses {
        Window const* window;
        Entry const* entries;
        uint64_t const* stamps;
        Jumps const* jumps;
    };
    Addresses addresses() const { return { &m_window, m_entries[0].data(), m_stamp, &m_jumps }; }

    FetchTlb() { refresh_jump_stamps(); }

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
        note(page);
        if (page_shift > kTlbPageBits) {
            uint64_t const size = uint64_t { 1 } << page_shift;
            uint64_t const first = page & ~(size - 1);
            m_large_first[half] = std::min(m_large_first[half], first);
            m_large_last[half] = std::max(m_large_last[half], first + size - 1);
        }
    }

    // The vCPU's exception level.
    bool is_el1() const { return m_jumps.stamps[0] & 1; }
    void select_level(bool el1)
    {
        for (uint64_t& stamp : m_jumps.stamps)
            stamp = (stamp & ~uint64_t { 1 }) | el1;
        close_window();
    }
    // The lower half belongs to this ASID from now on; what it knew of it counts again.
    void select_asid(uint16_t asid)
    {
        m_asid = asid;
        Known& known = m_known[asid % kKnownAsids];
        if (known.stamp == 0 || known.asid != asid)
            known = { asid, ++m_last_stamp };
        m_stamp[0] = known.stamp;
        refresh_jump_stamps();
        close_window();
    }
    // Forgets what it knows of this ASID in the lower half.
    void invalidate_asid(uint16_t asid)
    {
        Known& known = m_known[asid % kKnownAsids];
        if (known.asid == asid)
            known.stamp = 0;
        if (asid == m_asid)
            select_asid(asid);
    }
    // Of every ASID.
    void invalidate_half(unsigned half)
    {
        if (half == 0) {
            m_known = {};
            select_asid(m_asid);
        } else {
            m_stamp[1] = ++m_last_stamp;
        }
        m_large_first[half] = ~uint64_t { 0 };
        m_large_last[half] = 0;
        m_noted[half] = {};
        refresh_jump_stamps();
        close_window();
    }
    // `address` may lie anywhere in the page or block, so the pieces of a large one go together.
    void invalidate_page(uint64_t address)
    {
        unsigned const half = (address >> 55) & 1;
        if (m_large_first[half] <= address && address <= m_large_last[half])
            return invalidate_half(half);
        if (!is_noted(address))
            return;
        for (auto& entries : m_entries)
            entries[index_of(address)].page = kNoPage;
        ++m_jump_epoch[half]; // jumps into the page may be anywhere
        refresh_jump_stamps();
        close_window();
    }
    // Translated code is gone.
    void forget_jumps() { m_jumps.entries = {}; }

private:
    static unsigned index_of(uint64_t page)
    {
        return static_cast<unsigned>((page >> kTlbPageBits) % kHalfEntries + ((page >> 55) & 1) * kHalfEntries);
    }

    void refresh_jump_stamps()
    {
        bool const el1 = is_el1();
        for (unsigned half = 0; half < 2; ++half)
            m_jumps.stamps[half] = m_jump_epoch[half] << 40 | m_stamp[half] << 1 | el1;
    }

    // Which pages may be known, hashed: most maintenance is of pages that nothing was ever fetched from.
    static constexpr unsigned kNotedBits = 16384;
    static unsigned note_of(uint64_t page)
    {
        return static_cast<unsigned>((page >> kTlbPageBits ^ page >> (kTlbPageBits + 14)) % kNotedBits);
    }
    bool is_noted(uint64_t address) const
    {
        unsigned const note = note_of(address);
        return m_noted[(address >> 55) & 1][note / 64] >> note % 64 & 1;
    }
    void note(uint64_t page) { m_noted[(page >> 55) & 1][note_of(page) / 64] |= uint64_t { 1 } << note_of(page) % 64; }

    // Stamps of the ASIDs that ran lately.
    static constexpr unsigned kKnownAsids = 64;
    struct Known {
        uint16_t asid { 0 };
        uint64_t stamp { 0 }; // 0: nothing is known
    };

    Window m_window;
    uint16_t m_asid { 0 };
    uint64_t m_last_stamp { 1 };
    uint64_t m_stamp[2] { 1, 1 };
    uint64_t m_jump_epoch[2] { 0, 0 }; // changes when all jumps of a half are to be forgotten, but not its pages
    std::array<Known, kKnownAsids> m_known {};
    uint64_t m_large_first[2] { ~uint64_t { 0 }, ~uint64_t { 0 } };
    uint64_t m_large_last[2] { 0, 0 };
    std::array<Entry, 2 * kHalfEntries> m_entries[2];
    std::array<uint64_t, kNotedBits / 64> m_noted[2] {};
    Jumps m_jumps;
};

}
