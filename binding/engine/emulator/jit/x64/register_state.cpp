// Pins and condition flags during the translation of a block.
#include "engine/emulator/jit/x64/block_translator.h"

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
    load_pins(kAllPins & ~m_pins.loaded);
}

void BlockTranslator::load_pins(uint32_t mask)
{
    for (unsigned pin = 0; pin < kPinCount; ++pin) {
        if (mask >> pin & 1)
            m_asm->load(Width::W64, kPins[pin].host, m_layout.general(m_pin_map.guests[pin]));
    }
    m_pins.loaded |= mask;
    m_pins.dirty &= ~mask;
}

void BlockTranslator::store_pins(uint32_t mask)
{
    for (unsigned pin = 0; pin < kPinCount; ++pin) {
        if (mask >> pin & 1)
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

void BlockTranslator::save_flags()
{
    if (m_flag_place != FlagPlace::Host)
        return;
    if (m_flag_kind == FlagKind::Addition)
        m_asm->cmc();
    m_flag_kind = FlagKind::Subtraction;
    m_asm->lahf();
    m_asm->set(Condition::O, Reg::Rax);
    m_asm->store16({ Reg::Rsp, frame::kFlags }, Reg::Rax);
    m_flag_place = FlagPlace::Both;
}

void BlockTranslator::clobber_flags()
{
    if (m_flags_live)
        save_flags();
    m_flag_place = FlagPlace::Frame;
}

void BlockTranslator::flags_to_host()
{
    if (m_flag_place != FlagPlace::Frame)
        return;
    m_asm->load_zero_extended(2, Reg::Rax, { Reg::Rsp, frame::kFlags });
    m_flag_place = FlagPlace::Both;
    m_flag_kind = FlagKind::Subtraction;
    // AL is 0 or 1: the sum overflows when it is 1.
    m_asm->add_to_al(0x7f);
    m_asm->sahf();
}

void BlockTranslator::set_flags(FlagKind kind)
{
    m_flag_place = FlagPlace::Host;
    m_flag_kind = kind;
}

// [Arm DDI 0487, C1.2.4 "Condition code"]
Condition BlockTranslator::host_condition(unsigned condition)
{
    // HI and LS need CF and ZF the way a subtraction leaves them.
    if ((condition >> 1) == 4 && m_flag_kind == FlagKind::Addition) {
        m_asm->cmc();
        m_flag_kind = FlagKind::Subtraction;
    }
    constexpr Condition conditions[7]
        = { Condition::E, Condition::Ae, Condition::S, Condition::O, Condition::A, Condition::Ge, Condition::G };
    Condition result = conditions[condition >> 1];
    if ((condition >> 1) == 1 && m_flag_kind == FlagKind::Addition)
        result = Condition::B;
    return condition & 1 ? !result : result;
}

}
