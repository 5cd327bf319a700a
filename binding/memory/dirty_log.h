#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace dormouse::memory {

// Which pages of a slot have been written since the log was last taken. The unit is 4 KiB on every host and engine: an
// engine that knows larger host pages only marks all units of a page. Marking too much is allowed, too little never.
class DirtyLog {
public:
    static constexpr unsigned kPageBits = 12;

    // All clean. `slot_bytes`: a multiple of 4 KiB.
    explicit DirtyLog(uint64_t slot_bytes);

    // Any thread. `offset`: from the start of the slot; [offset, offset + bytes) lies within it.
    void mark(uint64_t offset, uint64_t bytes);
    void mark_all();
    bool is_dirty(uint64_t offset) const
    {
        uint64_t const page = offset >> kPageBits;
        return m_words[page / 64].load(std::memory_order_relaxed) >> (page % 64) & 1;
    }

    // Bit n % 64 of word n / 64 is page n, as in KVM's bitmap; bits past the last page are 0. All pages are clean
    // afterwards. While nobody writes to the slot (wires::Quiesced), or marks are lost.
    std::vector<uint64_t> take();

    uint64_t pages() const { return m_pages; }

private:
    uint64_t m_pages;
    std::unique_ptr<std::atomic<uint64_t>[]> m_words; // all zero bits past the last page
};

}
