#include "engine/emulator/isa/operand_roles.h"

#include "engine/emulator/isa/instruction.h"

#include <bit>

namespace dormouse::emulator::isa {

namespace {

    // The flags that a condition looks at. [Arm DDI 0487, C1.2.4 "Condition code"]
    constexpr std::array<uint8_t, 8> kFlagsOfCondition { 4, 2, 8, 1, 6, 9, 13, 0 };
    constexpr uint32_t kLinkRegister = uint32_t { 1 } << 30;
    constexpr uint32_t kThirtyOne = uint32_t { 1 } << 31;
    // By the bits kVector and kStackPointer of a role: what of a number's bit counts.
    constexpr std::array<uint32_t, 4> kCounts { ~kThirtyOne, ~0u, ~0u, ~0u };

}

OperandMasks operand_masks(OperandRoles const& roles, uint32_t word)
{
    // General registers in the lower half, 31 being SP; vector registers in the upper one.
    uint64_t read = 0;
    uint64_t written = 0;
    for (size_t i = 0; i < roles.fields.size(); ++i) {
        unsigned const role = roles.fields[i];
        uint32_t const consecutive = (2u << (role >> OperandRoles::kMoreShift & 3)) - 1;
        uint32_t const number = word >> OperandRoles::kFields[i] & (role & OperandRoles::kNarrow ? 15 : 31);
        uint64_t bits = std::rotl(consecutive, static_cast<int>(number));
        bits = (bits & kCounts[role >> 2 & 3]) << (role & OperandRoles::kVector) * 8;
        read |= role & OperandRoles::kRead ? bits : 0;
        written |= role & OperandRoles::kWritten ? bits : 0;
    }
    OperandMasks masks;
    masks.x_read = static_cast<uint32_t>(read) & ~kThirtyOne;
    masks.x_written = (static_cast<uint32_t>(written) & ~kThirtyOne) | (roles.writes_link ? kLinkRegister : 0);
    masks.sp_read = (read & kThirtyOne) != 0;
    masks.sp_written = (written & kThirtyOne) != 0;
    masks.v_read = static_cast<uint32_t>(read >> 32);
    masks.v_written = static_cast<uint32_t>(written >> 32);
    masks.flags_read = roles.flags_read;
    if (roles.condition != OperandRoles::kNoCondition)
        masks.flags_read |= kFlagsOfCondition[word >> roles.condition >> 1 & 7];
    masks.flags_written = roles.flags_written;
    return masks;
}

}
