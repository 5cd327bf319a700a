#include "memory/dirty_log.h"

namespace dormouse::memory {

static uint64_t words_for(uint64_t pages)
{
    return (pages + 63) / 64;
}

DirtyLog::DirtyLog(uint64_t slot_bytes)
    : m_pages(slot_bytes >> kPageBits)
    , m_words(std::make_unique<std::atomic<uint64_t>[]>(words_for(m_pages)))
{
}

void DirtyLog::mark(uint64_t offset, uint64_t bytes)
{
    if (bytes == 0)
        return;
    uint64_t const last = (offset + bytes - 1) >> kPageBits;
    for (uint64_t page = offset >> kPageBits; page <= last; ++page) {
        uint64_t const bit = uint64_t { 1 } << (page % 64);
        auto& word = m_words[page / 64];
        // vCPUs that write to the same page over and over must not fight for its word.
        if (!(word.load(std::memory_order_relaxed) & bit))
            word.fetch_or(bit, std::memory_order_relaxed);
    }
}

void DirtyLog::mark_all()
{
    mark(0, m_pages << kPageBits);
}

std::vector<uint64_t> DirtyLog::take()
{
    std::vector<uint64_t> bitmap(words_for(m_pages));
    for (size_t i = 0; i < bitmap.size(); ++i)
        bitmap[i] = m_words[i].exchange(0, std::memory_order_relaxed);
    return bitmap;
}

}
