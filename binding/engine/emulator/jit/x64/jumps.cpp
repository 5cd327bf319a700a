// The stack, jumps and labels.
#include "base/check.h"
#include "engine/emulator/jit/x64/assembler_bytes.h"

namespace dormouse::emulator::jit::x64 {

void Assembler::push(Reg reg)
{
    rex(Width::W32, 0, 0, static_cast<unsigned>(reg));
    byte(0x50 | (static_cast<unsigned>(reg) & 7));
}

void Assembler::pop(Reg reg)
{
    rex(Width::W32, 0, 0, static_cast<unsigned>(reg));
    byte(0x58 | (static_cast<unsigned>(reg) & 7));
}

void Assembler::ret()
{
    byte(0xc3);
}

void Assembler::call(Reg reg)
{
    register_form(Width::W32, 0xff, 2, reg);
}

void Assembler::jump(Reg reg)
{
    register_form(Width::W32, 0xff, 4, reg);
}

void Assembler::relative(Label& label)
{
    if (label.position == Label::kUnbound) {
        CHECK(label.site_count < Label::kMaxSites);
        label.sites[label.site_count++] = m_position;
        word32(0);
    } else {
        word32(label.position - (m_position + 4));
    }
}

void Assembler::jump(Label& label)
{
    byte(0xe9);
    relative(label);
}

void Assembler::jump(Condition condition, Label& label)
{
    byte(0x0f);
    byte(0x80 | static_cast<unsigned>(condition));
    relative(label);
}

void Assembler::call_position(uint32_t target)
{
    byte(0xe8);
    word32(target - (m_position + 4));
}

void Assembler::jump_position(uint32_t target)
{
    byte(0xe9);
    word32(target - (m_position + 4));
}

void Assembler::bind(Label& label)
{
    label.position = m_position;
    for (unsigned i = 0; i < label.site_count; ++i)
        patch_relative(label.sites[i], m_position);
    label.site_count = 0;
}

void Assembler::patch_relative(uint32_t site, uint32_t target)
{
    if (m_overflowed)
        return;
    uint32_t const distance = target - (site + 4);
    std::memcpy(m_buffer + site, &distance, 4);
}

}
