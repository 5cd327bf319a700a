#include "memory/memory_map.h"

#include "base/bits.h"
#include "base/sys/mapping.h"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <set>
#include <string_view>
#include <utility>

namespace dormouse::memory {

static std::string hex(uint64_t value)
{
    char text[2 + 16 + 1];
    std::snprintf(text, sizeof(text), "0x%" PRIx64, value);
    return text;
}

static Error unknown_slot(SlotId id)
{
    return { Code::InvalidArgument, "The memory map has no slot " + std::to_string(id) };
}

MemoryMap::Transaction::Transaction(std::vector<Slot> slots, SlotId next_id, uint64_t begun_at)
    : m_slots(std::move(slots))
    , m_next_id(next_id)
    , m_begun_at(begun_at)
{
}

Slot* MemoryMap::Transaction::find(SlotId id)
{
    auto const found = std::find_if(m_slots.begin(), m_slots.end(), [id](Slot const& slot) { return slot.id == id; });
    if (found != m_slots.end())
        return &*found;
    if (!m_failed)
        m_first_error = unknown_slot(id);
    m_failed = true;
    return nullptr;
}

SlotId MemoryMap::Transaction::add(std::string name, arch::Gpa base, uint64_t size, std::shared_ptr<Backing> backing,
    uint64_t backing_offset, SlotFlags flags)
{
    SlotId const id = m_next_id++;
    m_slots.push_back({ id, std::move(name), base, size, std::move(backing), backing_offset, flags, {} });
    return id;
}

void MemoryMap::Transaction::remove(SlotId id)
{
    if (Slot* slot = find(id))
        m_slots.erase(m_slots.begin() + (slot - m_slots.data()));
}

void MemoryMap::Transaction::move(SlotId id, arch::Gpa new_base)
{
    if (Slot* slot = find(id))
        slot->base = new_base;
}

void MemoryMap::Transaction::resize(SlotId id, uint64_t new_size)
{
    if (Slot* slot = find(id))
        slot->size = new_size;
}

void MemoryMap::Transaction::set_flags(SlotId id, SlotFlags flags)
{
    if (Slot* slot = find(id))
        slot->flags = flags;
}

static Result<void> validate_slot(Slot const& slot, unsigned physical_address_bits)
{
    auto const invalid = [&slot](std::string const& what) {
        return Error { Code::InvalidArgument, "Memory slot \"" + slot.name + "\" " + what };
    };
    uint64_t const page = sys::host_page_size();
    if (slot.size == 0)
        return invalid("is empty");
    if (!is_aligned(slot.base.value, page) || !is_aligned(slot.size, page) || !is_aligned(slot.backing_offset, page))
        return invalid("(base " + hex(slot.base.value) + ", size " + hex(slot.size) + ", offset "
            + hex(slot.backing_offset) + ") is not made of whole host pages of " + std::to_string(page) + " bytes");
    uint64_t const highest = low_mask(physical_address_bits);
    if (slot.base.value > highest || slot.size - 1 > highest - slot.base.value)
        return invalid("ends above the " + std::to_string(physical_address_bits) + "-bit physical address space");
    if (!slot.backing)
        return invalid("has no backing");
    if (slot.backing_offset > slot.backing->size() || slot.size > slot.backing->size() - slot.backing_offset)
        return invalid("reaches past the end of its backing of " + hex(slot.backing->size()) + " bytes");
    return {};
}

static Result<void> validate_no_overlap(std::vector<Slot> const& sorted)
{
    for (size_t i = 1; i < sorted.size(); ++i) {
        Slot const& below = sorted[i - 1];
        Slot const& above = sorted[i];
        if (above.base - below.base < below.size)
            return Error { Code::InvalidArgument,
                "Memory slot \"" + above.name + "\" at " + hex(above.base.value) + " overlaps slot \"" + below.name
                    + "\" at " + hex(below.base.value) };
    }
    return {};
}

static Result<void> validate_names(std::vector<Slot> const& slots)
{
    std::set<std::string_view> names;
    for (Slot const& slot : slots)
        if (!names.insert(slot.name).second)
            return Error { Code::InvalidArgument, "Memory slot \"" + slot.name + "\" exists already" };
    return {};
}

static Result<void> validate(std::vector<Slot> const& slots, unsigned physical_address_bits)
{
    for (Slot const& slot : slots)
        TRY(validate_slot(slot, physical_address_bits));
    TRY(validate_names(slots));
    return {};
}

static std::vector<Slot> sorted_by_base(std::vector<Slot> slots)
{
    std::sort(slots.begin(), slots.end(), [](Slot const& a, Slot const& b) { return a.base < b.base; });
    return slots;
}

static void renew_dirty_logs(std::vector<Slot>& slots)
{
    for (Slot& slot : slots) {
        if (!slot.flags.log_dirty) {
            slot.dirty_log = nullptr;
            continue;
        }
        bool const is_new = slot.dirty_log == nullptr;
        if (!is_new && slot.dirty_log->pages() == slot.size >> DirtyLog::kPageBits)
            continue;
        slot.dirty_log = std::make_shared<DirtyLog>(slot.size);
        if (!is_new)
            slot.dirty_log->mark_all();
    }
}

static std::shared_ptr<FlatView const> make_view(std::vector<Slot> const& sorted, uint64_t generation)
{
    std::vector<FlatView::Range> ranges;
    ranges.reserve(sorted.size());
    for (Slot const& slot : sorted)
        ranges.push_back({ slot.base, slot.size, slot.backing->data() + slot.backing_offset, slot.flags.read_only,
            slot.backing, slot.dirty_log, slot.name });
    return std::make_shared<FlatView const>(std::move(ranges), generation);
}

MemoryMap::MemoryMap(unsigned physical_address_bits)
    : m_physical_address_bits(physical_address_bits)
    , m_view(std::make_shared<FlatView const>(std::vector<FlatView::Range> {}, 0))
{
}

MemoryMap::Transaction MemoryMap::begin() const
{
    return Transaction { m_slots, m_next_id, generation() };
}

Result<uint64_t> MemoryMap::commit(Transaction transaction, wires::Quiesced const&, Adopt const& adopt)
{
    if (transaction.m_failed)
        return transaction.m_first_error;
    if (transaction.m_begun_at != generation())
        return Error { Code::Superseded, "The memory map was changed after this transaction began" };
    TRY(validate(transaction.m_slots, m_physical_address_bits));
    renew_dirty_logs(transaction.m_slots);
    std::vector<Slot> const sorted = sorted_by_base(transaction.m_slots);
    TRY(validate_no_overlap(sorted));

    // A number that was tried is not used again: whoever has seen the map that failed must notice that it is gone.
    uint64_t const next_generation = ++m_last_generation;
    auto const old_view = view();
    std::vector<Slot> const old_slots = std::exchange(m_slots, std::move(transaction.m_slots));
    std::atomic_store(&m_view, make_view(sorted, next_generation));
    if (adopt) {
        if (auto const adopted = adopt(); !adopted.ok()) {
            m_slots = old_slots;
            std::atomic_store(&m_view, old_view);
            return adopted.error();
        }
    }
    m_next_id = transaction.m_next_id;
    return next_generation;
}

std::shared_ptr<FlatView const> MemoryMap::view() const
{
    return std::atomic_load(&m_view);
}

uint64_t MemoryMap::generation() const
{
    return view()->generation();
}

}
