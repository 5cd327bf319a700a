#pragma once

#include "arch/addresses.h"
#include "memory/dirty_log.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dormouse::memory {

class Backing;

// An immutable, sorted picture of the memory map: where each guest physical address lives in host memory.
class FlatView {
public:
    struct Range {
        arch::Gpa base;
        uint64_t size { 0 };
        uint8_t* host { nullptr };
        bool read_only { false };
        std::shared_ptr<Backing> owner; // keeps the host memory alive as long as somebody holds the view
        std::shared_ptr<DirtyLog> dirty_log {}; // null: nobody wants to know
        std::string name {}; // the slot's
        uint64_t end() const { return base.value + size; }
    };

    FlatView(std::vector<Range> sorted_ranges, uint64_t generation);

    // The range that holds `address`, or null.
    Range const* find(arch::Gpa address) const;
    // Host address of [address, address + size) when it lies in one range (writable when `for_write`), else null. What
    // is asked for with `for_write` counts as written.
    uint8_t* host(arch::Gpa address, uint64_t size, bool for_write) const;
    // Copies across adjoining ranges; false when any byte has no memory (nothing is copied then).
    bool read(arch::Gpa address, void* destination, size_t size) const;
    bool write(arch::Gpa address, void const* source, size_t size) const;

    std::vector<Range> const& ranges() const { return m_ranges; }
    uint64_t generation() const { return m_generation; }

private:
    std::vector<Range> m_ranges;
    uint64_t m_generation;
};

}
