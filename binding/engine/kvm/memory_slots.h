#pragma once

#include "base/result.h"
#include "engine/kvm/descriptor.h"
#include "memory/memory_map.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace dormouse::kvm {

// The memory map as KVM has it. KVM changes one slot at a time, so between two of our calls guest memory may have a
// hole: apply() and rebuild() are for a machine whose vCPUs are all outside KVM_RUN.
class MemorySlots {
public:
    explicit MemorySlots(Descriptor const& vm) : m_vm(vm) { }

    // Makes KVM's slots those of `wanted`: first deletes, then creates; what is the same stays untouched. When KVM
    // refuses any of it, all is as before and the error names the slot.
    Result<void> apply(std::vector<memory::Slot> const& wanted);
    // The same slots, but nothing of what KVM has derived from their contents: the next access finds what the host
    // wrote, also on processors whose guests with caches off look past them.
    Result<void> rebuild();
    // Marks in Slot::dirty_log what vCPUs have written since the last time, and makes KVM log anew.
    Result<void> collect_dirty_log(memory::Slot const&);

private:
    struct Region {
        uint32_t id { 0 };
        uint64_t base { 0 };
        uint64_t size { 0 };
        uint64_t host { 0 };
        uint32_t flags { 0 };
        std::string name;
        std::shared_ptr<memory::Backing> backing; // lives as long as the kernel points into it
        std::shared_ptr<memory::DirtyLog> dirty_log {}; // while flags have kMemLogDirtyPages
        bool same_memory(Region const& other) const
        {
            constexpr uint32_t kLog = abi::kMemLogDirtyPages;
            return base == other.base && size == other.size && host == other.host
                && (flags & ~kLog) == (other.flags & ~kLog);
        }
    };
    // What is to happen. Whether a slot logs is changed in place.
    struct Plan {
        std::vector<Region> deleted;
        std::vector<Region> switched; // as they were
        std::vector<Region> switched_to;
        std::vector<Region> created;
    };
    Result<void> carry_out(Plan const&);
    Result<void> set(Region const&, bool present);
    Result<void> collect(Region const&);
    uint32_t free_id(std::vector<Region> const& taken) const;

    Descriptor const& m_vm;
    std::vector<Region> m_regions;
};

}
