// Vector registers during the translation of a block.
#include "base/bits.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/jit/x64/vector_opcodes.h"
#include "generated/a64_instruction.h"

#include <bit>

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    constexpr unsigned kFirstAssigned = 4;
    constexpr unsigned kAssignedCount = 12;

    // Whether the emitter of the instruction depends on rounding or may raise an exception.
    bool uses_fp(DecodedInstruction const& decoded)
    {
        if (decoded.instruction_class != isa::Class::FloatingPoint)
            return false;
        switch (decoded.instruction) {
        case Instruction::FMOV_register:
        case Instruction::FMOV_scalar_immediate:
        case Instruction::FMOV_to_general:
        case Instruction::FMOV_from_general:
        case Instruction::FMOV_top_to_general:
        case Instruction::FMOV_top_from_general:
        case Instruction::FABS_scalar:
        case Instruction::FNEG_scalar:
        case Instruction::FABS_vector:
        case Instruction::FNEG_vector:
        case Instruction::FCSEL: return false;
        default: return true;
        }
    }

}

Assembler& VectorEmitter::code()
{
    return *m_block.m_asm;
}

Mem VectorEmitter::constant(Constant which) const
{
    return Mem::at_position(m_constants + 16 * static_cast<uint32_t>(which));
}

// The constants of doubles follow those of singles.
Mem VectorEmitter::constant(Constant single, bool is_double) const
{
    return constant(static_cast<Constant>(static_cast<uint8_t>(single) + is_double));
}

void VectorEmitter::begin_block(bool is_loop)
{
    m_registers.fill(-1);
    m_assigned = m_written = 0;
    m_uses_fp = false;
    m_done_with = 0;
    m_state = {};
    m_enter_fp = m_fp_entered = {};
    m_normal = {};
    m_subnormals.clear();
    m_nans.clear();
    m_flushes = m_block.m_cpu.fpcr >> 24 & 1;
    if (!m_features.vectors)
        return;
    uint32_t used = 0;
    for (DecodedInstruction const& decoded : m_block.m_instructions) {
        used |= decoded.masks.v_read | decoded.masks.v_written;
        m_written |= decoded.masks.v_written;
        m_uses_fp = m_uses_fp || uses_fp(decoded);
    }
    if (!used)
        return;
    std::array<unsigned, 32> uses {};
    for (DecodedInstruction const& decoded : m_block.m_instructions) {
        for (uint32_t mask = decoded.masks.v_read | decoded.masks.v_written; mask; mask &= mask - 1)
            ++uses[static_cast<unsigned>(std::countr_zero(mask))];
    }
    // What is used once gains nothing, except in a loop.
    unsigned const worth = is_loop ? 1 : 2;
    for (unsigned slot = 0; slot < kAssignedCount; ++slot) {
        unsigned best = 0;
        for (unsigned v = 1; v < 32; ++v)
            best = uses[v] > uses[best] ? v : best;
        if (uses[best] < worth)
            break;
        uses[best] = 0;
        m_registers[best] = static_cast<int8_t>(kFirstAssigned + slot);
        m_assigned |= 1u << best;
    }
}

void VectorEmitter::emit_entry()
{
    if (m_uses_fp) {
        // Code that knows nothing of subnormal operands enters from no other mode than its own.
        code().alu_memory(
            Alu::Cmp, Width::W32, { Reg::Rsp, frame::kFpMode }, m_flushes ? frame::kHostFp : frame::kPlainFp);
        code().jump(m_flushes ? Condition::E : Condition::Ne, m_enter_fp);
        code().bind(m_fp_entered);
    }
}

void VectorEmitter::enter_loop()
{
    load(m_assigned);
    m_state.dirty = m_assigned & m_written;
}

void VectorEmitter::emit_cold_paths()
{
    if (m_uses_fp) {
        code().bind(m_enter_fp);
        code().mov(Reg::Rdx, m_block.entry_offset() | (m_flushes ? kSuitsFlushing : 0));
        code().call_position(m_fp_thunks.enter);
        code().jump(m_fp_entered);
    }
    settle_nans();
    note_subnormals();
}

void VectorEmitter::loop_back(VectorState state)
{
    VectorState const now = m_state;
    load(m_assigned & ~state.valid);
    m_state = now;
    for (uint32_t rest = (state.low64 | state.low32) & state.valid; rest; rest &= rest - 1)
        clear_upper(static_cast<unsigned>(std::countr_zero(rest)), state);
}

void VectorEmitter::load(uint32_t mask)
{
    for (uint32_t rest = mask; rest; rest &= rest - 1) {
        auto const v = static_cast<unsigned>(std::countr_zero(rest));
        code().vector(vex::kMovups, static_cast<Xmm>(m_registers[v]), m_block.m_layout.vector(v));
    }
    m_state.valid |= mask;
}

void VectorEmitter::store(VectorState state)
{
    for (uint32_t rest = state.dirty & state.valid; rest; rest &= rest - 1) {
        auto const v = static_cast<unsigned>(std::countr_zero(rest));
        clear_upper(v, state);
        code().vector(vex::kMovupsStore, static_cast<Xmm>(m_registers[v]), m_block.m_layout.vector(v));
    }
}

void VectorEmitter::store_all()
{
    store(m_state);
    m_state.dirty = 0;
}

void VectorEmitter::after_call(VectorState state)
{
    VectorState const now = m_state;
    load(state.valid);
    m_state = now;
    if (m_uses_fp)
        code().call_position(m_fp_thunks.reenter);
}

