// System registers, PSTATE, barriers and cache maintenance, as far as they are plain storage or nothing at all here.
// Whatever the current exception level may not do, or does otherwise, is the semantic function's.
// [Arm DDI 0487, C4.1.96 "Branches, Exception Generating and System instructions", C5.2]
#include "base/bits.h"
#include "engine/emulator/jit/barriers.h"
#include "engine/emulator/jit/exception_fields.h"
#include "engine/emulator/jit/plain_registers.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/runtime/pstate.h"
#include "generated/a64_instruction.h"

#include <cstddef>

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;
using Kind = PlainRegister::Kind;

namespace {

    constexpr int32_t kSctlrDze = 1 << 14;
    constexpr int32_t kSctlrUci = 1 << 26;

}

bool BlockTranslator::emit_system(unsigned index)
{
    DecodedInstruction const& decoded = m_instructions[index];
    switch (decoded.instruction) {
    case Instruction::HINT:
    case Instruction::ISB: return true; // the end of the block synchronises the context
    case Instruction::DMB: barrier(decoded.word); return true;
    case Instruction::DSB:
        if (!m_cpu.is_alone && completes_maintenance(decoded.word)) // waits for other vCPUs
            return false;
        barrier(decoded.word);
        return true;
    case Instruction::CLREX:
        clobber_flags();
        m_asm->alu_memory(Alu::And, Width::W32, CpuLayout::at(m_layout.monitor), ~1);
        return true;
    case Instruction::MRS: return read_system_register(index);
    case Instruction::MSR_register: return write_system_register(index);
    case Instruction::MSR_immediate: return change_interrupt_masks(index) || change_pan(index) || change_dit(index);
    case Instruction::SVC: return leave_through(m_thunks.exceptions.supervisor_call, index, decoded.word >> 5 & 0xffff);
    case Instruction::ERET: return leave_through(m_thunks.exceptions.exception_return, index, 0);
    case Instruction::SYS: return maintain_data_cache(index);
    default: return false;
    }
}

// The semantic function does the instruction at EL0.
void BlockTranslator::require_el1(SlowAccess& slow)
{
    m_asm->compare_byte(CpuLayout::at(m_layout.pstate), 0);
    m_asm->jump(Condition::E, slow.entry);
}

void BlockTranslator::require_el1_with_sp_el1(SlowAccess& slow)
{
    m_asm->load_zero_extended(2, Reg::Rcx, CpuLayout::at(m_layout.pstate));
    m_asm->alu(Alu::Cmp, Width::W32, Reg::Rcx, kEl1WithSpEl1);
    m_asm->jump(Condition::Ne, slow.entry);
}

void BlockTranslator::require_level(Kind kind, SlowAccess& slow)
{
    if (kind == Kind::StackPointer)
        require_el1_with_sp_el1(slow);
    else if (kind != Kind::Everybodys)
        require_el1(slow);
}

bool BlockTranslator::read_system_register(unsigned index)
{
    uint32_t const word = m_instructions[index].word;
    auto const source = plain_register_read(m_cpu, word);
    if (!source)
        return false;

    unsigned const rt = rd_of(word);
    Reg const to = destination(rt);
    clobber_flags();
    SlowAccess& slow = begin_slow(index);
    require_level(source->kind, slow);
    if (source->kind == Kind::InterruptMasks) {
        m_asm->load_zero_extended(1, to, CpuLayout::at(m_layout.daif));
        m_asm->shift(Shift::Shl, Width::W32, to, runtime::kSpsrDaifShift);
    } else if (source->kind == Kind::Level) {
        m_asm->mov(to, 1 << 2);
    } else {
        m_asm->load(Width::W64, to, m_layout.system(source->which));
    }
    written(rt, to);
    end_slow();
    return true;
}

bool BlockTranslator::write_system_register(unsigned index)
{
    uint32_t const word = m_instructions[index].word;
    auto const target = plain_register_written(m_cpu, word);
    if (!target)
        return false;

    unsigned const rt = rd_of(word);
    clobber_flags();
    if (rt != kZero)
        ensure_loaded(rt);
    SlowAccess& slow = begin_slow(index);
    require_level(target->kind, slow);
    if (target->kind == Kind::InterruptMasks)
        require_no_debugging(slow);
    Reg const value = read(rt, Reg::Rax);
    if (target->kind == Kind::InterruptMasks) {
        if (value != Reg::Rax)
            m_asm->mov(Width::W32, Reg::Rax, value);
        m_asm->shift(Shift::Shr, Width::W32, Reg::Rax, runtime::kSpsrDaifShift);
        m_asm->alu(Alu::And, Width::W32, Reg::Rax, 15);
        m_asm->store8(CpuLayout::at(m_layout.daif), Reg::Rax);
    } else {
        store_system_register(*target, value);
    }
    end_slow();
    return true;
}

