#pragma once

#include "engine/emulator/isa/instruction.h"

namespace dormouse::emulator::isa {

// Collects the operands that a row of the table names. For the generated operand_masks() alone.
class MaskBuilder {
public:
    void read_x(unsigned first, unsigned count = 1) { m_masks.x_read |= general(first, count); }
    void write_x(unsigned first, unsigned count = 1) { m_masks.x_written |= general(first, count); }

    void read_x_or_sp(unsigned number)
    {
        if (number == 31)
            m_masks.sp_read = true;
        else
            read_x(number);
    }
    void write_x_or_sp(unsigned number)
    {
        if (number == 31)
            m_masks.sp_written = true;
        else
            write_x(number);
    }

    void read_v(unsigned first, unsigned count = 1) { m_masks.v_read |= consecutive(first, count); }
    void write_v(unsigned first, unsigned count = 1) { m_masks.v_written |= consecutive(first, count); }

    void read_flags(uint8_t flags) { m_masks.flags_read |= flags; }
    void write_flags(uint8_t flags) { m_masks.flags_written |= flags; }

    // The flags that a condition looks at. [Arm DDI 0487, C1.2.4 "Condition code"]
    void read_condition(unsigned condition)
    {
        constexpr uint8_t flags[8] = { 4, 2, 8, 1, 6, 9, 13, 0 };
        m_masks.flags_read |= flags[condition >> 1];
    }

    OperandMasks const& result() const { return m_masks; }

private:
    static uint32_t consecutive(unsigned first, unsigned count)
    {
        uint32_t mask = 0;
        for (unsigned i = 0; i < count; ++i)
            mask |= uint32_t { 1 } << ((first + i) % 32);
        return mask;
    }
    // Register 31 means zero.
    static uint32_t general(unsigned first, unsigned count) { return consecutive(first, count) & 0x7fff'ffff; }

    OperandMasks m_masks;
};

}
