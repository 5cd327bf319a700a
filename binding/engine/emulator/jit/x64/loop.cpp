// Loops: blocks that jump to their own start, and regions. Such code chooses which guest registers the pins hold, and
// pays for it once on the way in and once on the way out. Inside it, whatever jumps to a place leaves the same state
// there: all pins, vector registers and flags where the place wants them, and everything counted.
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

#include <algorithm>
#include <array>

namespace dormouse::emulator::jit::x64 {

void BlockTranslator::begin_loop()
{
    m_pin_map = kCanonicalPins;
    m_swapped_pins = 0;
    m_count_pin = kPinCount;
    m_usable_pins = kAllPins;
    m_place_states.assign(m_places.size(), {});
    m_rounds.clear();
    if (!m_is_loop)
        return;
    choose_pins();
    find_steady_registers();
}

// How often each instruction executes, as far as the jumps back tell.
void BlockTranslator::weigh_rounds(std::vector<unsigned>& weights) const
{
    constexpr unsigned kRounds = 8;
    constexpr unsigned kMost = kRounds * kRounds * kRounds;
    weights.assign(m_instructions.size(), 1);
    for (unsigned index = 0; index < m_instructions.size(); ++index) {
        unsigned target = 0;
        if (!target_inside(index, target) || target > index)
            continue;
        for (unsigned i = target; i <= index; ++i)
            weights[i] = std::min(weights[i] * kRounds, kMost);
    }
}

// Registers that the loop uses take the pins of those that it uses less. SP keeps its pin if the block uses it at all.
void BlockTranslator::choose_pins()
{
    constexpr unsigned kCost = 4; // a swap has to be worth more than this: half a use in each round pays for it
    std::vector<unsigned> weights;
    weigh_rounds(weights);
    std::array<unsigned, 33> uses {};
    unsigned counts = 0;
    for (unsigned index = 0; index < m_instructions.size(); ++index) {
        if (unsigned target = 0; target_inside(index, target))
            counts += weights[index];
        isa::OperandMasks const& masks = m_instructions[index].masks;
        uses[kSp] += masks.sp_read || masks.sp_written ? 1u << 16 : 0;
        if (weights[index] == 1)
            continue;
        for (unsigned guest = 0; guest < kZero; ++guest)
            uses[guest] += weights[index] * ((masks.x_read >> guest & 1) + (masks.x_written >> guest & 1));
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
            return choose_count_pin(uses, counts);
        m_pin_map.pins[m_pin_map.guests[least]] = kNoPin;
        m_pin_map.assign(least, best);
        m_swapped_pins |= 1u << least;
    }
}

// The count of instructions takes a pin that nothing uses, or in a region one that is used less than it.
void BlockTranslator::choose_count_pin(std::array<unsigned, 33> const& uses, unsigned counts)
{
    unsigned least = 0;
    for (unsigned pin = 1; pin < kPinCount; ++pin) {
        if (uses[m_pin_map.guests[pin]] < uses[m_pin_map.guests[least]])
            least = pin;
    }
    if (uses[m_pin_map.guests[least]] > counts)
        return;
    m_count_pin = least;
    m_pin_map.pins[m_pin_map.guests[least]] = kNoPin;
    m_pin_map.guests[least] = static_cast<uint8_t>(kPins[least].guest);
    m_swapped_pins &= ~(1u << least);
    m_usable_pins &= ~(1u << least);
}

// Which instruction's flags most likely come to each place, if it could want them. What comes with others stores them.
void BlockTranslator::choose_flag_marks()
{
    if (!m_rematerialises)
        return;
    std::vector<unsigned> producers(m_places.size(), kNoProducer);
    for (bool changed = true; changed;) {
        changed = false;
        unsigned now = kNoProducer;
        auto const arrive = [&](unsigned target) {
            unsigned& producer = producers[m_place_of[target]];
            if (producer == kNoProducer && now != kNoProducer) {
                producer = now;
                changed = true;
            }
        };
        for (unsigned index = 0; index < m_instructions.size(); ++index) {
            if (m_place_of[index] != kNoPlace) {
                arrive(index);
                now = producers[m_place_of[index]];
            }
            isa::OperandMasks const& masks = m_instructions[index].masks;
            if (masks.flags_written)
                now = registers_of_flags(index) ? index : kNoProducer;
            else if (now != kNoProducer && takes_flags_of(now, masks))
                now = kNoProducer;
            if (unsigned target = 0; target_inside(index, target))
                arrive(target);
        }
    }
    for (unsigned place = 0; place < m_places.size(); ++place) {
        unsigned const producer = producers[place];
        if (producer == kNoProducer || !m_instructions[m_places[place]].flags_live_before)
            continue;
        FlagKind const kind = flag_kind_of(producer);
        m_place_states[place].flags = { FlagPlace::Marked, kind, kind, producer };
    }
}

void BlockTranslator::enter_loop()
{
    swap_pins_in();
    m_vectors.enter_loop();
    choose_flag_marks();
    if (std::any_of(m_place_states.begin(), m_place_states.end(),
            [](Place const& place) { return place.flags.place == FlagPlace::Marked; }))
        m_asm->store_immediate(Width::W32, { Reg::Rsp, frame::kFlagMark }, 0);
    m_flags = m_place_states[m_place_of[m_entry_index]].flags;
    // The first place that is written is begun by what is written before it.
    auto const first = std::find_if(m_instructions.begin(), m_instructions.end(),
        [](DecodedInstruction const& decoded) { return !decoded.is_outside; });
    m_at_entry = static_cast<unsigned>(first - m_instructions.begin()) == m_entry_index;
    if (m_at_entry)
        return;
    m_asm->jump(label_of(m_entry_index));
    m_ended = true;
}

// What executes before a place goes on there.
void BlockTranslator::begin_segment(unsigned index)
{
    if (!m_ended && !m_at_entry) {
        load_all_pins();
        pass_state(index, index - m_segment, m_vectors.state(), false);
    }
    m_at_entry = false;
    Place& place = m_place_states[m_place_of[index]];
    m_asm->bind(place.label);
    m_ended = false;
    m_segment = index;
    m_pins = { m_usable_pins, m_usable_pins };
    m_flags = place.flags;
    m_vectors.begin_segment();
    m_sp_checked = false;
    m_constant_register = kZero;
}

// Whether what makes the flags now is the same instruction, there or somewhere else.
bool BlockTranslator::makes_same_flags(unsigned producer) const
{
    return m_flags.is_undisturbed()
        && (m_flags.producer == producer
            || (m_flags.producer != kNoProducer
                && m_instructions[m_flags.producer].word == m_instructions[producer].word));
}

// Whether pass_flags() would keep the host's flags as a test has left them.
bool BlockTranslator::passes_flags_freely(unsigned target) const
{
    FlagState const& wanted = m_place_states[m_place_of[target]].flags;
    if (!m_instructions[target].flags_live_before || m_flags.place == FlagPlace::Frame
        || m_flags.place == FlagPlace::Both)
        return true;
    if (wanted.place == FlagPlace::Marked && makes_same_flags(wanted.producer))
        return true;
    return (m_flags.place == FlagPlace::Host || m_flags.place == FlagPlace::HostMarked)
        && m_flags.kind == FlagKind::Subtraction;
}

// Flags to where `target` wants them. If there is a poll, m_flags says where they are for the one who leaves.
void BlockTranslator::pass_flags(unsigned target, bool polls)
{
    FlagState const& wanted = m_place_states[m_place_of[target]].flags;
    bool const can_be_made
        = m_flags.producer != kNoProducer && (m_flags.place == FlagPlace::Host || m_flags.place == FlagPlace::Again);
    if (!m_instructions[target].flags_live_before) {
        if (m_flags.place == FlagPlace::HostMarked)
            leave_host_flags();
        if (!polls || m_flags.place == FlagPlace::Again || m_flags.place == FlagPlace::Marked)
            return;
        if (!can_be_made)
            save_flags();
        m_flags.place = can_be_made ? FlagPlace::Again : FlagPlace::Frame;
        m_flags.kind = m_flags.producer_kind;
        return;
    }
    if (wanted.place == FlagPlace::Marked) {
        bool const is_wanted = makes_same_flags(wanted.producer);
        if (m_flags.place == FlagPlace::HostMarked && is_wanted)
            leave_host_flags();
        if (m_flags.place == FlagPlace::Marked && is_wanted)
            return;
        if (!can_be_made || !is_wanted)
            save_flags();
        m_asm->store_immediate(Width::W32, { Reg::Rsp, frame::kFlagMark }, can_be_made && is_wanted);
    } else {
        save_flags();
    }
    if (polls)
        m_flags = wanted;
}

// All pins in place.
void BlockTranslator::pass_state(unsigned target, unsigned retired, VectorState const& vectors, bool polls)
{
    pass_flags(target, polls);
    retire(retired);
    m_vectors.loop_back(vectors);
}

Label& BlockTranslator::label_of(unsigned target)
{
    return m_place_states[m_place_of[target]].label;
}

// All pins in place. A jump back leaves when something is pending; not before the first round: the run loop enters in
// spite of an interrupt that is masked, and has to get on.
void BlockTranslator::jump_inside(unsigned target, unsigned retired, VectorState const& vectors, bool polls)
{
    pass_state(target, retired, vectors, polls);
    if (!polls)
        return m_asm->jump(label_of(target));
    m_asm->alu_memory(Alu::Cmp, Width::W32, CpuLayout::at(m_layout.pending), 0);
    m_asm->jump(Condition::E, label_of(target));
    m_side_exits.push_back({ {}, page_offset(target), 0, m_vectors.loop_state(), m_flags, true, m_index });
    m_asm->jump(m_side_exits.back().entry);
}

// The host's flags hold what a test has found. False: the jump leaves the loop, or is left to a cold path.
bool BlockTranslator::branch_inside(Condition condition, unsigned index, int64_t offset)
{
    unsigned target = 0;
    if (!is_inside(offset, target))
        return false;
    FlagState const flags = m_flags;
    if (target > index) {
        if (m_count_pin == kPinCount || !passes_flags_freely(target))
            return false;
        pass_state(target, retired_with(index), m_vectors.state(), false);
        m_segment = index + 1;
        m_asm->jump(condition, label_of(target));
        m_flags = flags;
        return true;
    }
    Label goes_on;
    m_asm->jump(!condition, goes_on);
    jump_inside(target, retired_with(index), m_vectors.state(), true);
    m_asm->bind(goes_on);
    m_flags = flags;
    return true;
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
    if (!m_is_loop)
        return;
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
