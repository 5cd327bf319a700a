#include "engine/emulator/isa/operand_roles.h"

#include "engine/emulator/isa/instruction.h"

#include <bit>

namespace dormouse::emulator::isa {

namespace {

    // Registers of a word as one number: general ones in the lower half, 31 being SP; vector registers in the upper
    // one.
    struct Registers {
        uint64_t read { 0 };
        uint64_t written { 0 };
    };

    // The flags that a condition looks at. [Arm DDI 0487, C1.2.4 "Condition code"]
    constexpr std::array<uint8_t, 8> kFlagsOfCondition { 4, 2, 8, 1, 6, 9, 13, 0 };
    constexpr uint32_t kLinkRegister = uint32_t { 1 } << 30;
    constexpr uint32_t kThirtyOne = uint32_t { 1 } << 31;

    // By role: what counts of a register's bit, which stands in both halves. None unless the role has `direction`.
    constexpr unsigned kSimpleRoles = 16;
    constexpr std::array<uint64_t, kSimpleRoles> what_counts(unsigned direction)
    {
        std::array<uint64_t, kSimpleRoles> masks {};
        for (unsigned role = 0; role < kSimpleRoles; ++role) {
            if (!(role & direction))
                continue;
            if (role & OperandRoles::kVector)
                masks[role] = uint64_t { 0xffff'ffff } << 32;
            else
                masks[role] = role & OperandRoles::kStackPointer ? 0xffff'ffff : ~kThirtyOne;
        }
        return masks;
    }
    constexpr std::array kReadOf = what_counts(OperandRoles::kRead);
    constexpr std::array kWrittenOf = what_counts(OperandRoles::kWritten);

    // `bits`: of the registers that the field stands for.
    inline void add(Registers& registers, unsigned role, uint32_t bits)
    {
        uint64_t const both = uint64_t { bits } << 32 | bits;
        registers.read |= both & kReadOf[role % kSimpleRoles];
        registers.written |= both & kWrittenOf[role % kSimpleRoles];
    }

    // Lists of registers, and numbers of four bits.
    Registers other_registers(OperandRoles const& roles, uint32_t word)
    {
        Registers registers;
        for (size_t i = 0; i < roles.fields.size(); ++i) {
            unsigned const role = roles.fields[i];
            uint32_t const consecutive = (2u << (role >> OperandRoles::kMoreShift & 3)) - 1;
            uint32_t const number = word >> OperandRoles::kFields[i] & (role & OperandRoles::kNarrow ? 15 : 31);
            add(registers, role, std::rotl(consecutive, static_cast<int>(number)));
        }
        return registers;
    }

}

OperandMasks operand_masks(OperandRoles const& roles, uint32_t word)
{
    static_assert(sizeof(roles.fields) == sizeof(uint32_t));
    constexpr uint32_t kNotSimple = 0xf0f0'f0f0;
    Registers registers;
    if (std::bit_cast<uint32_t>(roles.fields) & kNotSimple) [[unlikely]] {
        registers = other_registers(roles, word);
    } else {
        for (size_t i = 0; i < roles.fields.size(); ++i)
            add(registers, roles.fields[i], uint32_t { 1 } << (word >> OperandRoles::kFields[i] & 31));
    }
    auto const [read, written] = registers;
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
