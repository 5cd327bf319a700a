#pragma once

#include "arch/addresses.h"
#include "base/result.h"
#include "memory/backing.h"
#include "memory/dirty_log.h"
#include "memory/flat_view.h"
#include "wires/quiesced.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace dormouse::memory {

using SlotId = uint32_t;

struct SlotFlags {
    bool read_only { false }; // guest writes go to the bus as MMIO, reads and fetches come from memory
    bool log_dirty { false }; // keep Slot::dirty_log
    bool operator==(SlotFlags const&) const = default;
};

// One stretch of guest physical address space backed by host memory. Base, size and offset are whole host pages.
struct Slot {
    SlotId id { 0 };
    std::string name; // for people: "ram", "flash0"; no two slots have the same
    arch::Gpa base;
    uint64_t size { 0 }; // bytes, not 0
    std::shared_ptr<Backing> backing;
    uint64_t backing_offset { 0 };
    SlotFlags flags;
    // While flags.log_dirty; made and ended by commit(). Starts clean and stays with a slot that moves. A slot that
    // changes its size gets a new one that starts all dirty.
    std::shared_ptr<DirtyLog> dirty_log {};
};

// The list of slots of one machine. Readers take an immutable FlatView; changes are transactions: all or nothing.
// The generation counts the maps that were tried; two different maps never have the same.
class MemoryMap {
public:
    // Collects changes; nothing happens before commit().
    class Transaction {
    public:
        // Returns the id the slot will have. Errors show at commit().
        SlotId add(std::string name, arch::Gpa base, uint64_t size, std::shared_ptr<Backing>, uint64_t backing_offset,
            SlotFlags);
        void remove(SlotId);
        void move(SlotId, arch::Gpa new_base);
        void resize(SlotId, uint64_t new_size);
        void set_flags(SlotId, SlotFlags);

    private:
        friend class MemoryMap;
        Transaction(std::vector<Slot> slots, SlotId next_id, uint64_t begun_at);
        Slot* find(SlotId);

        std::vector<Slot> m_slots;
        SlotId m_next_id;
        uint64_t m_begun_at; // generation
        Error m_first_error;
        bool m_failed { false };
    };

    // `physical_address_bits`: no slot may end above 2^bits.
    explicit MemoryMap(unsigned physical_address_bits);

    Transaction begin() const;
    // Takes the map over, in an engine: slots() and view() are the new ones during the call. Fails with the old map in
    // force.
    using Adopt = std::function<Result<void>()>;
    // Validates everything first (page alignment, overlap, wrap-around, backing bounds, names, unknown ids), then
    // publishes the new view with the next generation and has it adopted. On any error the very same map as before is
    // in force and, when the request was to blame, the message names the slot. A transaction that began before another
    // one was committed is refused with Superseded.
    Result<uint64_t> commit(Transaction, wires::Quiesced const&, Adopt const& = {});

    std::vector<Slot> const& slots() const { return m_slots; } // callers: under Quiesced, or before the machine runs
    // Any thread. The view stays valid as long as the pointer is held.
    std::shared_ptr<FlatView const> view() const;
    uint64_t generation() const;

private:
    unsigned m_physical_address_bits;
    std::vector<Slot> m_slots;
    SlotId m_next_id { 1 };
    uint64_t m_last_generation { 0 }; // of the last map that was tried
    std::shared_ptr<FlatView const> m_view; // accessed with std::atomic_load/store
};

}
