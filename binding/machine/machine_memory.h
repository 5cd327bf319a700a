#pragma once

#include "base/units.h"
#include "machine/board.h"
#include "state/reader.h"
#include "state/writer.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dormouse::machine {

// The slot that the machine was created with. It holds the kernel's image and what the device tree calls memory, so it
// stays where it is for life.
constexpr std::string_view kBootSlot = "ram";
// Base and size of every other slot are multiples of this, so that a map is right on hosts of any page size.
constexpr uint64_t kSlotGranule = 64_KiB;
// A slot whose base the machine chooses begins at a multiple of this: Linux's unit of memory hotplug on arm64.
constexpr uint64_t kSlotPlace = 128_MiB;
constexpr size_t kMaxSlots = 64;
constexpr size_t kMaxSlotName = 32;
constexpr size_t kMaxSlotChanges = 1024;

// One step of a transaction on the slots of a machine. Slots have the names that their creator chose: 1 to kMaxSlotName
// of a-z, 0-9 and "-".
struct SlotChange {
    enum class Kind { Add, Remove, Move, Resize, SetFlags };
    Kind kind { Kind::Add };
    std::string name;
    std::optional<uint64_t> base {}; // of Add and Move; Add without one: above all slots
    uint64_t bytes { 0 }; // of Add and Resize
    uint64_t maximum_bytes { 0 }; // of Add: how far Resize may go; 0: `bytes`
    memory::SlotFlags flags {}; // of Add and SetFlags
};

// All changes or none: the result is judged as a whole, so slots may trade places. Added memory is zero, and so is what
// a slot gains by Resize. Gives the new generation. Fails with the name of the slot that is to blame, or with what the
// engine said; then the very same map as before is in force.
Result<uint64_t> change_slots(Board&, std::span<SlotChange const>, wires::Quiesced const&);

// Which 4 KiB pages of a slot with log_dirty were written since the log was last taken, or since it began: bit n % 64
// of word n / 64.
Result<std::vector<uint64_t>> take_dirty_log(Board&, std::string_view slot, wires::Quiesced const&);

// All memory reads as zero again.
Result<void> clear_memory(Board&, wires::Quiesced const&);

// The slots besides kBootSlot, without their contents: count u32, then name text, base u64, size u64, maximum u64,
// read-only boolean.
void save_slots(state::Writer&, Board const&, wires::Quiesced const&);
// Replaces all slots besides kBootSlot by the saved ones.
Result<void> restore_slots(state::Reader&, Board&, wires::Quiesced const&);

}
