#include "machine/machine_memory.h"

#include "base/bits.h"
#include "base/sys/mapping.h"
#include "machine/machine.h"
#include "machine/memory_layout.h"

#include <algorithm>
#include <map>

namespace dormouse::machine {

using memory::MemoryMap;
using memory::Slot;
using memory::SlotId;

static Error invalid(std::string_view name, std::string const& what)
{
    return { Code::InvalidArgument, "Memory slot \"" + std::string { name } + "\" " + what };
}

static bool is_slot_name(std::string_view name)
{
    return !name.empty() && name.size() <= kMaxSlotName && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

static Result<void> check_granule(SlotChange const& change, char const* field, uint64_t value)
{
    if (is_aligned(value, kSlotGranule))
        return {};
    return invalid(
        change.name, std::string { field } + " is " + std::to_string(value) + ": it must be a multiple of 64 KiB");
}

namespace {

    // Translates changes by name into a transaction by id.
    class Batch {
    public:
        explicit Batch(Board& board) : m_board(board), m_transaction(board.memory.begin())
        {
            for (Slot const& slot : board.memory.slots())
                m_slots[slot.name] = { slot.id, slot.base.value, slot.size, slot.backing, slot.size };
        }

        Result<void> apply(SlotChange const& change)
        {
            if (change.kind == SlotChange::Kind::Add)
                return add(change);
            auto const found = m_slots.find(change.name);
            if (found == m_slots.end())
                return Error { Code::NotFound, "There is no memory slot \"" + change.name + "\"" };
            if (change.name == kBootSlot && (change.kind != SlotChange::Kind::SetFlags || change.flags.read_only))
                return invalid(change.name, "is the memory the machine was built with: it stays as it is");
            switch (change.kind) {
            case SlotChange::Kind::Add: break;
            case SlotChange::Kind::Remove:
                m_transaction.remove(found->second.id);
                m_slots.erase(found);
                break;
            case SlotChange::Kind::Move: return move(change, found->second);
            case SlotChange::Kind::Resize:
                TRY(check_granule(change, "bytes", change.bytes));
                m_transaction.resize(found->second.id, change.bytes);
                found->second.size = change.bytes;
                break;
            case SlotChange::Kind::SetFlags: m_transaction.set_flags(found->second.id, change.flags); break;
            }
            return {};
        }

        Result<uint64_t> commit(wires::Quiesced const& quiesced)
        {
            TRY(check_whole());
            // What no guest can reach now, so nothing is lost when the engine refuses the map.
            for (auto const& [name, slot] : m_slots)
                if (slot.size > slot.size_before && slot.size <= slot.backing->size())
                    TRY(slot.backing->clear(slot.size_before, slot.size - slot.size_before));
            return m_board.memory.commit(std::move(m_transaction), quiesced,
                [this, &quiesced] { return m_board.vm->memory_map_changed(quiesced); });
        }

    private:
        struct Known {
            SlotId id { 0 };
            uint64_t base { 0 };
            uint64_t size { 0 };
            std::shared_ptr<memory::Backing> backing;
            uint64_t size_before { 0 }; // in force now; of a new slot: all of it, since new memory is zero
        };

        Result<void> add(SlotChange const& change)
        {
            if (!is_slot_name(change.name))
                return Error { Code::InvalidArgument,
                    "A memory slot cannot be called \"" + change.name.substr(0, 2 * kMaxSlotName)
                        + "\": 1 to 32 of a-z, 0-9 and \"-\" are allowed" };
            if (m_slots.contains(change.name))
                return invalid(change.name, "exists already");
            uint64_t const maximum = change.maximum_bytes ? change.maximum_bytes : change.bytes;
            TRY(check_granule(change, "bytes", change.bytes));
            TRY(check_granule(change, "maximumBytes", maximum));
            if (change.bytes == 0 || maximum < change.bytes)
                return invalid(change.name,
                    "has " + std::to_string(change.bytes) + " bytes of at most " + std::to_string(maximum)
                        + ": expected at least 64 KiB and not more than the maximum");
            uint64_t const host = sys::host_memory_bytes();
            if (maximum > host)
                return invalid(change.name,
                    "may grow to " + std::to_string(maximum) + " bytes: this host has " + std::to_string(host));
            uint64_t const base = change.base ? *change.base : place();
            TRY(check_granule(change, "base", base));
            TRY_PUT(backing, memory::Backing::create_anonymous(maximum));
            SlotId const id = m_transaction.add(change.name, { base }, change.bytes, backing, 0, change.flags);
            m_slots[change.name] = { id, base, change.bytes, std::move(backing), maximum };
            return {};
        }

        Result<void> move(SlotChange const& change, Known& slot)
        {
            if (!change.base)
                return invalid(change.name, "cannot be moved without a base");
            TRY(check_granule(change, "base", *change.base));
            m_transaction.move(slot.id, { *change.base });
            slot.base = *change.base;
            return {};
        }

        uint64_t place() const
        {
            uint64_t end = layout::kRamBase;
            for (auto const& [name, slot] : m_slots)
                end = std::max(end, slot.base + slot.size);
            return align_up(end, kSlotPlace);
        }

        Result<void> check_whole() const
        {
            if (m_slots.size() > kMaxSlots)
                return Error { Code::InvalidArgument,
                    "The machine would have " + std::to_string(m_slots.size()) + " memory slots: at most "
                        + std::to_string(kMaxSlots) + " are possible" };
            uint64_t const limit = layout::high_base(m_board.ram->size());
            uint64_t total = 0;
            for (auto const& [name, slot] : m_slots) {
                if (slot.base < layout::kRamBase || slot.base > limit || slot.size > limit - slot.base)
                    return invalid(name,
                        "does not lie where this board has room for memory: from 1 GiB to "
                            + std::to_string(limit >> 30) + " GiB");
                total += slot.backing->size();
            }
            uint64_t const host = sys::host_memory_bytes();
            if (total > host)
                return Error { Code::InvalidArgument,
                    "The memory slots would have " + std::to_string(total >> 20) + " MiB: this host has "
                        + std::to_string(host >> 20) };
            return {};
        }

        Board& m_board;
        MemoryMap::Transaction m_transaction;
        std::map<std::string, Known, std::less<>> m_slots; // as they will be
    };

}

Result<uint64_t> change_slots(Board& board, std::span<SlotChange const> changes, wires::Quiesced const& quiesced)
{
    if (changes.empty() || changes.size() > kMaxSlotChanges)
        return Error { Code::InvalidArgument,
            "changes has " + std::to_string(changes.size()) + " entries: expected 1 to "
                + std::to_string(kMaxSlotChanges) };
    Batch batch { board };
    for (SlotChange const& change : changes)
        TRY(batch.apply(change));
    return batch.commit(quiesced);
}

Result<std::vector<uint64_t>> take_dirty_log(Board& board, std::string_view name, wires::Quiesced const& quiesced)
{
    for (Slot const& slot : board.memory.slots()) {
        if (slot.name != name)
            continue;
        if (!slot.dirty_log)
            return Error { Code::InvalidState,
                "Memory slot \"" + slot.name + "\" has no dirty log: set logDirty first" };
        TRY(board.vm->collect_dirty_log(slot, quiesced));
        return slot.dirty_log->take();
    }
    return Error { Code::NotFound, "There is no memory slot \"" + std::string { name } + "\"" };
}

Result<void> clear_memory(Board& board, wires::Quiesced const&)
{
    for (Slot const& slot : board.memory.slots()) {
        TRY(slot.backing->clear());
        if (slot.dirty_log)
            slot.dirty_log->mark_all();
    }
    return {};
}

void save_slots(state::Writer& writer, Board const& board, wires::Quiesced const&)
{
    auto const& slots = board.memory.slots();
    writer.u32(static_cast<uint32_t>(slots.size() - 1));
    for (Slot const& slot : slots) {
        if (slot.name == kBootSlot)
            continue;
        writer.text(slot.name);
        writer.u64(slot.base.value);
        writer.u64(slot.size);
        writer.u64(slot.backing->size());
        writer.boolean(slot.flags.read_only);
    }
}

Result<void> restore_slots(state::Reader& reader, Board& board, wires::Quiesced const& quiesced)
{
    std::vector<SlotChange> changes;
    for (Slot const& slot : board.memory.slots())
        if (slot.name != kBootSlot)
            changes.push_back({ SlotChange::Kind::Remove, slot.name });
    uint32_t const count = reader.u32("slot count");
    if (count > kMaxSlots)
        reader.fail(
            "slot count", "is " + std::to_string(count) + ", at most " + std::to_string(kMaxSlots) + " are possible");
    for (uint32_t i = 0; i < count && reader.ok(); ++i) {
        SlotChange change { SlotChange::Kind::Add, reader.text("name", kMaxSlotName) };
        change.base = reader.u64("base");
        change.bytes = reader.u64("size");
        change.maximum_bytes = reader.u64("maximum");
        change.flags.read_only = reader.boolean("read-only");
        changes.push_back(std::move(change));
    }
    TRY(reader.finish());
    if (changes.empty())
        return {};
    if (auto const changed = change_slots(board, changes, quiesced); !changed.ok())
        reader.fail("slots", "cannot be restored: " + changed.error().message);
    return reader.result();
}

// --- The user's requests -------------------------------------------------------------------------------------------

template <typename T>
Result<T> Machine::while_quiesced(char const* request, std::function<Result<T>(wires::Quiesced const&)> const& function)
{
    std::lock_guard const operation { m_operation };
    std::optional<wires::Quiesced> own;
    if (!m_pause)
        own.emplace(quiesce());
    if (state() == MachineState::Ended)
        return Error { Code::InvalidState, std::string { request } + " needs a machine that has not ended" };
    return function(m_pause ? *m_pause : *own);
}

Result<MachineStatistics::MemoryMap> Machine::change_memory_map(std::span<SlotChange const> changes)
{
    using Map = MachineStatistics::MemoryMap;
    return while_quiesced<Map>("Changing the memory map", [&](wires::Quiesced const& quiesced) -> Result<Map> {
        TRY_PUT(generation, change_slots(*m_board, changes, quiesced));
        static_cast<void>(generation);
        return memory_map();
    });
}

Result<std::vector<uint64_t>> Machine::take_dirty_log(std::string_view slot)
{
    return while_quiesced<std::vector<uint64_t>>("Taking a dirty log",
        [&](wires::Quiesced const& quiesced) { return machine::take_dirty_log(*m_board, slot, quiesced); });
}

MachineStatistics::MemoryMap Machine::memory_map() const
{
    // The slots may be changing right now; the published view never is.
    auto const view = m_board->memory.view();
    MachineStatistics::MemoryMap map { view->generation(), {} };
    for (auto const& range : view->ranges())
        map.slots.push_back({ range.name, range.base.value, range.size, range.owner->size(), range.read_only,
            range.dirty_log != nullptr });
    return map;
}

}
