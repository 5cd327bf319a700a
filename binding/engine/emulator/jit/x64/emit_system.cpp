// System registers, PSTATE, barriers and cache maintenance, as far as they are plain storage or nothing at all here.
// Whatever the current exception level may not do, or does otherwise, is the semantic function's.
// [Arm DDI 0487, C4.1.96 "Branches, Exception Generating and System instructions", C5.2]
#include "arch/system_register_encoding.h"
#include "base/bits.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/runtime/profile.h"
#include "engine/emulator/runtime/pstate.h"
#include "engine/emulator/runtime/system_registers.h"
#include "generated/a64_instruction.h"

#include <cstddef>
#include <optional>

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;
using runtime::RegisterAccess;
using runtime::RegisterBehaviour;

namespace {

    constexpr int32_t kSctlrDze = 1 << 14;
    constexpr int32_t kSctlrUci = 1 << 26;
    constexpr int32_t kMdscrStepOrBreakpoints = 1 << 0 | 1 << 15;
    constexpr unsigned kZeroedBlock = 64; // DCZID_EL0

    // PSTATE.EL and PSTATE.SP side by side.
    constexpr int32_t kEl1WithSpEl1 = 0x0101;
    static_assert(offsetof(Pstate, el) == 0 && offsetof(Pstate, sp_el1) == 1);

    std::optional<SystemRegister> register_of(Cpu const& cpu, uint32_t word)
    {
        auto const found = runtime::find_system_register(arch::system_register_of_instruction(word));
        return found && runtime::profile_of(cpu).has(*found) ? found : std::nullopt;
    }

    bool is_el1_only(RegisterAccess access)
    {
        return access == RegisterAccess::RwEl1 || access == RegisterAccess::RoEl1;
    }

}

