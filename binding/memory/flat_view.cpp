#include "memory/flat_view.h"

#include <algorithm>
#include <cstring>

namespace dormouse::memory {

FlatView::FlatView(std::vector<Range> sorted_ranges, uint64_t generation)
    : m_ranges(std::move(sorted_ranges))
    , m_generation(generation)
{
}

FlatView::Range const* FlatView::find(arch::Gpa address) const
{
    auto const after = std::upper_bound(m_ranges.begin(), m_ranges.end(), address,
        [](arch::Gpa wanted, Range const& range) { return wanted < range.base; });
    if (after == m_ranges.begin())
        return nullptr;
    Range const& candidate = *(after - 1);
    return address - candidate.base < candidate.size ? &candidate : nullptr;
}

uint8_t* FlatView::host(arch::Gpa address, uint64_t size, bool for_write) const
{
    Range const* range = find(address);
    if (!range || (for_write && range->read_only))
        return nullptr;
    uint64_t const offset = address - range->base;
    if (size > range->size - offset)
        return nullptr;
    if (for_write && range->dirty_log)
        range->dirty_log->mark(offset, size);
    return range->host + offset;
}

// Calls visit(range, offset in the range, offset in the buffer, bytes) for each piece of [address, address + size).
// False as soon as a byte has no range.
template <typename Visitor>
static bool for_each_piece(FlatView const& view, arch::Gpa address, size_t size, Visitor visit)
{
    size_t done = 0;
    while (done < size) {
        auto const* range = view.find(address + done);
        if (!range || address.value > ~uint64_t { 0 } - done)
            return false;
        uint64_t const offset = (address + done) - range->base;
        auto const bytes = static_cast<size_t>(std::min<uint64_t>(range->size - offset, size - done));
        if (!visit(*range, offset, done, bytes))
            return false;
        done += bytes;
    }
    return true;
}

bool FlatView::read(arch::Gpa address, void* destination, size_t size) const
{
    // Two passes: nothing may be copied when a later byte turns out to have no memory.
    if (!for_each_piece(*this, address, size, [](auto const&, uint64_t, size_t, size_t) { return true; }))
        return false;
    return for_each_piece(*this, address, size, [&](Range const& range, uint64_t offset, size_t done, size_t bytes) {
        std::memcpy(static_cast<uint8_t*>(destination) + done, range.host + offset, bytes);
        return true;
    });
}

bool FlatView::write(arch::Gpa address, void const* source, size_t size) const
{
    if (!for_each_piece(
            *this, address, size, [](Range const& range, uint64_t, size_t, size_t) { return !range.read_only; }))
        return false;
    return for_each_piece(*this, address, size, [&](Range const& range, uint64_t offset, size_t done, size_t bytes) {
        if (range.dirty_log)
            range.dirty_log->mark(offset, bytes);
        std::memcpy(range.host + offset, static_cast<uint8_t const*>(source) + done, bytes);
        return true;
    });
}

}
