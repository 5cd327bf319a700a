// Loads and stores: the look into the first-level TLB, and then the guest's instruction at the host's address.
// [Arm DDI 0487, C4.1.94 "Loads and Stores"]
#include "base/bits.h"
#include "engine/emulator/cpu/tlb.h"
#include "engine/emulator/jit/a64/block_translator.h"
#include "engine/emulator/jit/memory_encodings.h"
#include "generated/a64_instruction.h"

#include <bit>
#include <cstddef>

namespace dormouse::emulator::jit::a64 {

using isa::Instruction;

namespace {

    bool is_structures(uint32_t word)
    {
        return (word & 0xbe00'0000) == 0x0c00'0000;
    }

}

bool BlockTranslator::emit_memory(unsigned index)
{
    uint32_t const word = m_instructions[index].word;
    if (is_pair(word))
        return emit_pair(index);
    if (is_unsigned_offset(word) || is_short_offset(word) || is_register_offset(word) || is_literal(word))
        return emit_single(index);
    if (is_structures(word))
        return emit_structures(index);
    return emit_ordered(index);
}

BlockTranslator::SlowAccess& BlockTranslator::begin_access(Access const& access)
{
    if (access.is_vector)
        need_vectors();
    return begin_slow(access.index, access.is_acquire);
}

// A pin or T0.
Reg BlockTranslator::address_of(Access const& access)
{
    Reg const base = read(access.rn, kT0);
    if (access.indexing == Indexing::Post || access.offset == 0)
        return base;
    m_asm->add(kT0, base, access.offset, kT1);
    return kT0;
}

// Jumps to the slow path unless the TLB has the page and the access stays in it. Then T1 is what to add to the address.
// Takes T2. [cpu/memory_access.h]
void BlockTranslator::check_tlb(Access const& access, Reg address, SlowAccess& slow)
{
    static_assert(std::has_single_bit(sizeof(TlbEntry)) && std::has_single_bit(kTlbEntries));
    static_assert(offsetof(TlbEntry, tag_read) + 8 == offsetof(TlbEntry, host_addend)
        && offsetof(TlbEntry, host_addend) + 8 == offsetof(TlbEntry, tag_write));
    if (access.rn == kSp && !m_sp_checked) {
        m_asm->keep_bits(kT1, kStackPin, 0, 4);
        m_asm->jump_if_not_zero(Width::W64, kT1, slow.entry);
        m_sp_checked = true;
    }
    constexpr unsigned kEntryBits = std::countr_zero(sizeof(TlbEntry));
    constexpr unsigned kIndexBits = std::countr_zero(kTlbEntries);
    constexpr unsigned kOutsidePage = 64 - kTlbPageBits;
    Reg array = kTlbRegister;
    if (access.is_unprivileged) {
        m_asm->load(8, kT2, kCpuRegister, m_layout.tlb_unprivileged);
        array = kT2;
    }
    m_asm->extract_bits(kT1, address, kTlbPageBits, kIndexBits);
    m_asm->add(kT1, array, kT1, kEntryBits);
    if (access.is_write)
        m_asm->load_pair(number(kT1), number(kT2), kT1, offsetof(TlbEntry, host_addend));
    else
        m_asm->load_pair(number(kT2), number(kT1), kT1, offsetof(TlbEntry, tag_read));
    m_asm->sub(kT2, address, kT2);
    // What is left of the distance outside the page must be zero, of its last byte too.
    if (access.must_be_aligned) {
        auto const alignment = static_cast<unsigned>(std::countr_zero(access.bytes));
        m_asm->keep_bits(kT2, kT2, kTlbPageBits, kOutsidePage + alignment);
    } else {
        if (access.bytes > 1)
            m_asm->add(kT2, kT2, access.bytes - 1, kT2); // no invalid tag is of the page before
        m_asm->shift_right(kT2, kT2, kTlbPageBits);
    }
    m_asm->jump_if_not_zero(Width::W64, kT2, slow.entry);
}

// The base register's new value, after everything that can fault.
void BlockTranslator::write_back(Access const& access)
{
    if (access.indexing == Indexing::Offset)
        return;
    bool const stays_checked = m_sp_checked && access.offset % 16 == 0;
    Reg const base = destination(access.rn, kT0);
    m_asm->add(base, read(access.rn, kT0), access.offset, kT1);
    written(access.rn, base);
    if (access.rn == kSp)
        m_sp_checked = stays_checked;
}

bool BlockTranslator::emit_single(unsigned index)
{
    constexpr uint32_t kRegisterOffset = 0x3820'6800; // LDR Rt, [Rn, Xm] without its size, V, opc and registers
    constexpr uint32_t kSizeVOpc = 0xc4c0'0000;
    uint32_t const word = m_instructions[index].word;
    unsigned const size = word >> 30;
    unsigned const opc = word >> 22 & 3;
    unsigned const rt = rd_of(word);
    Access access { index, 1u << size, opc == 0, or_sp(rn_of(word)) };
    access.is_vector = is_vector(word);
    uint32_t at_host = kRegisterOffset | (word & kSizeVOpc);
    if (is_literal(word)) {
        // opc is in the place of size: 0 and 1 are the sizes, 2 is LDRSW, 3 PRFM; vectors 4, 8, 16 bytes.
        if (!access.is_vector && size == 3)
            return true;
        access.rn = kZero;
        access.is_write = false;
        access.bytes = access.is_vector ? 4u << size : size == 1 ? 8 : 4;
        if (access.is_vector)
            at_host = kRegisterOffset | 1 << 26 | (size == 2 ? 3u << 22 : (2 + size) << 30 | 1u << 22);
        else
            at_host = kRegisterOffset | (size == 1 ? 3u : 2u) << 30 | (size == 2 ? 2u : 1u) << 22;
    } else if (access.is_vector) {
        access.bytes = opc & 2 ? 16 : 1u << size;
        access.is_write = !(opc & 1);
    } else if (size == 3 && opc == 2) {
        return true; // PRFM is a hint
    }
    if (is_unsigned_offset(word)) {
        access.offset = int64_t { word >> 10 & 0xfff } * access.bytes;
    } else if (is_short_offset(word)) {
        unsigned const mode = word >> 10 & 3;
        access.is_unprivileged = mode == 2; // LDTR, STTR
        access.indexing = mode == 1 ? Indexing::Post : mode == 3 ? Indexing::Pre : Indexing::Offset;
        access.offset = sign_extend(word >> 12, 9);
    }
    if (access.indexing != Indexing::Offset && !access.is_vector && rt == access.rn)
        return false;

    SlowAccess& slow = begin_access(access);
    Reg address = kT0;
    if (is_literal(word)) {
        page_plus(kT0, int64_t { page_offset(index) } + 4 * sign_extend(word >> 5, 19));
    } else if (is_register_offset(word)) {
        Reg const base = read(access.rn, kT0);
        Reg const offset = read(rm_of(word), kT1);
        auto const scale = static_cast<unsigned>(std::countr_zero(access.bytes));
        m_asm->add_extended(kT0, base, offset, word >> 13 & 7, word >> 12 & 1 ? scale : 0);
    } else {
        address = address_of(access);
    }
    check_tlb(access, address, slow);
    at_host = with_rn(at_host, address) | number(kT1) << 16;
    if (access.is_vector) {
        m_asm->word(at_host | rt);
    } else if (access.is_write) {
        m_asm->word(at_host | number(read(rt, kT2)));
    } else {
        Reg const to = destination(rt, kT2);
        m_asm->word(at_host | number(to));
        written(rt, to);
    }
    write_back(access);
    m_asm->bind(slow.back);
    return true;
}

bool BlockTranslator::emit_pair(unsigned index)
{
    constexpr uint32_t kMode = 3 << 23;
    constexpr uint32_t kOffsetMode = 2 << 23;
    constexpr uint32_t kImmediate = 0x7f << 15;
    uint32_t const word = m_instructions[index].word;
    unsigned const opc = word >> 30;
    unsigned const mode = word >> 23 & 3; // non-temporal, post, offset, pre
    unsigned const rt = rd_of(word);
    unsigned const rt2 = ra_of(word);
    bool const is_load = word >> 22 & 1;
    unsigned const each = is_vector(word) ? 4u << opc : opc == 2 ? 8 : 4;
    Access access { index, 2 * each, !is_load, or_sp(rn_of(word)) };
    access.is_vector = is_vector(word);
    access.indexing = mode == 1 ? Indexing::Post : mode == 3 ? Indexing::Pre : Indexing::Offset;
    access.offset = sign_extend(word >> 15, 7) * static_cast<int64_t>(each);
    // What these do is not the same on all processors.
    if (is_load && rt == rt2)
        return false;
    if (access.indexing != Indexing::Offset && !access.is_vector && (rt == access.rn || rt2 == access.rn))
        return false;

    SlowAccess& slow = begin_access(access);
    Reg const address = address_of(access);
    check_tlb(access, address, slow);
    m_asm->add(kT1, address, kT1);
    uint32_t const at_host = with_rn((word & ~(kMode | kImmediate)) | kOffsetMode, kT1);
    if (access.is_vector) {
        m_asm->word(at_host);
    } else {
        Reg const first = is_load ? destination(rt, kT2) : read(rt, kT2);
        Reg const second = is_load ? destination(rt2, kT0) : read(rt2, kT0);
        m_asm->word(with_rt(at_host & ~(31u << 10), first) | number(second) << 10);
        if (is_load) {
            written(rt, first);
            written(rt2, second);
        }
    }
    write_back(access);
    m_asm->bind(slow.back);
    return true;
}

// LD1 to LD4, ST1 to ST4 and LD1R to LD4R, in their forms without write-back.
bool BlockTranslator::emit_structures(unsigned index)
{
    constexpr uint32_t kPostIndex = 1 << 23;
    constexpr uint32_t kOneStructure = 1 << 24;
    uint32_t const word = m_instructions[index].word;
    unsigned const size = word >> 10 & 3;
    bool const is_load = word >> 22 & 1;
    unsigned bytes;
    if (word & kOneStructure) {
        unsigned const scale = word >> 14 & 3;
        unsigned const registers = 1 + (word >> 21 & 1) + (word >> 13 & 1) * 2;
        // Scale 3 replicates; else it is the size, and of scale 2 the low bit of `size` makes words or doublewords.
        bytes = registers << (scale == 3 ? size : scale == 2 && (size & 1) ? 3 : scale);
    } else {
        unsigned registers;
        switch (word >> 12 & 15) {
        case 0:
        case 2: registers = 4; break;
        case 4:
        case 6: registers = 3; break;
        case 8:
        case 10: registers = 2; break;
        default: registers = 1; break;
        }
        bytes = registers * (word >> 30 & 1 ? 16 : 8);
    }
    Access access { index, bytes, !is_load, or_sp(rn_of(word)) };
    access.is_vector = true;
    SlowAccess& slow = begin_access(access);
    Reg const address = address_of(access);
    check_tlb(access, address, slow);
    m_asm->add(kT1, address, kT1);
    uint32_t at_host = word;
    if (word & kPostIndex)
        at_host &= ~(kPostIndex | 31u << 16);
    m_asm->word(with_rn(at_host, kT1));
    if (word & kPostIndex) {
        unsigned const rm = rm_of(word);
        if (rm == 31) {
            access.indexing = Indexing::Post;
            access.offset = bytes;
            write_back(access);
        } else {
            Reg const base = destination(access.rn, kT0);
            m_asm->add_extended(base, address, read(rm, kT2), 3, 0);
            written(access.rn, base);
        }
    }
    m_asm->bind(slow.back);
    return true;
}

}
