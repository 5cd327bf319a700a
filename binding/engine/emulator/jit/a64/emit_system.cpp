// System registers, PSTATE, barriers and cache maintenance, as far as they are plain storage or nothing at all here.
// Whatever the current exception level may not do, or does otherwise, is the semantic function's.
// [Arm DDI 0487, C4.1.96 "Branches, Exception Generating and System instructions", C5.2]
#include "engine/emulator/jit/a64/block_translator.h"
#include "engine/emulator/jit/barriers.h"
#include "engine/emulator/jit/exception_fields.h"
#include "engine/emulator/runtime/pstate.h"
#include "generated/a64_instruction.h"

#include <bit>
#include <cstddef>

namespace dormouse::emulator::jit::a64 {

using isa::Instruction;
using Kind = PlainRegister::Kind;

namespace {

    constexpr unsigned kSctlrDze = 14; // bits
    constexpr unsigned kSctlrUci = 26;
    constexpr unsigned kMaskBits = 4; // of PSTATE.DAIF

}

// The guest's accesses are the host's, so its barriers are as well. The end of a block synchronises the context.
bool BlockTranslator::emit_system(unsigned index)
{
    DecodedInstruction const& decoded = m_instructions[index];
    switch (decoded.instruction) {
    case Instruction::HINT:
    case Instruction::ISB: return true;
    case Instruction::DMB: m_asm->word(decoded.word); return true;
    case Instruction::DSB:
        if (!m_cpu.is_alone && completes_maintenance(decoded.word)) // waits for other vCPUs
            return false;
        m_asm->word(decoded.word);
        return true;
    case Instruction::CLREX: m_asm->store(1, Reg::Zero, kCpuRegister, m_layout.exclusive); return true;
    case Instruction::MRS: return read_system_register(index);
    case Instruction::MSR_register: return write_system_register(index);
    case Instruction::MSR_immediate: return change_interrupt_masks(index) || change_pan(index) || change_dit(index);
    case Instruction::SVC: return leave_through(m_thunks.exceptions.supervisor_call, index);
    case Instruction::ERET: return leave_through(m_thunks.exceptions.exception_return, index);
    case Instruction::SYS: return maintain_data_cache(index);
    default: return false;
    }
}

// The semantic function does the instruction elsewhere. Takes T0 and T1.
void BlockTranslator::require_level(Kind kind, SlowAccess& slow)
{
    if (kind == Kind::Everybodys)
        return;
    if (kind == Kind::StackPointer) {
        m_asm->load(2, kT0, kCpuRegister, m_layout.pstate);
        m_asm->add(kT0, kT0, -kEl1WithSpEl1, kT1);
        return m_asm->jump_if_not_zero(Width::W32, kT0, slow.entry);
    }
    m_asm->load(1, kT0, kCpuRegister, m_layout.pstate);
    m_asm->jump_if_zero(Width::W32, kT0, slow.entry);
}

bool BlockTranslator::read_system_register(unsigned index)
{
    uint32_t const word = m_instructions[index].word;
    auto const source = plain_register_read(m_cpu, word);
    if (!source)
        return false;
    SlowAccess& slow = begin_slow(index);
    require_level(source->kind, slow);
    if (unsigned const rt = rd_of(word); rt != kZero) {
        Reg const to = destination(rt, kT0);
        if (source->kind == Kind::InterruptMasks) {
            m_asm->load(1, to, kCpuRegister, m_layout.daif);
            m_asm->shift_left(to, to, runtime::kSpsrDaifShift);
        } else if (source->kind == Kind::Level) {
            m_asm->mov(to, uint64_t { 1 << 2 });
        } else {
            m_asm->load(8, to, kCpuRegister, m_layout.system(source->which));
        }
        written(rt, to);
    }
    m_asm->bind(slow.back);
    return true;
}

bool BlockTranslator::write_system_register(unsigned index)
{
    uint32_t const word = m_instructions[index].word;
    auto const target = plain_register_written(m_cpu, word);
    if (!target)
        return false;
    SlowAccess& slow = begin_slow(index);
    require_level(target->kind, slow);
    if (target->kind == Kind::InterruptMasks) {
        require_no_debugging(slow);
        m_asm->extract_bits(kT0, read(rd_of(word), kT0), runtime::kSpsrDaifShift, kMaskBits);
        m_asm->store(1, kT0, kCpuRegister, m_layout.daif);
    } else {
        store_system_register(*target, read(rd_of(word), kT0));
    }
    m_asm->bind(slow.back);
    return true;
}

// `value`: T0 or a pin.
void BlockTranslator::store_system_register(PlainRegister const& target, Reg value)
{
    uint32_t const storage = m_layout.system(target.which);
    if (target.writable != ~uint64_t { 0 }) {
        m_asm->load(8, kT1, kCpuRegister, storage);
        m_asm->mov(kT2, target.writable);
        m_asm->eor(kT0, value, kT1);
        m_asm->bit_and(kT0, kT0, kT2);
        m_asm->eor(kT0, kT0, kT1);
        value = kT0;
    }
    m_asm->store(8, value, kCpuRegister, storage);
}

// With software step or breakpoints enabled, a change of PSTATE.D decides whether they act.
void BlockTranslator::require_no_debugging(SlowAccess& slow)
{
    m_asm->load(8, kT0, kCpuRegister, m_layout.system(SystemRegister::MDSCR_EL1));
    m_asm->jump_if_bit(true, kT0, kMdscrStep, slow.entry);
    m_asm->jump_if_bit(true, kT0, kMdscrBreakpoints, slow.entry);
}

// MSR DAIFSet and DAIFClr. An interrupt that is due now is found by the poll of the next block.
bool BlockTranslator::change_interrupt_masks(unsigned index)
{
    auto const change = interrupt_mask_change(m_instructions[index].word);
    if (!change)
        return false;
    SlowAccess& slow = begin_slow(index);
    require_level(Kind::InterruptMasks, slow);
    require_no_debugging(slow);
    m_asm->load(1, kT0, kCpuRegister, m_layout.daif);
    m_asm->mov(kT1, uint64_t { change->masks });
    m_asm->orr(kT0, kT0, kT1);
    if (!change->sets)
        m_asm->eor(kT0, kT0, kT1);
    m_asm->store(1, kT0, kCpuRegister, m_layout.daif);
    m_asm->bind(slow.back);
    return true;
}

// MSR PAN. Other memory is accessible: the block ends here.
bool BlockTranslator::change_pan(unsigned index)
{
    auto const sets = pan_change(m_cpu, m_instructions[index].word);
    if (!sets)
        return false;
    SlowAccess& slow = begin_slow(index);
    require_level(Kind::Stored, slow);
    m_asm->mov(kT0, uint64_t { *sets });
    m_asm->store(1, kT0, kCpuRegister, m_layout.pstate + static_cast<uint32_t>(offsetof(Pstate, pan)));
    select_el1_tlb(*m_asm, m_layout);
    m_asm->bind(slow.back);
    return true;
}

// MSR DIT, at any level. The host's own stays as it is: the semantic function has no other times for it either.
bool BlockTranslator::change_dit(unsigned index)
{
    auto const sets = dit_change(m_cpu, m_instructions[index].word);
    if (!sets)
        return false;
    m_asm->mov(kT0, uint64_t { *sets });
    m_asm->store(1, kT0, kCpuRegister, m_layout.pstate + static_cast<uint32_t>(offsetof(Pstate, dit)));
    return true;
}

// SVC and ERET. Where they are not plain the thunk calls the function, as Thunks::end does.
bool BlockTranslator::leave_through(uint32_t thunk, unsigned index)
{
    if (!m_inlines_exceptions)
        return false;
    emit_call(index, m_segment, thunk);
    m_ended = true;
    m_vectors_in_place = false;
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
    constexpr unsigned kLineBits = std::countr_zero(kZeroedBlock);
    Label allowed;
    SlowAccess& slow = begin_slow(index);
    m_asm->load(1, kT0, kCpuRegister, m_layout.pstate);
    m_asm->jump_if_not_zero(Width::W32, kT0, allowed);
    m_asm->load(8, kT0, kCpuRegister, m_layout.system(SystemRegister::SCTLR_EL1));
    m_asm->jump_if_bit(false, kT0, zeroes ? kSctlrDze : kSctlrUci, slow.entry);
    m_asm->bind(allowed);
    Reg address = read(rd_of(word), kT0);
    if (zeroes) {
        m_asm->keep_bits(kT0, address, kLineBits, 64 - kLineBits);
        address = kT0;
    }
    // A line is in one page: its first byte says all.
    check_tlb({ index, 1, zeroes, kZero }, address, slow);
    if (zeroes) {
        m_asm->add(kT1, address, kT1);
        for (int32_t offset = 0; offset < static_cast<int32_t>(kZeroedBlock); offset += 16)
            m_asm->store_pair(kZero, kZero, kT1, offset);
    }
    m_asm->bind(slow.back);
    return true;
}

}
