// Jumps and labels.
#include "base/bits.h"
#include "base/check.h"
#include "engine/emulator/jit/a64/assembler.h"

namespace dormouse::emulator::jit::a64 {

void Assembler::ret()
{
    word(0xd65f'03c0);
}

void Assembler::call(Reg target)
{
    word(0xd63f'0000 | number(target) << 5);
}

void Assembler::jump(Reg target)
{
    word(0xd61f'0000 | number(target) << 5);
}

void Assembler::relative(uint32_t opcode, Label& label)
{
    uint32_t const site = m_position;
    word(opcode);
    if (m_overflowed)
        return;
    if (label.position != Label::kUnbound)
        return patch(site, label.position);
    CHECK(label.site_count < Label::kMaxSites);
    label.sites[label.site_count++] = site;
}

void Assembler::jump(Label& label)
{
    relative(0x1400'0000, label);
}

void Assembler::call(Label& label)
{
    relative(0x9400'0000, label);
}

void Assembler::jump_if(unsigned condition, Label& label)
{
    relative(0x5400'0000 | condition, label);
}

void Assembler::jump_if_zero(Width width, Reg reg, Label& label)
{
    relative((width == Width::W64 ? 0xb400'0000 : 0x3400'0000) | number(reg), label);
}

void Assembler::jump_if_not_zero(Width width, Reg reg, Label& label)
{
    relative((width == Width::W64 ? 0xb500'0000 : 0x3500'0000) | number(reg), label);
}

void Assembler::jump_if_bit(bool is_set, Reg reg, unsigned bit, Label& label)
{
    uint32_t const opcode = is_set ? 0x3700'0000 : 0x3600'0000;
    relative(opcode | bit >> 5 << 31 | (bit & 31) << 19 | number(reg), label);
}

void Assembler::jump_position(uint32_t target)
{
    word(branch_word(m_position, target));
}

void Assembler::address_of_next(Reg to, uint32_t bytes_ahead)
{
    word(0x1000'0000 | bytes_ahead >> 2 << 5 | number(to));
}

void Assembler::bind(Label& label)
{
    label.position = m_position;
    for (unsigned i = 0; i < label.site_count; ++i)
        patch(label.sites[i], m_position);
    label.site_count = 0;
}

// The offset field of each jump is where its opcode says. What it cannot reach counts as past the end of the buffer.
// [Arm DDI 0487, C4.1.96]
void Assembler::patch(uint32_t site, uint32_t target)
{
    if (m_overflowed)
        return;
    uint32_t value;
    std::memcpy(&value, m_buffer + site, sizeof(value));
    unsigned bits = 19; // of the field: B.cond, CBZ, CBNZ
    unsigned position = 5;
    if ((value & 0x7c00'0000) == 0x1400'0000) { // B, BL
        bits = 26;
        position = 0;
    } else if ((value & 0x7e00'0000) == 0x3600'0000) { // TBZ, TBNZ
        bits = 14;
    }
    int64_t const words = (static_cast<int64_t>(target) - static_cast<int64_t>(site)) / 4;
    auto const field = static_cast<uint32_t>(words) & ((1u << bits) - 1);
    if (sign_extend(field, bits) != words) {
        m_overflowed = true;
        return;
    }
    value |= field << position;
    std::memcpy(m_buffer + site, &value, sizeof(value));
}

}