void VectorEmitter::after_fallback()
{
    m_state = {};
    m_normal = {};
    if (m_uses_fp)
        code().call_position(m_fp_thunks.reenter);
}

void VectorEmitter::clear_upper(unsigned v, VectorState const& state)
{
    auto const reg = static_cast<Xmm>(m_registers[v]);
    if (state.low32 >> v & 1)
        code().vector(vex::kInsertps, reg, reg, reg, vex::kInsertLowestAlone);
    else if (state.low64 >> v & 1)
        code().vector(vex::kMovq, reg, reg);
}

Xmm VectorEmitter::read_scalar(unsigned v, bool is_double, Xmm temporary)
{
    bool const is_there = m_registers[v] >= 0 && (m_state.valid >> v & 1);
    if (is_there && !(is_double && (m_state.low32 >> v & 1)))
        return static_cast<Xmm>(m_registers[v]);
    return read(v, temporary);
}

Xmm VectorEmitter::read(unsigned v, Xmm temporary)
{
    if (m_registers[v] < 0) {
        code().vector(vex::kMovups, temporary, m_block.m_layout.vector(v));
        return temporary;
    }
    if (!(m_state.valid >> v & 1))
        load(1u << v);
    clear_upper(v, m_state);
    m_state.low64 &= ~(1u << v);
    m_state.low32 &= ~(1u << v);
    return static_cast<Xmm>(m_registers[v]);
}

Xmm VectorEmitter::read_lower(unsigned v, bool q, Xmm temporary)
{
    Xmm const whole = read(v, temporary);
    if (q)
        return whole;
    code().vector(vex::kMovq, temporary, whole);
    return temporary;
}

Xmm VectorEmitter::destination(unsigned v) const
{
    return m_registers[v] < 0 ? Xmm::Xmm0 : static_cast<Xmm>(m_registers[v]);
}

Xmm VectorEmitter::destination_apart(unsigned v, uint32_t sources) const
{
    return sources >> v & 1 ? Xmm::Xmm0 : destination(v);
}

void VectorEmitter::written(unsigned v, Xmm from)
{
    for (uint32_t& normal : m_normal)
        normal &= ~(1u << v);
    if (m_registers[v] < 0) {
        code().vector(vex::kMovupsStore, from, m_block.m_layout.vector(v));
        return;
    }
    if (destination(v) != from)
        code().vector(vex::kMovaps, destination(v), from);
    m_state.valid |= 1u << v;
    m_state.dirty |= 1u << v;
    m_state.low64 &= ~(1u << v);
    m_state.low32 &= ~(1u << v);
}

void VectorEmitter::written_scalar(unsigned v, Xmm from, bool is_double)
{
    if (m_registers[v] >= 0) {
        written(v, from);
        (is_double ? m_state.low64 : m_state.low32) |= 1u << v;
        return;
    }
    if (is_double)
        code().vector(vex::kMovq, Xmm::Xmm0, from);
    else
        code().vector(vex::kInsertps, Xmm::Xmm0, from, from, vex::kInsertLowestAlone);
    written(v, Xmm::Xmm0);
}

void VectorEmitter::written_vector(unsigned v, Xmm from, bool q)
{
    if (q)
        written(v, from);
    else
        written_scalar(v, from, true);
}

bool VectorEmitter::transfer(bool is_load, unsigned bytes, unsigned v, Mem mem)
{
    if (!m_features.vectors)
        return false;
    if (!is_load) {
        Xmm const from = bytes == 16 ? read(v, Xmm::Xmm0) : read_scalar(v, bytes == 8, Xmm::Xmm0);
        switch (bytes) {
        case 16: code().vector(vex::kMovupsStore, from, mem); break;
        case 8: code().vector(vex::kMovqStore, from, mem); break;
        case 4: code().vector(vex::kMovdStore, from, mem); break;
        default:
            code().vector_and_general(vex::kMovdStore, from, Reg::Rcx);
            if (bytes == 2)
                code().store16(mem, Reg::Rcx);
            else
                code().store8(mem, Reg::Rcx);
        }
        return true;
    }
    Xmm const to = destination(v);
    switch (bytes) {
    case 16: code().vector(vex::kMovups, to, mem); break;
    case 8: code().vector(vex::kMovq, to, mem); break;
    case 4: code().vector(vex::kMovd, to, mem); break;
    default: code().load_zero_extended(bytes, Reg::Rcx, mem); code().vector_from_general(vex::kMovd, to, Reg::Rcx);
    }
    written(v, to);
    return true;
}

Label& VectorEmitter::begin_slow()
{
    return m_block.begin_slow(m_index).entry;
}

void VectorEmitter::end_slow()
{
    m_block.end_slow();
}

bool VectorEmitter::emit(unsigned index)
{
    if (!m_features.vectors)
        return false;
    m_index = index;
    m_word = m_block.m_instructions[index].word;
    m_instruction = m_block.m_instructions[index].instruction;
    switch (m_block.m_instructions[index].instruction_class) {
    case isa::Class::FloatingPoint:
        return emit_fp_move() || emit_fp_arithmetic() || emit_fp_compare() || emit_fp_convert();
    case isa::Class::Simd: return emit_simd_same() || emit_simd_permute() || emit_simd_shift() || emit_simd_wide();
    case isa::Class::Crypto: return emit_crypto();
    default: return false;
    }
}

}
