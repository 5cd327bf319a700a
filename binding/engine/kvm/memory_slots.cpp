#include "engine/kvm/memory_slots.h"

#include "base/check.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>

namespace dormouse::kvm {

Result<void> MemorySlots::set(Region const& region, bool present)
{
    abi::UserspaceMemoryRegion request { region.id, region.flags, region.base, present ? region.size : 0, region.host };
    int const result = m_vm.raw(abi::Request::SetUserMemoryRegion, request);
    if (result >= 0)
        return {};
    char text[160];
    std::snprintf(text, sizeof(text), "%s memory slot \"%s\" (0x%" PRIx64 " bytes at 0x%" PRIx64 ") of KVM",
        present ? "Creating" : "Deleting", region.name.c_str(), region.size, region.base);
    return Descriptor::failure(text, result);
}

uint32_t MemorySlots::free_id(std::vector<Region> const& taken) const
{
    uint32_t id = 0;
    while (std::any_of(taken.begin(), taken.end(), [id](Region const& region) { return region.id == id; }))
        ++id;
    return id;
}

Result<void> MemorySlots::apply(std::vector<memory::Slot> const& wanted)
{
    std::vector<Region> next;
    for (memory::Slot const& slot : wanted)
        next.push_back(
            { ~0u, slot.base.value, slot.size, reinterpret_cast<uint64_t>(slot.backing->data() + slot.backing_offset),
                slot.flags.read_only ? abi::kMemReadonly : 0, slot.name, slot.backing });

    std::vector<Region> kept;
    std::vector<Region> deleted;
    for (Region const& old : m_regions) {
        auto const same = std::find_if(next.begin(), next.end(), [&](Region const& r) { return r.same_memory(old); });
        (same == next.end() ? deleted : kept).push_back(old);
        if (same != next.end())
            next.erase(same);
    }
    std::vector<Region> all = kept;
    std::vector<Region> created;
    for (Region& region : next) {
        region.id = free_id(all);
        all.push_back(region);
        created.push_back(region);
    }
    TRY(change(deleted, created));
    m_regions = std::move(all);
    return {};
}

Result<void> MemorySlots::rebuild()
{
    return change(m_regions, m_regions);
}

Result<void> MemorySlots::change(std::vector<Region> const& deleted, std::vector<Region> const& created)
{
    std::vector<Region> gone;
    std::vector<Region> made;
    Result<void> result;
    for (Region const& region : deleted) {
        if (result = set(region, false); !result.ok())
            break;
        gone.push_back(region);
    }
    for (Region const& region : created) {
        if (!result.ok() || !(result = set(region, true)).ok())
            break;
        made.push_back(region);
    }
    if (result.ok())
        return {};
    for (Region const& region : made)
        CHECK(set(region, false).ok());
    // What has just been there is there again, unless the kernel has no memory left for its own records.
    for (Region const& region : gone)
        if (auto const restored = set(region, true); !restored.ok())
            return Error { Code::HostFailure,
                result.error().message + "; and going back failed: " + restored.error().message };
    return result;
}

}