bool BlockTranslator::emit_system(unsigned index)
{
    DecodedInstruction const& decoded = m_instructions[index];
    switch (decoded.instruction) {
    case Instruction::HINT:
    case Instruction::ISB: return true; // the end of the block synchronises the context
    case Instruction::DMB: barrier(decoded.word); return true;
    case Instruction::DSB:
        if (!m_cpu.is_alone) // waits for the maintenance of others
            return false;
        clobber_flags();
        m_asm->or_locked({ Reg::Rsp, frame::kScratch }, 0);
        return true;
    case Instruction::CLREX:
        clobber_flags();
        m_asm->alu_memory(Alu::And, Width::W32, CpuLayout::at(m_layout.monitor), ~1);
        return true;
    case Instruction::MRS: return read_system_register(index);
    case Instruction::MSR_register: return write_system_register(index);
    case Instruction::MSR_immediate: return change_interrupt_masks(index);
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

bool BlockTranslator::read_system_register(unsigned index)
{
    uint32_t const word = m_instructions[index].word;
    auto const which = register_of(m_cpu, word);
    if (!which)
        return false;
    runtime::SystemRegisterRow const& row = runtime::system_register_row(*which);
    bool const is_everybodys = *which == SystemRegister::TPIDR_EL0 || *which == SystemRegister::TPIDRRO_EL0;
    bool const is_stored = is_el1_only(row.access)
        && (row.behaviour == RegisterBehaviour::Plain || row.behaviour == RegisterBehaviour::Translation
            || row.behaviour == RegisterBehaviour::Identification);
    bool const is_daif = *which == SystemRegister::DAIF;
    bool const is_stack = *which == SystemRegister::SP_EL0;
    bool const is_level = *which == SystemRegister::CurrentEL;
    if (!is_everybodys && !is_stored && !is_daif && !is_stack && !is_level)
        return false;

    unsigned const rt = rd_of(word);
    Reg const to = destination(rt);
    clobber_flags();
    SlowAccess& slow = begin_slow(index);
    if (is_stack)
        require_el1_with_sp_el1(slow);
    else if (!is_everybodys)
        require_el1(slow);
    if (is_daif) {
        m_asm->load_zero_extended(1, to, CpuLayout::at(m_layout.daif));
        m_asm->shift(Shift::Shl, Width::W32, to, runtime::kSpsrDaifShift);
    } else if (is_level) {
        m_asm->mov(to, 1 << 2);
    } else {
        m_asm->load(Width::W64, to, m_layout.system(*which));
    }
    written(rt, to);
    end_slow();
    return true;
}

bool BlockTranslator::write_system_register(unsigned index)
{
    uint32_t const word = m_instructions[index].word;
    auto const which = register_of(m_cpu, word);
    if (!which)
        return false;
    runtime::SystemRegisterRow const& row = runtime::system_register_row(*which);
    bool const is_everybodys = *which == SystemRegister::TPIDR_EL0;
    bool const is_stored = row.access == RegisterAccess::RwEl1 && row.behaviour == RegisterBehaviour::Plain;
    bool const is_daif = *which == SystemRegister::DAIF;
    bool const is_stack = *which == SystemRegister::SP_EL0;
    if (!is_everybodys && !is_stored && !is_daif && !is_stack)
        return false;

    unsigned const rt = rd_of(word);
    clobber_flags();
    if (rt != kZero)
        ensure_loaded(rt);
    SlowAccess& slow = begin_slow(index);
    if (is_stack)
        require_el1_with_sp_el1(slow);
    else if (!is_everybodys)
        require_el1(slow);
    if (is_daif)
        require_no_debugging(slow);
    Reg const value = read(rt, Reg::Rax);
    if (is_daif) {
        if (value != Reg::Rax)
            m_asm->mov(Width::W32, Reg::Rax, value);
        m_asm->shift(Shift::Shr, Width::W32, Reg::Rax, runtime::kSpsrDaifShift);
        m_asm->alu(Alu::And, Width::W32, Reg::Rax, 15);
        m_asm->store8(CpuLayout::at(m_layout.daif), Reg::Rax);
    } else {
        store_system_register(*which, row.writable & ~runtime::profile_of(m_cpu).reserved_bits(*which), value);
    }
    end_slow();
    return true;
}

// `value`: RAX or a pin.
void BlockTranslator::store_system_register(SystemRegister which, uint64_t writable, Reg value)
{
    Mem const storage = m_layout.system(which);
    if (which == SystemRegister::SP_EL0 || writable == ~uint64_t { 0 })
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
    unsigned const field = (word >> 16 & 7) << 3 | (word >> 5 & 7);
    auto const immediate = static_cast<uint8_t>(word >> 8 & 15);
    constexpr unsigned kSet = 0b011'110;
    constexpr unsigned kClear = 0b011'111;
    if (field != kSet && field != kClear)
        return false;
    clobber_flags();
    SlowAccess& slow = begin_slow(index);
    require_el1(slow);
    require_no_debugging(slow);
    Mem const daif = CpuLayout::at(m_layout.daif);
    if (field == kSet)
        m_asm->alu_byte(Alu::Or, daif, static_cast<int8_t>(immediate));
    else
        m_asm->alu_byte(Alu::And, daif, static_cast<int8_t>(~immediate));
    end_slow();
    return true;
}

// DC ZVA, and DC by address, which do nothing where the memory is known. [C5.3]
bool BlockTranslator::maintain_data_cache(unsigned index)
{
    constexpr uint32_t kZva = 0xd50b'7420;
    constexpr uint32_t kCvac = 0xd50b'7a20;
    constexpr uint32_t kCvau = 0xd50b'7b20;
    constexpr uint32_t kCivac = 0xd50b'7e20;
    uint32_t const word = m_instructions[index].word;
    uint32_t const operation = word & ~31u;
    bool const zeroes = operation == kZva;
    if (!zeroes && operation != kCvac && operation != kCvau && operation != kCivac)
        return false;
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
