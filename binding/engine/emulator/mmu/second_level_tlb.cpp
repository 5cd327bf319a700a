#include "engine/emulator/mmu/second_level_tlb.h"

#include "base/bits.h"

#include <bit>

namespace dormouse::emulator {

SecondLevelTlb::SecondLevelTlb() : m_sets(kSets), m_asid_invalidated(kAsidSlots) { }

bool SecondLevelTlb::is_valid(Entry const& entry) const
{
    if (entry.stamp <= m_all_invalidated)
        return false;
    return entry.translation.global || entry.stamp > m_asid_invalidated[entry.asid % kAsidSlots];
}

SecondLevelTlb::Set& SecondLevelTlb::set_of(uint64_t page, unsigned shift, bool global, uint16_t asid)
{
    // Processes share their layout, so the ASID takes part in the hash; a global entry has none.
    uint64_t const key = page ^ (page >> 11) ^ (global ? 0 : asid * 0x9e5u) ^ shift * 0x51u;
    return m_sets[key % kSets];
}

SecondLevelTlb::Entry* SecondLevelTlb::find_sized(uint64_t address, unsigned shift, bool global, uint16_t asid)
{
    uint64_t const page = address >> shift;
    for (Entry& entry : set_of(page, shift, global, asid)) {
        if (entry.page == page && entry.translation.shift == shift && entry.translation.global == global
            && (global || entry.asid == asid) && is_valid(entry))
            return &entry;
    }
    return nullptr;
}

template <typename Function> void SecondLevelTlb::for_each_size(uint64_t address, Function function)
{
    unsigned const upper = bit<55>(address);
    for (bool const global : { false, true }) {
        for (uint64_t sizes = m_sizes[upper][global]; sizes; sizes &= sizes - 1) {
            if (function(static_cast<unsigned>(std::countr_zero(sizes)), global))
                return;
        }
    }
}

Translation const* SecondLevelTlb::find(uint64_t address, uint16_t asid)
{
    Translation const* found = nullptr;
    for_each_size(address, [&](unsigned shift, bool global) {
        if (Entry const* const entry = find_sized(address, shift, global, asid))
            found = &entry->translation;
        return found != nullptr;
    });
    return found;
}

Translation const& SecondLevelTlb::insert(uint64_t address, uint16_t asid, Translation const& translation)
{
    unsigned const shift = translation.shift;
    Entry* chosen = find_sized(address, shift, translation.global, asid);
    if (!chosen) {
        Set& set = set_of(address >> shift, shift, translation.global, asid);
        for (Entry& entry : set) {
            if (!is_valid(entry)) {
                chosen = &entry;
                break;
            }
        }
        if (!chosen)
            chosen = &set[m_next_way++ % kWays];
    }
    *chosen = { address >> shift, ++m_stamp, translation, asid };
    m_sizes[bit<55>(address)][translation.global] |= uint64_t { 1 } << shift;
    return chosen->translation;
}

void SecondLevelTlb::invalidate_all()
{
    m_all_invalidated = m_stamp;
    for (auto& half : m_sizes)
        half[0] = half[1] = 0;
}

void SecondLevelTlb::invalidate_asid(uint16_t asid)
{
    m_asid_invalidated[asid % kAsidSlots] = m_stamp;
}

void SecondLevelTlb::invalidate_page(uint64_t address, uint16_t asid)
{
    for_each_size(address, [&](unsigned shift, bool global) {
        if (Entry* const entry = find_sized(address, shift, global, asid))
            entry->stamp = 0;
        return false;
    });
}

void SecondLevelTlb::invalidate_page_of_all_asids(uint64_t address)
{
    // Entries of other ASIDs hash elsewhere. Linux asks this for kernel addresses, which are global.
    if (m_sizes[bit<55>(address)][false])
        return invalidate_all();
    invalidate_page(address, 0);
}

}
