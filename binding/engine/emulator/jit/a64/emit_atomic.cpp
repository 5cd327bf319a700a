// Loads and stores that are ordered, exclusive or atomic. [Arm DDI 0487, C4.1.94, B2.12 "Synchronization and
// semaphores"]
#include "base/bits.h"
#include "engine/emulator/jit/a64/block_translator.h"
#include "engine/emulator/jit/memory_encodings.h"
#include "generated/a64_instruction.h"

#include <bit>
#include <cstddef>

namespace dormouse::emulator::jit::a64 {

namespace {

    constexpr uint32_t kOrdered = 1 << 15; // acquire of loads, release of stores

    // ExclusiveMonitor::armed and size as one halfword.
    constexpr uint64_t armed_for(unsigned bytes)
    {
        return 1 | bytes << 8;
    }
    static_assert(offsetof(ExclusiveMonitor, armed) == 0 && offsetof(ExclusiveMonitor, size) == 1);

}

// Exclusive pairs are left to their functions.
bool BlockTranslator::emit_atomic(unsigned index)
{
    uint32_t const word = m_instructions[index].word;
    if (is_exclusive(word))
        return word >> 22 & 1 ? load_exclusive(index) : store_exclusive(index);
    if (is_read_modify_write(word) || is_compare_and_swap(word))
        return read_modify_write(index);
    return is_compare_and_swap_pair(word) && compare_and_swap_pair(index);
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
    Reg const second = is_compare ? read(rt, kT0) : destination(rt, kT0);
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
    m_asm->mov(kT1, armed_for(access.bytes));
    m_asm->store(2, kT1, kCpuRegister, m_layout.exclusive);
    m_asm->keep_bits(kT1, address, 0, 56);
    m_asm->store(8, kT1, kCpuRegister, m_layout.exclusive + offsetof(ExclusiveMonitor, address));
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
    m_asm->load(8, kT2, kCpuRegister, m_layout.exclusive + offsetof(ExclusiveMonitor, address));
    m_asm->eor(kT2, kT2, address);
    m_asm->keep_bits(kT2, kT2, 0, 56);
    m_asm->load(2, kT0, kCpuRegister, m_layout.exclusive);
    m_asm->add(kT0, kT0, -static_cast<int64_t>(armed_for(access.bytes)), kT0);
    m_asm->orr(kT2, kT2, kT0);
    m_asm->store(1, Reg::Zero, kCpuRegister, m_layout.exclusive);
    Label failed;
    Label done;
    m_asm->jump_if_not_zero(Width::W64, kT2, failed);
    m_asm->load(8, kT2, kCpuRegister, m_layout.exclusive + offsetof(ExclusiveMonitor, value));
    Reg const data = read(rd_of(word), kT0);
    m_asm->word(
        kCompareAndSwap | (word & (0xc000'0000 | kOrdered)) | number(kT2) << 16 | number(kT1) << 5 | number(data));
    m_asm->load(8, kT0, kCpuRegister, m_layout.exclusive + offsetof(ExclusiveMonitor, value));
    m_asm->eor(kT2, kT2, kT0);
    m_asm->bind(failed);
    // The status is 1 unless T2 is 0.
    Reg const status = destination(rs_of(word), kT0);
    m_asm->mov(status, uint64_t { 0 });
    m_asm->jump_if_zero(Width::W64, kT2, done);
    m_asm->mov(status, uint64_t { 1 });
    m_asm->bind(done);
    written(rs_of(word), status);
    m_asm->bind(slow.back);
    return true;
}

// The host wants pairs that begin with an even register: the temporaries and the count of instructions make two.
bool BlockTranslator::compare_and_swap_pair(unsigned index)
{
    static_assert(number(kT0) % 2 == 0 && number(kT0) + 1 == number(kT1));
    static_assert(number(kT2) % 2 == 0 && number(kT2) + 1 == number(kRetired));
    if (!m_features.lse)
        return false;
    uint32_t const word = m_instructions[index].word;
    unsigned const rs = rs_of(word);
    unsigned const rt = rd_of(word);
    Access access = atomic_access(index, true, true);
    access.bytes = word >> 30 & 1 ? 16 : 8;
    SlowAccess& slow = begin_access(access);
    Reg const address = address_of(access);
    check_tlb(access, address, slow);
    if (!is_in_memory(rs) && !is_in_memory(rs + 1) && !is_in_memory(rt) && !is_in_memory(rt + 1)) {
        m_asm->add(kT1, address, kT1);
        m_asm->word(with_rn(word, kT1));
    } else {
        m_asm->add(kTlbRegister, address, kT1); // there is no other register left
        m_asm->store(8, kRetired, kCpuRegister, m_layout.retired);
        auto const fetch = [this](Reg to, unsigned guest) {
            if (Reg const from = read(guest, to); from != to)
                m_asm->mov(to, from);
        };
        fetch(kT0, rs);
        fetch(kT1, rs + 1);
        fetch(kT2, rt);
        fetch(kRetired, rt + 1);
        constexpr uint32_t kRs = 31 << 16;
        m_asm->word(with_rt(with_rn(word & ~kRs, kTlbRegister), kT2) | number(kT0) << 16);
        m_asm->load(8, kTlbRegister, kCpuRegister, m_layout.tlb);
        m_asm->load(8, kRetired, kCpuRegister, m_layout.retired);
        auto const keep = [this](unsigned guest, Reg from) {
            if (is_in_memory(guest))
                written(guest, from);
            else if (guest != kZero)
                m_asm->mov(pin_of(guest), from);
        };
        keep(rs, kT0);
        keep(rs + 1, kT1);
    }
    m_asm->bind(slow.back);
    return true;
}

// LDAR, LDLAR, LDAPR, LDAPUR and STLR, STLLR, STLUR.
bool BlockTranslator::emit_ordered(unsigned index)
{
    constexpr uint32_t kLoadAcquire = 0x08df'fc00;
    constexpr uint32_t kLoadAcquirePc = 0x38bf'c000;
    constexpr uint32_t kStoreRelease = 0x089f'fc00;
    uint32_t const word = m_instructions[index].word;
    bool const is_ordered = (word & 0x3fbf'7c00) == 0x089f'7c00;
    bool const is_acquire_pc = (word & 0x3fff'fc00) == kLoadAcquirePc;
    bool const is_unscaled = (word & 0x3f20'0c00) == 0x1900'0000;
    if (!is_ordered && !is_acquire_pc && !is_unscaled)
        return false;
    unsigned const opc = word >> 22 & 3; // of the unscaled: store, load, load and extend the sign to 64 or 32 bits
    bool const is_load = is_unscaled ? opc != 0 : is_acquire_pc || (opc & 1);
    unsigned const bytes = 1u << (word >> 30);
    Access access { index, bytes, !is_load, or_sp(rn_of(word)) };
    access.must_be_aligned = true;
    access.is_acquire = is_load;
    if (is_unscaled)
        access.offset = sign_extend(word >> 12, 9);
    // The limited ordering regions are more than is needed of all hosts, and LDAR is stronger than LDAPR.
    uint32_t const at_host = !is_load ? kStoreRelease : !is_ordered && m_features.rcpc ? kLoadAcquirePc : kLoadAcquire;
    unsigned const rt = rd_of(word);
    SlowAccess& slow = begin_access(access);
    Reg const address = address_of(access);
    check_tlb(access, address, slow);
    m_asm->add(kT1, address, kT1);
    Reg const value = is_load ? destination(rt, kT2) : read(rt, kT2);
    m_asm->word(with_rt(with_rn(at_host | (word & 0xc000'0000), kT1), value));
    if (is_unscaled && opc >= 2 && rt != kZero)
        m_asm->extract_signed(opc == 2 ? Width::W64 : Width::W32, value, value, 0, 8 * bytes);
    if (is_load)
        written(rt, value);
    m_asm->bind(slow.back);
    return true;
}

}
