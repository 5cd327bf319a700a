#include "engine/kvm/memory_slots.h"

#include "base/sys/mapping.h"

#include <algorithm>
#include <bit>
#include <cinttypes>
#include <cstdio>
#include <utility>

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
                (slot.flags.read_only ? abi::kMemReadonly : 0) | (slot.dirty_log ? abi::kMemLogDirtyPages : 0),
                slot.name, slot.backing, slot.dirty_log });

    Plan plan;
    std::vector<Region> all;
    for (Region const& old : m_regions) {
        auto const same = std::find_if(next.begin(), next.end(), [&](Region const& r) { return r.same_memory(old); });
        if (same == next.end()) {
            plan.deleted.push_back(old);
            continue;
        }
        same->id = old.id;
        all.push_back(*same);
        if (same->flags != old.flags) {
            plan.switched.push_back(old);
            plan.switched_to.push_back(*same);
        }
        next.erase(same);
    }
    for (Region& region : next) {
        region.id = free_id(all);
        all.push_back(region);
        plan.created.push_back(region);
    }
    TRY(carry_out(plan));
    m_regions = std::move(all);
    return {};
}

Result<void> MemorySlots::rebuild()
{
    return carry_out({ m_regions, {}, {}, m_regions });
}

Result<void> MemorySlots::carry_out(Plan const& plan)
{
    // The kernel forgets its log with the slot; a page that is marked in vain does no harm should we come back.
    for (auto const* regions : { &plan.deleted, &plan.switched })
        for (Region const& region : *regions)
            TRY(collect(region));

    std::vector<std::pair<Region, bool>> back; // what undoes the changes so far, the newest last
    Result<void> result;
    auto const step = [&](Region const& region, bool present, Region const& undo, bool undo_present) {
        if (result.ok() && (result = set(region, present)).ok())
            back.emplace_back(undo, undo_present);
    };
    for (Region const& region : plan.deleted)
        step(region, false, region, true);
    for (size_t i = 0; i < plan.switched.size(); ++i)
        step(plan.switched_to[i], true, plan.switched[i], true);
    for (Region const& region : plan.created)
        step(region, true, region, false);
    if (result.ok())
        return {};
    // What has just been there is there again, unless the kernel has no memory left for its own records.
    for (auto undo = back.rbegin(); undo != back.rend(); ++undo)
        if (auto const done = set(undo->first, undo->second); !done.ok())
            return Error { Code::HostFailure,
                result.error().message + "; and going back failed: " + done.error().message };
    return result;
}

// --- Dirty logs ----------------------------------------------------------------------------------------------------

Result<void> MemorySlots::collect_dirty_log(memory::Slot const& slot)
{
    for (Region const& region : m_regions)
        if (region.base == slot.base.value)
            return collect(region);
    return Error { Code::InvalidArgument, "KVM has no memory slot \"" + slot.name + "\"" };
}

Result<void> MemorySlots::collect(Region const& region)
{
    if (!region.dirty_log)
        return {};
    uint64_t const page = sys::host_page_size();
    std::vector<uint64_t> bitmap((region.size / page + 63) / 64);
    abi::DirtyLog request { region.id, 0, reinterpret_cast<uint64_t>(bitmap.data()) };
    if (int const result = m_vm.raw(abi::Request::GetDirtyLog, request); result < 0)
        return Descriptor::failure("KVM_GET_DIRTY_LOG of memory slot \"" + region.name + "\"", result);
    for (size_t word = 0; word < bitmap.size(); ++word)
        for (uint64_t left = bitmap[word]; left != 0; left &= left - 1)
            region.dirty_log->mark((word * 64 + static_cast<unsigned>(std::countr_zero(left))) * page, page);
    return {};
}

}
