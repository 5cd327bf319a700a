// Blocks that jump to their own start. Such a loop chooses which guest registers the pins hold, and pays for it once on
// the way in and once on the way out.
#include "base/bits.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

#include <array>

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    constexpr uint8_t kJumpOpcode = 0xe9;

}

bool BlockTranslator::jumps_to_start(unsigned index) const
{
    DecodedInstruction const& decoded = m_instructions[index];
    int64_t words = 0;
    switch (decoded.instruction) {
    case Instruction::B: words = sign_extend(decoded.word, 26); break;
    case Instruction::B_cond:
    case Instruction::CBZ:
    case Instruction::CBNZ: words = sign_extend(decoded.word >> 5, 19); break;
    case Instruction::TBZ:
    case Instruction::TBNZ: words = sign_extend(decoded.word >> 5, 14); break;
    default: return false;
    }
    return words + static_cast<int64_t>(index) == 0;
}

void BlockTranslator::begin_loop()
{
    m_pin_map = kCanonicalPins;
    m_swapped_pins = 0;
    m_loop_end = 0;
    m_loop_start = m_loop_tail = m_leaves_loop = {};
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
            return;
        m_pin_map.pins[m_pin_map.guests[least]] = kNoPin;
        m_pin_map.assign(least, best);
        m_swapped_pins |= 1u << least;
    }
}

void BlockTranslator::enter_loop()
{
    swap_pins_in();
    m_vectors.enter_loop();
    m_asm->bind(m_loop_start);
}

// All pins in place, flags in the frame, everything counted. The loop is left when something is pending, and when the
// block was unlinked: its first byte is a jump then. Not before the first round: the run loop enters in spite of an
// interrupt that is masked, and has to get on.
void BlockTranslator::loop_back(VectorState const& vectors)
{
    m_vectors.loop_back(vectors);
    if (m_loop_tail.position != Label::kUnbound)
        return m_asm->jump(m_loop_tail);
    m_asm->bind(m_loop_tail);
    m_asm->alu_memory(Alu::Cmp, Width::W32, CpuLayout::at(m_layout.pending), 0);
    m_asm->jump(Condition::Ne, m_leaves_loop);
    m_asm->compare_byte(Mem::at_position(m_entry), static_cast<int8_t>(kJumpOpcode));
    m_asm->jump(Condition::Ne, m_loop_start);
    m_asm->jump(m_leaves_loop);
}

void BlockTranslator::emit_loop_exit()
{
    m_asm->bind(m_leaves_loop);
    m_vectors.store(m_vectors.loop_state());
    swap_pins_out();
    m_asm->mov(Reg::Rax, page_offset(0));
    m_asm->jump_position(m_thunks.leave);
}

// While a pin holds another register, its own is in Cpu.
void BlockTranslator::swap_pins_in()
{
    for (unsigned pin = 0; pin < kPinCount; ++pin) {
        if (m_swapped_pins >> pin & 1)
            m_asm->store(Width::W64, m_layout.general(kPins[pin].guest), kPins[pin].host);
    }
    load_pins(m_swapped_pins);
    m_pins = {};
}

// All pins must be in place. Keeps all other host registers.
void BlockTranslator::swap_pins_out()
{
    store_pins(m_swapped_pins);
    for (unsigned pin = 0; pin < kPinCount; ++pin) {
        if (m_swapped_pins >> pin & 1)
            m_asm->load(Width::W64, kPins[pin].host, m_layout.general(kPins[pin].guest));
    }
}

}
