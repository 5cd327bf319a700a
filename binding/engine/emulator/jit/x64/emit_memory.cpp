// Loads and stores. [Arm DDI 0487, C4.1.94 "Loads and Stores"]
#include "base/bits.h"
#include "engine/emulator/cpu/tlb.h"
#include "engine/emulator/jit/memory_encodings.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "generated/a64_instruction.h"

#include <bit>
#include <cstddef>

namespace dormouse::emulator::jit::x64 {

using isa::Instruction;

namespace {

    int32_t tlb_tag(bool is_write)
    {
        return static_cast<int32_t>(is_write ? offsetof(TlbEntry, tag_write) : offsetof(TlbEntry, tag_read));
    }

}

bool BlockTranslator::emit_memory(unsigned index)
{
    uint32_t const word = m_instructions[index].word;
    if (is_pair(word))
        return emit_pair(index);
    if (is_unsigned_offset(word) || is_short_offset(word) || is_register_offset(word) || is_literal(word))
        return emit_single(index);
    return emit_ordered(index);
}

bool BlockTranslator::emit_single(unsigned index)
{
    uint32_t const word = m_instructions[index].word;
    unsigned const size = word >> 30;
    unsigned const opc = word >> 22 & 3;
    Access access { 1u << size, opc != 0 };
    access.is_vector = is_vector(word);
    access.rt = rd_of(word);
    access.rn = or_sp(rn_of(word));
    if (is_literal(word)) {
        // opc is in the place of size: 0 and 1 are the sizes, 2 is LDRSW, 3 PRFM; vectors 4, 8, 16 bytes.
        if (!access.is_vector && size == 3)
            return true;
        access.is_load = true;
        access.rn = kZero;
        access.bytes = access.is_vector ? 4u << size : size == 1 ? 8 : 4;
        access.sign_extends = !access.is_vector && size == 2;
        clobber_flags();
        SlowAccess& slow = begin_access(index, access);
        int64_t const offset = int64_t { page_offset(index) } + 4 * sign_extend(word >> 5, 19);
        m_asm->load(Width::W64, Reg::Rax, { Reg::Rsp, frame::kPage });
        m_asm->lea(Width::W64, Reg::Rax, { Reg::Rax, static_cast<int32_t>(offset) });
        access_with_address(access, Reg::Rax, slow);
        return true;
    }
    if (access.is_vector) {
        access.bytes = opc & 2 ? 16 : 1u << size;
        access.is_load = opc & 1;
    } else if (size == 3 && opc == 2) {
        return true; // PRFM is a hint
    } else {
        access.sign_extends = opc >= 2;
        access.width = opc == 3 ? Width::W32 : Width::W64;
    }
    if (is_register_offset(word)) {
        unsigned const option = word >> 13 & 7;
        unsigned const scale = word >> 12 & 1 ? access.bytes : 1;
        clobber_flags();
        ensure_loaded(rm_of(word));
        ensure_loaded(access.rn);
        SlowAccess& slow = begin_access(index, access);
        bool const stays = is_steady(index, access.rn) && is_steady(index, rm_of(word));
        if (stays)
            begin_steady(slow);
        Reg offset = read(rm_of(word), Reg::Rcx);
        if (!(option & 1)) {
            if (option & 4)
                m_asm->sign_extend(4, Width::W64, Reg::Rcx, offset);
            else
                m_asm->zero_extend(4, Reg::Rcx, offset);
            offset = Reg::Rcx;
        }
        if (scale == 16) {
            if (offset != Reg::Rcx)
                m_asm->mov(Width::W64, Reg::Rcx, offset);
            m_asm->shift(Shift::Shl, Width::W64, Reg::Rcx, 4);
            offset = Reg::Rcx;
        }
        Reg const base = read(access.rn, Reg::Rax);
        Reg const address = stays ? Reg::Rdx : Reg::Rax;
        m_asm->lea(Width::W64, address, { base, offset, scale == 16 ? 1 : scale, 0 });
        if (stays)
            steady_access(access, slow);
        else
            access_with_address(access, address, slow);
        return true;
    }
    if (is_unsigned_offset(word)) {
        access.offset = static_cast<int32_t>((word >> 10 & 0xfff) * access.bytes);
    } else {
        unsigned const mode = word >> 10 & 3;
        access.is_unprivileged = mode == 2;
        access.indexing = mode == 1 ? Indexing::Post : mode == 3 ? Indexing::Pre : Indexing::Offset;
        access.offset = static_cast<int32_t>(sign_extend(word >> 12, 9));
    }
    if (access.indexing != Indexing::Offset && !access.is_vector && access.rt == access.rn)
        return false;
    emit_access(index, access);
    return true;
}

bool BlockTranslator::emit_pair(unsigned index)
{
    uint32_t const word = m_instructions[index].word;
    unsigned const opc = word >> 30;
    unsigned const mode = word >> 23 & 3; // non-temporal, post, offset, pre
    Access access { 0, (word >> 22 & 1) != 0 };
    access.is_pair = true;
    access.is_vector = is_vector(word);
    access.bytes = access.is_vector ? 4u << opc : opc == 2 ? 8 : 4;
    access.sign_extends = !access.is_vector && opc == 1;
    access.rt = rd_of(word);
    access.rt2 = ra_of(word);
    access.rn = or_sp(rn_of(word));
    access.indexing = mode == 1 ? Indexing::Post : mode == 3 ? Indexing::Pre : Indexing::Offset;
    access.offset = static_cast<int32_t>(sign_extend(word >> 15, 7)) * static_cast<int32_t>(access.bytes);
    if (access.indexing != Indexing::Offset && !access.is_vector && (access.rt == access.rn || access.rt2 == access.rn))
        return false;
    emit_access(index, access);
    return true;
}

// LDAR, LDLAR, LDAPR and STLR, STLLR. The host orders all but a store and a later load. [Arm DDI 0487, B2.3]
bool BlockTranslator::emit_ordered(unsigned index)
{
    uint32_t const word = m_instructions[index].word;
    bool const is_ordered = (word & 0x3fbf'7c00) == 0x089f'7c00;
    bool const is_acquire_pc = (word & 0x3fff'fc00) == 0x38bf'c000;
    if (!is_ordered && !is_acquire_pc)
        return false;
    Access access { 1u << (word >> 30), is_acquire_pc || (word >> 22 & 1) };
    access.rt = rd_of(word);
    access.rn = or_sp(rn_of(word));
    access.must_be_aligned = true;
    emit_access(index, access);
    return true;
}

SlowAccess& BlockTranslator::begin_access(unsigned index, Access const& access)
{
    if (!access.is_vector) {
        ensure_loaded(access.rt);
        if (access.is_pair)
            ensure_loaded(access.rt2);
    }
    return begin_slow(index);
}

void BlockTranslator::emit_access(unsigned index, Access const& access)
{
    clobber_flags();
    ensure_loaded(access.rn);
    SlowAccess& slow = begin_access(index, access);
    if (is_stack_access(access))
        return stack_access(access, slow);
    bool const stays = !access.is_unprivileged && is_steady(index, access.rn);
    if (stays)
        begin_steady(slow);
    Reg const base = read(access.rn, Reg::Rax);
    if (stays) {
        m_asm->lea(Width::W64, Reg::Rdx, { base, access.offset_of_first() });
        return steady_access(access, slow);
    }
    if (access.offset_of_first() == 0)
        return access_with_address(access, base, slow);
    m_asm->lea(Width::W64, Reg::Rax, { base, access.offset });
    access_with_address(access, Reg::Rax, slow);
}

// `address`: RAX or a pin.
void BlockTranslator::access_with_address(Access const& access, Reg address, SlowAccess& slow)
{
    if (access.rn == kSp)
        check_sp(slow);
    if (access.must_be_aligned && access.bytes > 1) {
        m_asm->test_byte(address, static_cast<uint8_t>(access.bytes - 1));
        m_asm->jump(Condition::Ne, slow.entry);
    }
    unsigned const bytes = access.all_bytes();
    if (access.is_unprivileged)
        check_tlb_unprivileged(address, bytes, !access.is_load, slow.entry);
    else if (follows_pointer(slow.index, access))
        check_pointer(address, bytes, slow);
    else
        check_tlb(address, bytes, !access.is_load, slow.entry);
    // RDX: host address - address; RCX is free.
    if (access.is_pair) {
        m_asm->lea(Width::W64, Reg::Rdx, { Reg::Rdx, address, 1, 0 });
        transfer_all(access, { Reg::Rdx, 0 }, { Reg::Rdx, static_cast<int32_t>(access.bytes) });
    } else {
        transfer(access, access.rt, { Reg::Rdx, address, 1, 0 });
    }
    if (access.must_be_aligned && !access.is_load)
        m_asm->or_locked({ Reg::Rsp, frame::kScratch }, 0);
    if (access.indexing != Indexing::Offset)
        write_back(access);
    end_slow();
}

// Jumps to `slow` unless the first-level TLB has the page and the access stays in it. Then RDX is what to add to the
// address. [cpu/memory_access.h]
void BlockTranslator::check_tlb(Reg address, unsigned bytes, bool is_write, Label& slow)
{
    check_tlb_tag(address, bytes, is_write, slow);
    m_asm->load(Width::W64, Reg::Rdx, { kTlbRegister, Reg::Rcx, 1, offsetof(TlbEntry, host_addend) });
}

// RCX: offset of the entry.
void BlockTranslator::check_tlb_tag(Reg address, unsigned bytes, bool is_write, Label& slow)
{
    index_tlb(address);
    m_asm->mov(Width::W64, Reg::Rdx, address);
    m_asm->alu(Alu::Sub, Width::W64, Reg::Rdx, { kTlbRegister, Reg::Rcx, 1, tlb_tag(is_write) });
    m_asm->alu(Alu::Cmp, Width::W64, Reg::Rdx, static_cast<int32_t>(kTlbPageSize - bytes));
    m_asm->jump(Condition::A, slow);
}

// The same with EL0's permissions.
void BlockTranslator::check_tlb_unprivileged(Reg address, unsigned bytes, bool is_write, Label& slow)
{
    index_tlb(address);
    m_asm->alu(Alu::Add, Width::W64, Reg::Rcx, CpuLayout::at(m_layout.tlb_unprivileged));
    m_asm->mov(Width::W64, Reg::Rdx, address);
    m_asm->alu(Alu::Sub, Width::W64, Reg::Rdx, { Reg::Rcx, tlb_tag(is_write) });
    m_asm->alu(Alu::Cmp, Width::W64, Reg::Rdx, static_cast<int32_t>(kTlbPageSize - bytes));
    m_asm->jump(Condition::A, slow);
    m_asm->load(Width::W64, Reg::Rdx, { Reg::Rcx, offsetof(TlbEntry, host_addend) });
}

// RCX: offset of the address's entry in an array.
void BlockTranslator::index_tlb(Reg address)
{
    static_assert(sizeof(TlbEntry) == 32);
    constexpr unsigned kEntryBits = 5;
    if (m_has_bmi) {
        m_asm->rotate_flagless(Width::W32, Reg::Rcx, address, kTlbPageBits - kEntryBits);
    } else {
        m_asm->mov(Width::W32, Reg::Rcx, address);
        m_asm->shift(Shift::Shr, Width::W32, Reg::Rcx, kTlbPageBits - kEntryBits);
    }
    m_asm->alu(Alu::And, Width::W32, Reg::Rcx, (kTlbEntries - 1) << kEntryBits);
}

// `second`: of a pair.
void BlockTranslator::transfer_all(Access const& access, Mem first, Mem second)
{
    // Of two equal destinations one value stays: which, is as the semantic functions have it.
    bool const begins_second = access.is_pair && access.is_load && !access.is_vector;
    if (begins_second)
        transfer(access, access.rt2, second);
    transfer(access, access.rt, first);
    if (access.is_pair && !begins_second)
        transfer(access, access.rt2, second);
}

// One register. Takes RCX.
void BlockTranslator::transfer(Access const& access, unsigned rt, Mem mem)
{
    if (access.is_vector && m_vectors.transfer(access.is_load, access.bytes, rt, mem))
        return;
    if (access.is_vector) {
        if (access.bytes == 16) {
            m_asm->load_vector(Xmm::Xmm0, access.is_load ? mem : m_layout.vector(rt));
            m_asm->store_vector(access.is_load ? m_layout.vector(rt) : mem, Xmm::Xmm0);
            return;
        }
        if (access.is_load) {
            if (access.bytes < 4)
                m_asm->load_zero_extended(access.bytes, Reg::Rcx, mem);
            else
                m_asm->load(access.bytes == 8 ? Width::W64 : Width::W32, Reg::Rcx, mem);
            m_asm->store(Width::W64, m_layout.vector(rt), Reg::Rcx);
            m_asm->store_immediate(Width::W64, m_layout.vector(rt, 1), 0);
            return;
        }
        m_asm->load(Width::W64, Reg::Rcx, m_layout.vector(rt));
    }
    if (!access.is_load) {
        return m_asm->store_sized(access.bytes, mem, access.is_vector ? Reg::Rcx : read(rt, Reg::Rcx));
    }
    Reg const to = rt == kZero || destination(rt) == Reg::Rax ? Reg::Rcx : destination(rt);
    if (access.sign_extends)
        m_asm->load_sign_extended(access.bytes, access.width, to, mem);
    else if (access.bytes < 4)
        m_asm->load_zero_extended(access.bytes, to, mem);
    else
        m_asm->load(access.bytes == 8 ? Width::W64 : Width::W32, to, mem);
    written(rt, to);
}

// The base register's new value, after everything that can fault.
void BlockTranslator::write_back(Access const& access)
{
    if (access.rn != kSp && destination(access.rn) == Reg::Rax) {
        m_asm->alu_memory(Alu::Add, Width::W64, m_layout.general(access.rn), access.offset);
        return;
    }
    Reg const base = destination(access.rn);
    m_asm->lea(Width::W64, base, { base, access.offset });
    bool const checked = m_sp_checked && access.offset % 16 == 0;
    written(access.rn, base);
    if (access.rn == kSp)
        m_sp_checked = checked;
}

// DMB: one that orders loads alone or stores alone costs nothing here. [C6.2, DMB]
void BlockTranslator::barrier(uint32_t word)
{
    unsigned const kind = word >> 8 & 3;
    if (kind == 1 || kind == 2)
        return;
    clobber_flags();
    m_asm->or_locked({ Reg::Rsp, frame::kScratch }, 0);
}

}
