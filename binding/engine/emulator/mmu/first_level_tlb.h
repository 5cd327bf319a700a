#pragma once

#include "engine/emulator/cpu/tlb.h"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>

namespace dormouse::emulator {

// Owner of the arrays that load() and store() look into (cpu/tlb.h). Remembers which entries it filled, so that the
// frequent "drop this half of the address space" costs what is in use and not the size of the arrays.
class FirstLevelTlb {
public:
    FirstLevelTlb();

    TlbEntry* array(TlbContext context) { return m_tlb->contexts[static_cast<unsigned>(context)].data(); }

    // Enters the 4 KiB page of `address` (top byte included). `host_page`: where it lives. `page_shift`: log2
    // of the guest page's size; one TLBI removes all pieces of a large one.
    void fill(TlbContext, uint64_t address, uint8_t* host_page, bool readable, bool writable, unsigned page_shift);
    void invalidate_half(unsigned half); // 0: TTBR0's, 1: TTBR1's
    void invalidate_page(uint64_t address);

private:
    static constexpr unsigned kContexts = static_cast<unsigned>(TlbContext::Count);
    // Beyond this a look at every entry costs less than the fills did.
    static constexpr unsigned kRemembered = kTlbEntries / 8;

    struct Free {
        void operator()(void* memory) const { std::free(memory); }
    };

    struct Used {
        std::array<uint16_t, kRemembered> indices;
        unsigned count { 0 }; // above kRemembered: unknown, clear everything
    };

    std::unique_ptr<void, Free> m_memory; // costs the host nothing until it is used
    Tlb* m_tlb { nullptr };
    Used m_used[kContexts][2];
    // Covers every large page with a piece in the arrays, per half; empty when first > last.
    uint64_t m_large_first[2];
    uint64_t m_large_last[2];
};

}
