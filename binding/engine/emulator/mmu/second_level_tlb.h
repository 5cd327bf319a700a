#pragma once

#include "engine/emulator/mmu/translation.h"

#include <array>
#include <cstdint>
#include <vector>

namespace dormouse::emulator {

// Set-associative cache of translations, tagged with the ASID so that a context switch throws nothing away. Entries
// keep the size of their page or block. Invalidating everything or one ASID only moves a counter.
class SecondLevelTlb {
public:
    SecondLevelTlb();

    // `address` without its tag. Null when nothing is known.
    Translation const* find(uint64_t address, uint16_t asid);
    Translation const& insert(uint64_t address, uint16_t asid, Translation const&);

    void invalidate_all();
    void invalidate_asid(uint16_t asid); // global entries stay
    void invalidate_page(uint64_t address, uint16_t asid); // this ASID's entry and global ones
    void invalidate_page_of_all_asids(uint64_t address);

private:
    struct Entry {
        uint64_t page { 0 }; // address >> shift
        uint64_t stamp { 0 }; // when it was filled; 0: never
        Translation translation;
        uint16_t asid { 0 };
    };
    static constexpr unsigned kWays = 4;
    static constexpr unsigned kSets = 2048;
    static constexpr unsigned kAsidSlots = 4096;

    using Set = std::array<Entry, kWays>;

    bool is_valid(Entry const&) const;
    Set& set_of(uint64_t page, unsigned shift, bool global, uint16_t asid);
    Entry* find_sized(uint64_t address, unsigned shift, bool global, uint16_t asid);
    template <typename Function> void for_each_size(uint64_t address, Function);

    std::vector<Set> m_sets;
    std::vector<uint64_t> m_asid_invalidated; // by ASID modulo kAsidSlots; invalidating too much is always right
    uint64_t m_stamp { 1 };
    uint64_t m_all_invalidated { 0 };
    uint32_t m_next_way { 0 };
    // Which page sizes (bit = shift) the cache may hold, [upper half][global]: lookups probe those alone.
    uint64_t m_sizes[2][2] {};
};

}
