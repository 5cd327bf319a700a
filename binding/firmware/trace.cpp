#include "firmware/trace.h"

#include <algorithm>

namespace dormouse::firmware {

uint64_t Trace::begin(TraceEntry const& entry)
{
    std::lock_guard const lock { m_mutex };
    TraceEntry& slot = m_ring[m_count % kCapacity];
    slot = entry;
    slot.sequence = m_count;
    return m_count++;
}

void Trace::finish(uint64_t number, int64_t result)
{
    std::lock_guard const lock { m_mutex };
    if (m_count - number <= kCapacity)
        m_ring[number % kCapacity].result = result;
}

std::vector<TraceEntry> Trace::entries(uint64_t since) const
{
    std::lock_guard const lock { m_mutex };
    uint64_t const first = std::max(since, m_count - std::min<uint64_t>(m_count, kCapacity));
    std::vector<TraceEntry> entries;
    for (uint64_t number = first; number < m_count; ++number)
        entries.push_back(m_ring[number % kCapacity]);
    return entries;
}

}
