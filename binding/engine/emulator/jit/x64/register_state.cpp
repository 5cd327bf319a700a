// Pins during the translation of a block.
#include "engine/emulator/jit/x64/block_translator.h"

#include <array>
#include <bit>

namespace dormouse::emulator::jit::x64 {

Reg BlockTranslator::read(unsigned guest, Reg temporary)
{
    if (guest == kZero) {
        m_asm->mov(temporary, 0);
        return temporary;
    }
    if (int const pin = m_pin_map.pins[guest]; pin != kNoPin) {
        ensure_loaded(guest);
        return kPins[static_cast<unsigned>(pin)].host;
    }
    m_asm->load(Width::W64, temporary, m_layout.general(guest));
    return temporary;
}

Reg BlockTranslator::destination(unsigned guest) const
{
    int const pin = m_pin_map.pins[guest];
    return pin == kNoPin ? Reg::Rax : kPins[static_cast<unsigned>(pin)].host;
}

void BlockTranslator::written(unsigned guest, Reg from)
{
    if (guest == kZero)
        return;
    int const pin = m_pin_map.pins[guest];
    if (pin == kNoPin) {
        m_asm->store(Width::W64, m_layout.general(guest), from);
        return;
    }
    Reg const host = kPins[static_cast<unsigned>(pin)].host;
    if (host != from)
        m_asm->mov(Width::W64, host, from);
    m_pins.loaded |= 1u << pin;
    m_pins.dirty |= 1u << pin;
    if (guest == kSp)
        m_sp_checked = false;
}

void BlockTranslator::ensure_loaded(unsigned guest)
{
    int const pin = m_pin_map.pins[guest];
    if (pin != kNoPin && !(m_pins.loaded >> pin & 1))
        load_pins(1u << pin);
}

void BlockTranslator::load_all_pins()
{
    load_pins(m_usable_pins & ~m_pins.loaded);
}

void BlockTranslator::load_pins(uint32_t mask)
{
    for (uint32_t rest = mask; rest; rest &= rest - 1) {
        auto const pin = static_cast<unsigned>(std::countr_zero(rest));
        m_asm->load(Width::W64, kPins[pin].host, m_layout.general(m_pin_map.guests[pin]));
    }
    m_pins.loaded |= mask;
    m_pins.dirty &= ~mask;
}

void BlockTranslator::store_pins(uint32_t mask)
{
    for (uint32_t rest = mask; rest; rest &= rest - 1) {
        auto const pin = static_cast<unsigned>(std::countr_zero(rest));
        m_asm->store(Width::W64, m_layout.general(m_pin_map.guests[pin]), kPins[pin].host);
    }
}

void BlockTranslator::store_dirty_pins()
{
    store_pins(m_pins.loaded & m_pins.dirty);
    m_pins.dirty = 0;
}

uint32_t BlockTranslator::pins_written(isa::OperandMasks const& masks) const
{
    uint32_t pins = 0;
    for (unsigned pin = 0; pin < kPinCount; ++pin) {
        unsigned const guest = m_pin_map.guests[pin];
        bool const written = guest == kSp ? masks.sp_written : (masks.x_written >> guest & 1) != 0;
        pins |= written ? 1u << pin : 0;
    }
    return pins;
}

std::vector<std::string> BlockTranslator::describe_registers() const
{
    static constexpr std::array kNames { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10",
        "r11", "r12", "r13", "r14", "r15" };
    auto const name_of = [](unsigned guest) { return guest == kSp ? "sp" : "x" + std::to_string(guest); };
    std::vector<std::string> lines;
    for (unsigned pin = 0; pin < kPinCount; ++pin) {
        std::string line = name_of(m_pin_map.guests[pin]) + " in " + kNames[static_cast<size_t>(kPins[pin].host)];
        if (m_pin_map.guests[pin] != kPins[pin].guest)
            line += ", instead of " + name_of(kPins[pin].guest);
        lines.push_back(line);
    }
    return lines;
}

}
