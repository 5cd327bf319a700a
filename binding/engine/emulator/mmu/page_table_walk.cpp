#include "engine/emulator/mmu/page_table_walk.h"

#include "base/bits.h"

namespace dormouse::emulator {

namespace {

    constexpr uint64_t kDescriptorAccessFlag = uint64_t { 1 } << 10;
    constexpr uint64_t kDescriptorReadOnly = uint64_t { 1 } << 7; // AP[2]

    // What the table descriptors on the way down take away.
    struct TableLimits {
        bool no_el0_access { false }; // APTable[0]
        bool read_only { false }; // APTable[1]
        bool never_execute_el0 { false }; // UXNTable
        bool never_execute_el1 { false }; // PXNTable

        void add(uint64_t descriptor)
        {
            never_execute_el1 |= bit<59>(descriptor);
            never_execute_el0 |= bit<60>(descriptor);
            no_el0_access |= bit<61>(descriptor);
            read_only |= bit<62>(descriptor);
        }
    };

    uint8_t permissions_of(Regime const& regime, uint64_t descriptor, TableLimits const& limits, bool dirty_managed)
    {
        bool const user = bit<6>(descriptor) && !limits.no_el0_access;
        // A writable-clean page counts as writable: the write itself makes it dirty.
        bool const writable = (!(descriptor & kDescriptorReadOnly) || dirty_managed) && !limits.read_only;
        bool const writable_el0 = user && writable;
        bool never_el0 = bit<54>(descriptor) || limits.never_execute_el0;
        bool never_el1 = bit<53>(descriptor) || limits.never_execute_el1 || writable_el0;
        if (regime.write_implies_never_execute) {
            never_el0 |= writable_el0;
            never_el1 |= writable;
        }
        return static_cast<uint8_t>((user ? kReadEl0 | kUserPage : 0) | (writable_el0 ? kWriteEl0 : 0)
            | (never_el0 ? 0 : kExecuteEl0) | kReadEl1 | (writable ? kWriteEl1 : 0) | (never_el1 ? 0 : kExecuteEl1));
    }

    bool block_allowed(unsigned granule_bits, unsigned level)
    {
        return level == 2 || (level == 1 && granule_bits == 12);
    }

    FaultStatus at_level(FaultStatus fault, unsigned level)
    {
        return static_cast<FaultStatus>(fault | level);
    }

    // One attempt; `raced` says that a hardware update met a descriptor that somebody else had just changed.
    FaultStatus walk_once(Regime const& regime, memory::FlatView const& view, WalkRequest const& request,
        Translation& translation, bool& raced)
    {
        RegimeHalf const& half = regime.half_of(request.address);
        if (half.table_out_of_range)
            return at_level(kAddressSizeFault, 0);
        unsigned const stride = half.granule_bits - 3u;
        uint64_t table = half.table;
        TableLimits limits;

        for (unsigned level = half.start_level;; ++level) {
            unsigned const shift = half.granule_bits + (3 - level) * stride;
            unsigned const width = level == half.start_level ? half.input_bits - shift : stride;
            arch::Gpa const where { table + ((request.address >> shift) & low_mask(width)) * 8 };
            uint8_t* const host = view.host(where, 8, false);
            if (!host)
                return at_level(kExternalAbortOnWalk, level);
            auto* const slot = reinterpret_cast<uint64_t*>(host);
            uint64_t descriptor = __atomic_load_n(slot, __ATOMIC_ACQUIRE);

            if (!bit<0>(descriptor))
                return at_level(kTranslationFault, level);
            bool const table_or_page = bit<1>(descriptor);
            if (table_or_page && level < 3) {
                table = descriptor & low_mask(kPhysicalAddressBits) & ~low_mask(half.granule_bits);
                if (table >> regime.output_bits)
                    return at_level(kAddressSizeFault, level);
                if (!half.ignores_table_permissions)
                    limits.add(descriptor);
                continue;
            }
            if (table_or_page ? level != 3 : !block_allowed(half.granule_bits, level))
                return at_level(kTranslationFault, level);

            uint64_t const output = descriptor & low_mask(kPhysicalAddressBits) & ~low_mask(shift);
            if (output >> regime.output_bits)
                return at_level(kAddressSizeFault, level);
            if (!(descriptor & kDescriptorAccessFlag) && !regime.updates_access_flag)
                return at_level(kAccessFlagFault, level);

            bool const dirty_managed = regime.updates_dirty_state && bit<51>(descriptor);
            translation.physical = output;
            translation.shift = static_cast<uint8_t>(shift);
            translation.permissions = permissions_of(regime, descriptor, limits, dirty_managed);
            translation.attributes = static_cast<uint8_t>(regime.mair >> (8 * bits<4, 2>(descriptor)));
            translation.shareability = static_cast<uint8_t>(bits<9, 8>(descriptor));
            translation.level = static_cast<uint8_t>(level);
            translation.global = !bit<11>(descriptor);

            uint64_t updated = descriptor | kDescriptorAccessFlag;
            if (dirty_managed && request.intent == Intent::Write
                && is_permitted(translation.permissions, request.privilege, Intent::Write))
                updated &= ~kDescriptorReadOnly;
            if (updated != descriptor && request.may_update) {
                if (!view.host(where, 8, true))
                    return at_level(kExternalAbortOnWalk, level);
                if (!__atomic_compare_exchange_n(
                        slot, &descriptor, updated, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
                    raced = true;
                    return kNoFault;
                }
            }
            translation.clean = dirty_managed && (updated & kDescriptorReadOnly);
            return kNoFault;
        }
    }

}

FaultStatus walk(
    Regime const& regime, memory::FlatView const& view, WalkRequest const& request, Translation& translation)
{
    // Each retry means that another agent won the race, so a guest that is not malicious needs one or two. A hostile
    // one that rewrites its descriptor for ever gets a fault and cannot hold the vCPU here.
    for (unsigned attempt = 0; attempt < 64; ++attempt) {
        bool raced = false;
        FaultStatus const status = walk_once(regime, view, request, translation, raced);
        if (!raced)
            return status;
    }
    return kUnsupportedAtomicUpdate;
}

}
