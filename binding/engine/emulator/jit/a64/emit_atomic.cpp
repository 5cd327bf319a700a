// Load and store exclusive, and FEAT_LSE. [Arm DDI 0487, C4.1.94, B2.12 "Synchronization and semaphores"]
#include "engine/emulator/jit/a64/block_translator.h"
#include "generated/a64_instruction.h"

#include <bit>
#include <cstddef>

namespace dormouse::emulator::jit::a64 {

namespace {

    // The groups of encodings, by bits that all their rows fix.
    bool is_read_modify_write(uint32_t word)
    {
        return (word & 0x3f20'0c00) == 0x3820'0000;
    }
    bool is_compare_and_swap(uint32_t word)
    {
        return (word & 0x3fa0'7c00) == 0x08a0'7c00;
    }
    bool is_exclusive(uint32_t word) // of one register
    {
        return (word & 0x3fa0'0000) == 0x0800'0000;
    }
    constexpr unsigned rs_of(uint32_t word)
    {
        return rm_of(word);
    }
    constexpr uint32_t kOrdered = 1 << 15; // acquire of loads, release of stores

    // ExclusiveMonitor::armed and size as one halfword.
    constexpr uint64_t armed_for(unsigned bytes)
    {
        return 1 | bytes << 8;
    }
    static_assert(offsetof(ExclusiveMonitor, armed) == 0 && offsetof(ExclusiveMonitor, size) == 1);

}

// Pairs are left to their functions.
bool BlockTranslator::emit_atomic(unsigned index)
{
    uint32_t const word = m_instructions[index].word;
    if (is_exclusive(word))
        return word >> 22 & 1 ? load_exclusive(index) : store_exclusive(index);
    if (is_read_modify_write(word) || is_compare_and_swap(word))
        return read_modify_write(index);
    return false;
}

// LDADD and its kin, SWP, CAS: what the host has in one instruction.
bool BlockTranslator::read_modify_write(unsigned index)
{
    uint32_t const word = m_instructions[index].word;
    if (!m_features.lse)
        return false;
    bool const is_compare = is_compare_and_swap(word);
    unsigned const rs = rs_of(word);
    unsigned const rt = rd_of(word);
    Access const access = atomic_access(index, true, true);
    SlowAccess& slow = begin_access(access);
    Reg const address = address_of(access);
    check_tlb(access, address, slow);
    m_asm->add(kT1, address, kT1);
    Reg const first = read(rs, kT2);
    Reg const second = is_compare ? read(rt, kT3) : destination(rt, kT3);
    constexpr uint32_t kRegisters = 31u << 16 | 31u << 5 | 31u;
    m_asm->word((word & ~kRegisters) | number(first) << 16 | number(kT1) << 5 | number(second));
    if (is_compare)
        written(rs, first);
    else
        written(rt, second);
    m_asm->bind(slow.back);
    return true;
}

BlockTranslator::Access BlockTranslator::atomic_access(unsigned index, bool is_write, bool is_acquire) const
{
    uint32_t const word = m_instructions[index].word;
    Access access { index, 1u << (word >> 30), is_write, or_sp(rn_of(word)) };
    access.must_be_aligned = true;
    access.is_acquire = is_acquire;
    return access;
}

// A plain load whose value the monitor keeps. [cpu.h, ExclusiveMonitor]
bool BlockTranslator::load_exclusive(unsigned index)
{
    constexpr uint32_t kLoad = 0x3940'0000; // LDR, unsigned offset
    constexpr uint32_t kLoadAcquire = 0x08df'fc00; // LDAR
    uint32_t const word = m_instructions[index].word;
    bool const is_ordered = word & kOrdered;
    Access const access = atomic_access(index, false, is_ordered);
    SlowAccess& slow = begin_access(access);
    Reg const address = address_of(access);
    check_tlb(access, address, slow);
    m_asm->add(kT1, address, kT1);
    m_asm->word((is_ordered ? kLoadAcquire : kLoad) | (word & 0xc000'0000) | number(kT1) << 5 | number(kT2));
    m_asm->mov(kT3, armed_for(access.bytes));
    m_asm->store(2, kT3, kCpuRegister, m_layout.exclusive);
    m_asm->keep_bits(kT3, address, 0, 56);
    m_asm->store(8, kT3, kCpuRegister, m_layout.exclusive + offsetof(ExclusiveMonitor, address));
    static_assert(offsetof(ExclusiveMonitor, value) % 16 == 0);
    m_asm->store(8, kT2, kCpuRegister, m_layout.exclusive + offsetof(ExclusiveMonitor, value));
    m_asm->store(8, Reg::Zero, kCpuRegister, m_layout.exclusive + offsetof(ExclusiveMonitor, value) + 8);
    unsigned const rt = rd_of(word);
    if (rt != kZero) {
        Reg const to = destination(rt, kT2);
        if (to != kT2)
            m_asm->mov(to, kT2);
        written(rt, to);
    }
    m_asm->bind(slow.back);
    return true;
}

// Compares with what was loaded and swaps. Data and address are used before the status is written.
bool BlockTranslator::store_exclusive(unsigned index)
{
    constexpr uint32_t kCompareAndSwap = 0x08a0'7c00;
    if (!m_features.lse)
        return false;
    uint32_t const word = m_instructions[index].word;
    Access const access = atomic_access(index, true, false);
    SlowAccess& slow = begin_access(access);
    Reg const address = address_of(access);
    check_tlb(access, address, slow);
    m_asm->add(kT1, address, kT1);
    // Is it armed, for this size and this address?
    m_asm->load(2, kT2, kCpuRegister, m_layout.exclusive);
    m_asm->mov(kT3, armed_for(access.bytes));
    m_asm->eor(kT2, kT2, kT3);
    m_asm->load(8, kT3, kCpuRegister, m_layout.exclusive + offsetof(ExclusiveMonitor, address));
    m_asm->eor(kT3, kT3, address);
    m_asm->keep_bits(kT3, kT3, 0, 56);
    m_asm->orr(kT2, kT2, kT3);
    m_asm->store(1, Reg::Zero, kCpuRegister, m_layout.exclusive);
    Label failed;
    Label done;
    m_asm->jump_if_not_zero(Width::W64, kT2, failed);
    m_asm->load(8, kT2, kCpuRegister, m_layout.exclusive + offsetof(ExclusiveMonitor, value));
    m_asm->mov(kT3, kT2);
    Reg const data = read(rd_of(word), kT0);
    m_asm->word(
        kCompareAndSwap | (word & (0xc000'0000 | kOrdered)) | number(kT3) << 16 | number(kT1) << 5 | number(data));
    m_asm->eor(kT2, kT2, kT3);
    m_asm->bind(failed);
    // The status is 1 unless T2 is 0.
    Reg const status = destination(rs_of(word), kT3);
    m_asm->mov(status, uint64_t { 0 });
    m_asm->jump_if_zero(Width::W64, kT2, done);
    m_asm->mov(status, uint64_t { 1 });
    m_asm->bind(done);
    written(rs_of(word), status);
    m_asm->bind(slow.back);
    return true;
}

}
