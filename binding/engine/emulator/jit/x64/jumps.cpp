// The stack, jumps and labels.
#include "engine/emulator/jit/x64/assembler_bytes.h"

#include <utility>

namespace dormouse::emulator::jit::x64 {

namespace {

    uint8_t* push_or_pop(uint8_t* at, unsigned opcode, Reg reg)
    {
        at = put_rex(at, Width::W32, static_cast<unsigned>(reg) >> 3);
        return put_byte(at, opcode | (static_cast<unsigned>(reg) & 7));
    }

}

void Assembler::push(Reg reg)
{
    end(push_or_pop(m_at, 0x50, reg));
}

void Assembler::pop(Reg reg)
{
    end(push_or_pop(m_at, 0x58, reg));
}

void Assembler::ret()
{
    one_byte(0xc3);
}

void Assembler::call(Reg reg)
{
    register_form(Width::W32, 0xff, 2, reg);
}

void Assembler::jump(Reg reg)
{
    register_form(Width::W32, 0xff, 4, reg);
}

void Assembler::jump(Mem const& target)
{
    memory_form(Width::W32, 0xff, 4, target);
}

uint8_t* Assembler::put_relative(uint8_t* at, uint32_t target) const
{
    return put(at, target - (position_of(at) + 4));
}

uint8_t* Assembler::put_relative(uint8_t* at, Label& label) const
{
    if (label.position != Label::kNone)
        return put_relative(at, label.position);
    uint32_t const before = label.last_site;
    label.last_site = position_of(at);
    return put(at, before);
}

void Assembler::jump(Label& label)
{
    end(put_relative(put_byte(m_at, 0xe9), label));
}

void Assembler::jump(Condition condition, Label& label)
{
    end(put_relative(put_opcode(m_at, 0x0f80 | static_cast<unsigned>(condition)), label));
}

void Assembler::call_position(uint32_t target)
{
    end(put_relative(put_byte(m_at, 0xe8), target));
}

void Assembler::jump_position(uint32_t target)
{
    end(put_relative(put_byte(m_at, 0xe9), target));
}

void Assembler::bind(Label& label)
{
    label.position = position();
    if (overflowed())
        return;
    for (uint32_t site = std::exchange(label.last_site, Label::kNone); site != Label::kNone;) {
        uint32_t before;
        std::memcpy(&before, m_buffer + site, sizeof(before));
        put_relative(m_buffer + site, label.position);
        site = before;
    }
}

}