// `value`: RAX or a pin.
void BlockTranslator::store_system_register(PlainRegister const& target, Reg value)
{
    Mem const storage = m_layout.system(target.which);
    uint64_t const writable = target.writable;
    if (writable == ~uint64_t { 0 })
        return m_asm->store(Width::W64, storage, value);
    if (value != Reg::Rax)
        m_asm->mov(Width::W64, Reg::Rax, value);
    m_asm->mov(Reg::Rcx, writable);
    m_asm->alu(Alu::And, Width::W64, Reg::Rax, Reg::Rcx);
    m_asm->mov(Reg::Rcx, ~writable);
    m_asm->alu(Alu::And, Width::W64, Reg::Rcx, storage);
    m_asm->alu(Alu::Or, Width::W64, Reg::Rax, Reg::Rcx);
    m_asm->store(Width::W64, storage, Reg::Rax);
}

// With software step or breakpoints enabled, a change of PSTATE.D decides whether they act.
void BlockTranslator::require_no_debugging(SlowAccess& slow)
{
    m_asm->load(Width::W32, Reg::Rcx, m_layout.system(SystemRegister::MDSCR_EL1));
    m_asm->test(Width::W32, Reg::Rcx, kMdscrStepOrBreakpoints);
    m_asm->jump(Condition::Ne, slow.entry);
}

// MSR DAIFSet and DAIFClr. An interrupt that is due now is found by the poll of the next block.
bool BlockTranslator::change_interrupt_masks(unsigned index)
{
    uint32_t const word = m_instructions[index].word;
    auto const change = interrupt_mask_change(word);
    if (!change)
        return false;
    clobber_flags();
    SlowAccess& slow = begin_slow(index);
    require_el1(slow);
    require_no_debugging(slow);
    Mem const daif = CpuLayout::at(m_layout.daif);
    if (change->sets)
        m_asm->alu_byte(Alu::Or, daif, static_cast<int8_t>(change->masks));
    else
        m_asm->alu_byte(Alu::And, daif, static_cast<int8_t>(~change->masks));
    end_slow();
    return true;
}

// MSR PAN. Other memory is accessible: the block ends here.
bool BlockTranslator::change_pan(unsigned index)
{
    auto const sets = pan_change(m_cpu, m_instructions[index].word);
    if (!sets)
        return false;
    clobber_flags();
    SlowAccess& slow = begin_slow(index);
    require_el1(slow);
    m_asm->mov(Reg::Rcx, *sets);
    m_asm->store8(CpuLayout::at(m_layout.pstate + static_cast<int32_t>(offsetof(Pstate, pan))), Reg::Rcx);
    select_el1_tlb(*m_asm, m_layout);
    end_slow();
    return true;
}

// MSR DIT, at any level. Nothing here takes other times for it.
bool BlockTranslator::change_dit(unsigned index)
{
    auto const sets = dit_change(m_cpu, m_instructions[index].word);
    if (!sets)
        return false;
    m_asm->mov(Reg::Rcx, *sets);
    m_asm->store8(CpuLayout::at(m_layout.pstate + static_cast<int32_t>(offsetof(Pstate, dit))), Reg::Rcx);
    return true;
}

// SVC and ERET.
bool BlockTranslator::leave_through(uint32_t thunk, unsigned index, uint32_t immediate)
{
    if (!m_inlines_exceptions)
        return false;
    save_flags();
    set_frame_flags();
    load_all_pins();
    m_vectors.store_all();
    swap_pins_out();
    m_asm->mov(Reg::Rax, call_argument::of(page_offset(index), index - m_segment));
    m_asm->mov(Reg::Rcx, immediate);
    m_asm->jump_position(thunk);
    m_ended = true;
    return true;
}

// DC ZVA, and DC by address, which do nothing where the memory is known. [C5.3]
bool BlockTranslator::maintain_data_cache(unsigned index)
{
    uint32_t const word = m_instructions[index].word;
    DataCacheOperation const operation = data_cache_operation(word);
    if (operation == DataCacheOperation::Other)
        return false;
    bool const zeroes = operation == DataCacheOperation::Zero;
    unsigned const rt = rd_of(word);
    clobber_flags();
    if (rt != kZero)
        ensure_loaded(rt);
    SlowAccess& slow = begin_slow(index);
    Label allowed;
    m_asm->compare_byte(CpuLayout::at(m_layout.pstate), 0);
    m_asm->jump(Condition::Ne, allowed);
    m_asm->load(Width::W32, Reg::Rcx, m_layout.system(SystemRegister::SCTLR_EL1));
    m_asm->test(Width::W32, Reg::Rcx, zeroes ? kSctlrDze : kSctlrUci);
    m_asm->jump(Condition::E, slow.entry);
    m_asm->bind(allowed);
    if (Reg const address = read(rt, Reg::Rax); address != Reg::Rax)
        m_asm->mov(Width::W64, Reg::Rax, address);
    if (zeroes)
        m_asm->alu(Alu::And, Width::W64, Reg::Rax, -static_cast<int32_t>(kZeroedBlock));
    check_tlb(Reg::Rax, zeroes ? kZeroedBlock : 1, zeroes, slow.entry);
    for (unsigned offset = 0; zeroes && offset < kZeroedBlock; offset += 8)
        m_asm->store_immediate(Width::W64, { Reg::Rdx, Reg::Rax, 1, static_cast<int32_t>(offset) }, 0);
    end_slow();
    return true;
}

}
