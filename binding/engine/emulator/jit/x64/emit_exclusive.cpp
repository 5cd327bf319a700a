// Load and store exclusive. [Arm DDI 0487, C6.2 "LDXR", "STXR"]
#include "engine/emulator/jit/memory_encodings.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/atomic_operand.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

#include <cstddef>

namespace dormouse::emulator::jit::x64 {

namespace {

    Mem const kPairedAddress { Reg::Rsp, frame::kPairedAddress };

    constexpr bool is_load(uint32_t word)
    {
        return word >> 22 & 1;
    }
    // Of the same size, form and base register. Ordered forms pair with the others.
    constexpr bool match(uint32_t load, uint32_t store)
    {
        constexpr uint32_t kSizeFormBase = 3u << 30 | 1u << 21 | 31u << 5;
        return ((load ^ store) & kSizeFormBase) == 0;
    }

    bool is_conditional_branch(DecodedInstruction const& decoded)
    {
        return decoded.instruction_class == isa::Class::Branch && !decoded.ends_block;
    }

}

// The load exclusive of the store exclusive at `store`, when nothing between them but data processing, which leaves the
// base register alone, and branches out: then the monitor is armed for the store's address, and the host address is
// still known. That holds where nobody arrives at the store, or between the two, without having done the load.
bool BlockTranslator::is_paired(unsigned load, unsigned store) const
{
    if (!m_entered_at_start_alone)
        return false;
    DecodedInstruction const& first = m_instructions[load];
    DecodedInstruction const& last = m_instructions[store];
    if (first.instruction_class != isa::Class::Atomic || last.instruction_class != isa::Class::Atomic)
        return false;
    auto const exclusive = [](uint32_t word) { return is_exclusive(word) || is_exclusive_pair(word); };
    if (!exclusive(first.word) || !exclusive(last.word) || !is_load(first.word) || is_load(last.word)
        || !match(first.word, last.word))
        return false;
    unsigned const rn = rn_of(first.word);
    auto const changes_base = [&](DecodedInstruction const& decoded) {
        return rn == 31 ? decoded.masks.sp_written : (decoded.masks.x_written >> rn & 1) != 0;
    };
    if (changes_base(first))
        return false;
    for (unsigned index = load + 1; index < store; ++index) {
        DecodedInstruction const& between = m_instructions[index];
        if ((between.instruction_class != isa::Class::Integer && !is_conditional_branch(between))
            || between.instruction == isa::Instruction::Unallocated || changes_base(between))
            return false;
    }
    return true;
}

std::optional<unsigned> BlockTranslator::paired_store(unsigned load) const
{
    constexpr unsigned kFarthest = 16;
    for (unsigned store = load + 1; store < m_instructions.size() && store <= load + kFarthest; ++store) {
        if (is_paired(load, store))
            return store;
    }
    return std::nullopt;
}

std::optional<unsigned> BlockTranslator::paired_load(unsigned store) const
{
    constexpr unsigned kFarthest = 16;
    for (unsigned load = store; load-- > 0 && load + kFarthest >= store;) {
        if (is_paired(load, store))
            return load;
    }
    return std::nullopt;
}

// Of a pair: nothing leaves between the two, so that nobody sees the monitor armed, and no other vCPU writes there.
// Then the monitor needs nothing but to be disarmed, and the store is done.
bool BlockTranslator::is_undivided(unsigned load, unsigned store) const
{
    for (unsigned index = load + 1; index < store; ++index) {
        if (m_instructions[index].instruction_class == isa::Class::Branch)
            return false;
    }
    return m_cpu.is_alone;
}

void BlockTranslator::emit_exclusive(unsigned index, unsigned bytes)
{
    uint32_t const word = m_instructions[index].word;
    if (is_load(word)) {
        auto const store = paired_store(index);
        if (store) // whoever does it otherwise knows no host address
            m_asm->store_immediate(Width::W64, kPairedAddress, 0);
        begin_atomic(index, bytes, store.has_value()); // what may be written may be read
        if (store)
            m_asm->store(Width::W64, kPairedAddress, kAtomicAddress);
        return load_exclusive(word, bytes, store && is_undivided(index, *store));
    }
    auto const load = paired_load(index);
    if (load) {
        clobber_flags();
        load_operands(index);
        Label& slow = begin_slow(index).entry;
        m_asm->load(Width::W64, kAtomicAddress, kPairedAddress);
        m_asm->test(Width::W64, kAtomicAddress, kAtomicAddress);
        m_asm->jump(Condition::E, slow);
    } else {
        begin_atomic(index, bytes, true);
        check_monitor(or_sp(rn_of(word)), bytes, m_slow_accesses.back().entry);
    }
    store_exclusive(word, bytes, load && is_undivided(*load, index));
}

// Anything but a monitor that is armed for just this place is the semantic function's.
void BlockTranslator::check_monitor(unsigned rn, unsigned bytes, Label& slow)
{
    monitor_address(rn);
    m_asm->alu(Alu::Cmp, Width::W64, Reg::Rcx, CpuLayout::at(m_layout.monitor_address));
    m_asm->jump(Condition::Ne, slow);
    m_asm->load_zero_extended(2, Reg::Rcx, CpuLayout::at(m_layout.monitor));
    m_asm->alu(Alu::Cmp, Width::W32, Reg::Rcx, static_cast<int32_t>(bytes << 8 | 1));
    m_asm->jump(Condition::Ne, slow);
}

// The monitor's form of the base register's address, in RCX.
void BlockTranslator::monitor_address(unsigned rn)
{
    if (Reg const base = read(rn, Reg::Rcx); base != Reg::Rcx)
        m_asm->mov(Width::W64, Reg::Rcx, base);
    m_asm->shift(Shift::Shl, Width::W64, Reg::Rcx, 8);
    m_asm->shift(Shift::Shr, Width::W64, Reg::Rcx, 8);
}

void BlockTranslator::load_exclusive(uint32_t word, unsigned bytes, bool is_undivided)
{
    static_assert(offsetof(ExclusiveMonitor, armed) == 0 && offsetof(ExclusiveMonitor, size) == 1);
    bool const is_pair = is_exclusive_pair(word);
    if (!is_undivided) {
        monitor_address(or_sp(rn_of(word)));
        m_asm->store(Width::W64, CpuLayout::at(m_layout.monitor_address), Reg::Rcx);
        m_asm->store_immediate(Width::W32, CpuLayout::at(m_layout.monitor), static_cast<int32_t>(bytes << 8 | 1));
    }
    if (bytes == 16) {
        m_asm->load(Width::W64, Reg::Rcx, atomic_memory(8));
        if (!is_undivided)
            m_asm->store(Width::W64, CpuLayout::at(m_layout.monitor_value + 8), Reg::Rcx);
    }
    load_for(bytes == 16 ? 8 : bytes, false, Reg::Rax, atomic_memory());
    if (!is_undivided)
        m_asm->store(Width::W64, CpuLayout::at(m_layout.monitor_value), Reg::Rax);
    if (!is_pair)
        return written(rd_of(word), Reg::Rax);
    if (bytes == 16) {
        written(rd_of(word), Reg::Rax);
        return written(ra_of(word), Reg::Rcx);
    }
    m_asm->mov(Width::W32, Reg::Rcx, Reg::Rax);
    m_asm->shift(Shift::Shr, Width::W64, Reg::Rax, 32);
    written(rd_of(word), Reg::Rcx);
    written(ra_of(word), Reg::Rax);
}

// The monitor is armed for just this place, or would be.
void BlockTranslator::store_exclusive(uint32_t word, unsigned bytes, bool is_undivided)
{
    m_asm->store_immediate(Width::W32, CpuLayout::at(m_layout.monitor), static_cast<int32_t>(bytes << 8));
    unsigned const rt = rd_of(word);
    if (bytes == 16) {
        is_undivided ? write_pair(rt, ra_of(word)) : store_exclusive_pair(rt, ra_of(word));
    } else {
        Reg const desired = is_exclusive_pair(word) ? join_words(rt, ra_of(word)) : read(rt, Reg::Rcx);
        if (is_undivided)
            m_asm->store_sized(bytes, atomic_memory(), desired);
        else
            store_if_equal(bytes, desired);
    }
    if (is_undivided) {
        m_asm->mov(Reg::Rax, 0);
    } else {
        m_asm->set(Condition::Ne, Reg::Rax);
        m_asm->zero_extend(1, Reg::Rax, Reg::Rax);
    }
    written(rs_of(word), Reg::Rax);
}

// One doubleword of two words, in RCX. Takes RAX.
Reg BlockTranslator::join_words(unsigned low, unsigned high)
{
    if (Reg const from = read(high, Reg::Rcx); from != Reg::Rcx)
        m_asm->mov(Width::W64, Reg::Rcx, from);
    m_asm->shift(Shift::Shl, Width::W64, Reg::Rcx, 32);
    m_asm->mov(Width::W32, Reg::Rax, read(low, Reg::Rax));
    m_asm->alu(Alu::Or, Width::W64, Reg::Rcx, Reg::Rax);
    return Reg::Rcx;
}

// ZF says whether memory was what the monitor has seen, and has been written.
void BlockTranslator::store_if_equal(unsigned bytes, Reg desired)
{
    m_asm->load(Width::W64, Reg::Rax, CpuLayout::at(m_layout.monitor_value));
    if (!m_cpu.is_alone)
        return m_asm->compare_exchange(bytes, atomic_memory(), desired, true);
    Label differs;
    m_asm->alu_to_memory(Alu::Cmp, bytes, atomic_memory(), Reg::Rax, false);
    m_asm->jump(Condition::Ne, differs);
    m_asm->store_sized(bytes, atomic_memory(), desired); // keeps ZF
    m_asm->bind(differs);
}

// Of 16 bytes. ZF says whether it was stored.
void BlockTranslator::store_exclusive_pair(unsigned rt, unsigned rt2)
{
    if (!m_cpu.is_alone) {
        begin_exchange_pair();
        m_asm->load(Width::W64, Reg::Rax, CpuLayout::at(m_layout.monitor_value));
        m_asm->load(Width::W64, Reg::Rdx, CpuLayout::at(m_layout.monitor_value + 8));
        return exchange_pair(rt, rt2);
    }
    Label differs;
    for (int32_t const offset : { 0, 8 }) {
        m_asm->load(Width::W64, Reg::Rax, atomic_memory(offset));
        m_asm->alu(Alu::Cmp, Width::W64, Reg::Rax, CpuLayout::at(m_layout.monitor_value + offset));
        m_asm->jump(Condition::Ne, differs);
    }
    write_pair(rt, rt2); // keeps ZF
    m_asm->bind(differs);
}

}
