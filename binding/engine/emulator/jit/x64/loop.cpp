// Blocks that jump to their own start. Such a loop chooses which guest registers the pins hold, and pays for it once on
// the way in and once on the way out.
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

#include <array>

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

bool BlockTranslator::jumps_to_start(unsigned index) const
{
    DecodedInstruction const& decoded = m_instructions[index];
    auto const offset = branch_offset(decoded);
    return offset && decoded.instruction != Instruction::BL && *offset + 4 * static_cast<int64_t>(index) == 0;
}

void BlockTranslator::begin_loop()
{
    m_pin_map = kCanonicalPins;
    m_swapped_pins = 0;
    m_loop_end = 0;
    m_loop_start = {};
    m_count_pin = kPinCount;
    m_usable_pins = kAllPins;
    for (unsigned index = 0; index < m_instructions.size(); ++index) {
        if (jumps_to_start(index))
            m_loop_end = index + 1;
    }
    if (m_loop_end)
        choose_pins();
}

// Registers that the loop uses take the pins of those that it uses less. SP keeps its pin if the block uses it at all.
void BlockTranslator::choose_pins()
{
    constexpr unsigned kCost = 1; // a swap has to be worth more than this
    std::array<unsigned, 33> uses {};
    for (unsigned index = 0; index < m_instructions.size(); ++index) {
        isa::OperandMasks const& masks = m_instructions[index].masks;
        uses[kSp] += masks.sp_read || masks.sp_written ? static_cast<unsigned>(m_instructions.size()) : 0;
        if (index >= m_loop_end)
            continue;
        for (unsigned guest = 0; guest < kZero; ++guest)
            uses[guest] += (masks.x_read >> guest & 1) + (masks.x_written >> guest & 1);
    }
    for (;;) {
        unsigned best = kZero;
        for (unsigned guest = 0; guest < kZero; ++guest) {
            if (m_pin_map.pins[guest] == kNoPin && uses[guest] > uses[best])
                best = guest;
        }
        unsigned least = 0;
        for (unsigned pin = 1; pin < kPinCount; ++pin) {
            if (uses[m_pin_map.guests[pin]] < uses[m_pin_map.guests[least]])
                least = pin;
        }
        if (uses[best] <= uses[m_pin_map.guests[least]] + kCost)
            return choose_count_pin(uses);
        m_pin_map.pins[m_pin_map.guests[least]] = kNoPin;
        m_pin_map.assign(least, best);
        m_swapped_pins |= 1u << least;
    }
}

// The count of instructions takes a pin that the block does not use.
void BlockTranslator::choose_count_pin(std::array<unsigned, 33> const& uses)
{
    for (unsigned pin = 0; pin < kPinCount; ++pin) {
        unsigned const guest = kPins[pin].guest;
        if (m_pin_map.guests[pin] != guest || uses[guest])
            continue;
        m_count_pin = pin;
        m_pin_map.pins[guest] = kNoPin;
        m_usable_pins &= ~(1u << pin);
        return;
    }
}

// Which flags a round leaves to the next, if that could want them.
void BlockTranslator::choose_flag_mark()
{
    m_loop_flags = {};
    if (!m_rematerialises || !m_instructions[0].flags_live_before)
        return;
    for (unsigned index = m_loop_end; index-- > 0;) {
        if (!m_instructions[index].masks.flags_written)
            continue;
        if (!registers_of_flags(index))
            return;
        FlagKind const kind = flag_kind_of(index);
        m_loop_flags = { FlagPlace::Marked, kind, kind, index };
        return;
    }
}

void BlockTranslator::enter_loop()
{
    swap_pins_in();
    m_vectors.enter_loop();
    choose_flag_mark();
    if (m_loop_flags.place == FlagPlace::Marked)
        m_asm->store_immediate(Width::W32, { Reg::Rsp, frame::kFlagMark }, 0);
    m_flags = m_loop_flags;
    m_asm->bind(m_loop_start);
}

void BlockTranslator::leave_flags_for_next_round()
{
    if (!m_instructions[0].flags_live_before)
        return set_frame_flags();
    bool const can_be_made = m_flags.place == FlagPlace::Host || m_flags.place == FlagPlace::Again;
    if (m_loop_flags.place == FlagPlace::Marked && can_be_made && m_flags.producer == m_loop_flags.producer) {
        m_asm->store_immediate(Width::W32, { Reg::Rsp, frame::kFlagMark }, 1);
    } else if (m_loop_flags.place != FlagPlace::Marked || m_flags.place != FlagPlace::Marked) {
        save_flags();
        if (m_loop_flags.place == FlagPlace::Marked)
            m_asm->store_immediate(Width::W32, { Reg::Rsp, frame::kFlagMark }, 0);
    }
    m_flags = m_loop_flags;
}

// All pins in place. The loop is left when something is pending; not before the first round: the run loop enters in
// spite of an interrupt that is masked, and has to get on.
void BlockTranslator::loop_back(unsigned retired, VectorState const& vectors)
{
    leave_flags_for_next_round();
    retire(retired);
    m_vectors.loop_back(vectors);
    m_asm->alu_memory(Alu::Cmp, Width::W32, CpuLayout::at(m_layout.pending), 0);
    m_asm->jump(Condition::E, m_loop_start);
    m_side_exits.push_back({ {}, page_offset(0), 0, m_vectors.loop_state(), m_flags, true });
    m_asm->jump(m_side_exits.back().entry);
}

// While a pin holds another register, its own is in Cpu.
void BlockTranslator::swap_pins_in()
{
    for (unsigned pin = 0; pin < kPinCount; ++pin) {
        if (m_swapped_pins >> pin & 1 || pin == m_count_pin)
            m_asm->store(Width::W64, m_layout.general(kPins[pin].guest), kPins[pin].host);
    }
    load_pins(m_swapped_pins);
    m_pins = { m_usable_pins, m_usable_pins };
    count_after_call();
}

// All pins must be in place. Keeps all other host registers.
void BlockTranslator::swap_pins_out()
{
    count_before_call();
    store_pins(m_swapped_pins);
    for (unsigned pin = 0; pin < kPinCount; ++pin) {
        if (m_swapped_pins >> pin & 1 || pin == m_count_pin)
            m_asm->load(Width::W64, kPins[pin].host, m_layout.general(kPins[pin].guest));
    }
}

// Cpu::instructions_retired is right whenever C++ runs.
void BlockTranslator::count_before_call()
{
    if (m_count_pin != kPinCount)
        m_asm->alu_to_memory(Alu::Add, 8, CpuLayout::at(m_layout.retired), kPins[m_count_pin].host, false);
}

void BlockTranslator::count_after_call()
{
    if (m_count_pin != kPinCount)
        m_asm->mov(kPins[m_count_pin].host, 0);
}

}
