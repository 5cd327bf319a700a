#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace dormouse::emulator {

// First-level soft TLB: direct mapped, one entry a 4 KiB page of guest virtual address space (larger guest pages fill
// one entry per 4 KiB touched).
struct TlbEntry {
    // Virtual address of the page (top byte included, so that TBI costs nothing), or invalid_tlb_tag(): then every
    // access takes the slow path. An entry is left invalid for reads or writes when the page is Device memory, has no
    // RAM behind it, is watched, is not dirty yet, or when SCTLR_EL1.A demands alignment checks.
    uint64_t tag_read;
    // Host address = virtual address + host_addend (modulo 2^64). A neighbour of both tags, so that either is one load
    // of a pair with it.
    uint64_t host_addend;
    uint64_t tag_write;
    uint64_t unused { 0 }; // a power of two makes the index a shift and a mask
};

constexpr unsigned kTlbPageBits = 12;
constexpr uint64_t kTlbPageSize = uint64_t { 1 } << kTlbPageBits;
constexpr unsigned kTlbEntries = 16384; // reaches 64 MiB

constexpr unsigned tlb_index(uint64_t virtual_address)
{
    return static_cast<unsigned>(virtual_address >> kTlbPageBits) & (kTlbEntries - 1);
}

// A tag that no address of this entry can match, nor an access that begins there and ends in the next page: it is of
// neither page. It is zero but for the first entry and the last, so that memory that was never touched is an array of
// invalid entries.
constexpr uint64_t invalid_tlb_tag(unsigned index)
{
    return index == 0 || index == kTlbEntries - 1 ? 2 * kTlbPageSize : 0;
}

// One array per set of permissions. Unprivileged loads and stores (LDTR, STTR) at EL1 use El0.
enum class TlbContext : unsigned { El0, El1, El1WithPan, Count };

// The page of the stack, which is where a third of all accesses go. A copy of its entry, for whoever wants to find it
// without an index; what invalidates entries forgets it.
struct TlbStackEntry {
    // Virtual address of the page's last byte, which is never 0: that is for none.
    uint64_t last_read { 0 };
    uint64_t host_addend { 0 };
    uint64_t last_write { 0 };
};

// The page that one place of a program went to last, for places that stay in a page for long. One for each size of
// access and for each direction.
struct TlbSteadyEntry {
    uint64_t page; // virtual address
    uint64_t limit; // offsets in the page below this one are good; 0: invalid
    uint64_t host; // address of the page
    uint64_t unused;
};
struct TlbSteadyEntries {
    static constexpr unsigned kKinds = 12; // 1 to 32 bytes, read or written
    static constexpr unsigned kEntriesOfKind = 4;
    std::array<std::array<TlbSteadyEntry, kEntriesOfKind>, kKinds> kinds;
    std::array<uint32_t, kKinds> used_kinds; // not 0: some of its entries may be valid
    uint64_t are_used; // the same of all
};

struct TlbArray {
    std::array<TlbEntry, kTlbEntries> entries;
    TlbStackEntry stack;
    TlbSteadyEntries steady;
    // A power of two makes the address of a context's array a shift. Memory that nobody touches costs nothing.
    std::byte unused[sizeof(TlbEntry) * kTlbEntries - sizeof(TlbStackEntry) - sizeof(TlbSteadyEntries)];

    TlbEntry* data() { return entries.data(); }
};

struct Tlb {
    std::array<TlbArray, static_cast<size_t>(TlbContext::Count)> contexts;
};

}
