// Loads and stores of structures. [Arm DDI 0487, C4.1.94 "Advanced SIMD load/store multiple structures", "Advanced SIMD
// load/store single structure"]
#include "engine/emulator/jit/vector_fields.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/block_translator.h"

namespace dormouse::emulator::jit::x64 {

namespace {

    // Where begin_structures() leaves the memory.
    Mem memory(unsigned offset = 0)
    {
        return { Reg::Rdx, static_cast<int32_t>(offset) };
    }
    bool is_multiple(uint32_t word)
    {
        return (word & 0xbf00'0000) == 0x0c00'0000;
    }
    bool is_single(uint32_t word)
    {
        return (word & 0xbf00'0000) == 0x0d00'0000;
    }
    bool is_load(uint32_t word)
    {
        return word >> 22 & 1;
    }

}

bool VectorEmitter::emit_structures(unsigned index)
{
    if (!m_features.vectors)
        return false;
    m_index = index;
    m_word = m_block.m_instructions[index].word;
    if (is_multiple(m_word))
        return multiple_structures();
    return is_single(m_word) && single_structure();
}

// RDX: host address of the `bytes` at the base register. The `count` vectors from `first` on are in place for a store.
void VectorEmitter::begin_structures(unsigned bytes, bool loads, unsigned first, unsigned count)
{
    unsigned const rn = or_sp(rn_of(m_word));
    unsigned const rm = rm_of(m_word);
    bool const is_post = m_word >> 23 & 1;
    m_block.clobber_flags();
    m_block.ensure_loaded(rn);
    if (is_post && rm != kZero)
        m_block.ensure_loaded(rm);
    for (unsigned i = 0; !loads && i < count; ++i)
        read((first + i) & 31, Xmm::Xmm0);
    Label& slow = begin_slow();
    Reg const address = m_block.read(rn, Reg::Rax);
    if (rn == kSp && !m_block.m_sp_checked) {
        code().test_byte(address, 15);
        code().jump(Condition::Ne, slow);
        m_block.m_sp_checked = true;
    }
    m_block.check_tlb(address, bytes, !loads, slow);
    code().lea(Width::W64, Reg::Rdx, { Reg::Rdx, address, 1, 0 });
}

// The base register's new value, with a register or with the bytes of the access.
void VectorEmitter::end_structures(unsigned bytes)
{
    unsigned const rn = or_sp(rn_of(m_word));
    unsigned const rm = rm_of(m_word);
    if (m_word >> 23 & 1) {
        Reg const base = m_block.read(rn, Reg::Rax);
        if (rm == kZero)
            code().lea(Width::W64, Reg::Rax, { base, static_cast<int32_t>(bytes) });
        else
            code().lea(Width::W64, Reg::Rax, { base, m_block.read(rm, Reg::Rcx), 1, 0 });
        m_block.written(rn, Reg::Rax);
    }
    end_slow();
}

bool VectorEmitter::multiple_structures()
{
    unsigned const size = m_word >> 10 & 3;
    unsigned const rt = rd_of(m_word);
    bool const q = is_whole(m_word);
    bool const loads = is_load(m_word);
    unsigned const register_bytes = q ? 16 : 8;
    unsigned count = 0;
    bool interleaves = false;
    switch (m_word >> 12 & 15) {
    case 0b0111: count = 1; break;
    case 0b1010: count = 2; break;
    case 0b0110: count = 3; break;
    case 0b0010: count = 4; break;
    case 0b1000:
        count = 2;
        interleaves = true;
        break;
    case 0b0100:
        count = 3;
        interleaves = true;
        break;
    case 0b0000:
        count = 4;
        interleaves = true;
        break;
    default: return false;
    }
    begin_structures(count * register_bytes, loads, rt, count);
    if (!interleaves) {
        for (unsigned i = 0; i < count; ++i)
            transfer(loads, register_bytes, (rt + i) & 31, memory(i * register_bytes));
    } else if (count == 2) {
        if (loads)
            load_pairs(size, q);
        else
            store_pairs(size, q);
    } else if (count == 3 || !q) {
        for (unsigned i = 0; i < count; ++i)
            transfer_lanes(loads, (rt + i) & 31, size, register_bytes >> size, i << size, count << size);
    } else if (loads) {
        load_fours(size);
    } else {
        store_fours(size);
    }
    end_structures(count * register_bytes);
    return true;
}

// One register, lane by lane, `stride` bytes apart.
void VectorEmitter::transfer_lanes(
    bool loads, unsigned v, unsigned size, unsigned lanes, unsigned offset, unsigned stride)
{
    if (loads)
        code().vector(vex::kPxor, Xmm::Xmm0, Xmm::Xmm0, Xmm::Xmm0);
    Xmm const reg = loads ? Xmm::Xmm0 : read(v, Xmm::Xmm0);
    for (unsigned lane = 0; lane < lanes; ++lane)
        transfer_lane(loads, reg, size, lane, memory(offset + lane * stride));
    if (loads)
        written(v, Xmm::Xmm0);
}

// A load is to XMM0, and keeps the other lanes of `reg`.
void VectorEmitter::transfer_lane(bool loads, Xmm reg, unsigned size, unsigned lane, Mem mem)
{
    auto const immediate = static_cast<uint8_t>(lane);
    if (loads)
        code().vector(vex::kPinsr.of[size], Xmm::Xmm0, reg, mem, immediate);
    else
        code().vector(vex::kPextr.of[size], reg, mem, immediate);
}

void VectorEmitter::load_pairs(unsigned size, bool q)
{
    unsigned const rt = rd_of(m_word);
    code().vector(vex::kMovups, Xmm::Xmm1, memory());
    if (q)
        code().vector(vex::kMovups, Xmm::Xmm2, memory(16));
    split(Xmm::Xmm0, Xmm::Xmm3, Xmm::Xmm1, q ? Xmm::Xmm2 : Xmm::Xmm1, size, true);
    written_vector(rt, Xmm::Xmm0, q);
    written_vector((rt + 1) & 31, Xmm::Xmm3, q);
}

void VectorEmitter::store_pairs(unsigned size, bool q)
{
    unsigned const rt = rd_of(m_word);
    Xmm const first = read(rt, Xmm::Xmm1);
    Xmm const second = read((rt + 1) & 31, Xmm::Xmm2);
    code().vector(vex::kPunpckl.of[size], Xmm::Xmm0, first, second);
    code().vector(vex::kMovupsStore, Xmm::Xmm0, memory());
    if (!q)
        return;
    code().vector(vex::kPunpckh.of[size], Xmm::Xmm0, first, second);
    code().vector(vex::kMovupsStore, Xmm::Xmm0, memory(16));
}

// Lanes 0 and 2 of the structures are the even ones, 1 and 3 the odd ones. Cpu::v, which is about to be old, holds what
// there is no register for.
void VectorEmitter::load_fours(unsigned size)
{
    unsigned const rt = rd_of(m_word);
    auto const v = [&](unsigned i) { return (rt + i) & 31; };
    auto const home = [&](unsigned i) { return m_block.m_layout.vector(v(i)); };
    code().vector(vex::kMovups, Xmm::Xmm1, memory());
    code().vector(vex::kMovups, Xmm::Xmm2, memory(16));
    split(Xmm::Xmm0, Xmm::Xmm3, Xmm::Xmm1, Xmm::Xmm2, size, true);
    code().vector(vex::kMovupsStore, Xmm::Xmm0, home(0));
    code().vector(vex::kMovupsStore, Xmm::Xmm3, home(1));
    code().vector(vex::kMovups, Xmm::Xmm1, memory(32));
    code().vector(vex::kMovups, Xmm::Xmm2, memory(48));
    split(Xmm::Xmm0, Xmm::Xmm3, Xmm::Xmm1, Xmm::Xmm2, size, true);
    code().vector(vex::kMovupsStore, Xmm::Xmm3, home(3));
    code().vector(vex::kMovups, Xmm::Xmm1, home(0));
    code().vector(vex::kMovaps, Xmm::Xmm2, Xmm::Xmm0);
    split(Xmm::Xmm0, Xmm::Xmm3, Xmm::Xmm1, Xmm::Xmm2, size, true);
    written(v(0), Xmm::Xmm0);
    written(v(2), Xmm::Xmm3);
    code().vector(vex::kMovups, Xmm::Xmm1, home(1));
    code().vector(vex::kMovups, Xmm::Xmm2, home(3));
    split(Xmm::Xmm0, Xmm::Xmm3, Xmm::Xmm1, Xmm::Xmm2, size, true);
    written(v(1), Xmm::Xmm0);
    written(v(3), Xmm::Xmm3);
}

void VectorEmitter::store_fours(unsigned size)
{
    unsigned const rt = rd_of(m_word);
    auto const v = [&](unsigned i, Xmm temporary) { return read((rt + i) & 31, temporary); };
    for (bool const upper : { false, true }) {
        VectorOpcode const half = (upper ? vex::kPunpckh : vex::kPunpckl).of[size];
        unsigned const offset = upper ? 32 : 0;
        Xmm const first = v(0, Xmm::Xmm0);
        code().vector(half, Xmm::Xmm0, first, v(2, Xmm::Xmm1));
        Xmm const second = v(1, Xmm::Xmm1);
        code().vector(half, Xmm::Xmm1, second, v(3, Xmm::Xmm2));
        code().vector(vex::kPunpckl.of[size], Xmm::Xmm2, Xmm::Xmm0, Xmm::Xmm1);
        code().vector(vex::kMovupsStore, Xmm::Xmm2, memory(offset));
        code().vector(vex::kPunpckh.of[size], Xmm::Xmm2, Xmm::Xmm0, Xmm::Xmm1);
        code().vector(vex::kMovupsStore, Xmm::Xmm2, memory(offset + 16));
    }
}

// One lane of each register, or one element in all lanes.
bool VectorEmitter::single_structure()
{
    unsigned const rt = rd_of(m_word);
    unsigned const opcode = m_word >> 13 & 7;
    bool const q = is_whole(m_word);
    bool const loads = is_load(m_word);
    unsigned const count = ((opcode & 1) << 1 | (m_word >> 21 & 1)) + 1;
    unsigned size = opcode >> 1;
    bool const replicates = size == 3;
    unsigned lane = (q ? 8u : 0) | (m_word >> 10 & 7); // Q:S:size
    if (replicates)
        size = m_word >> 10 & 3;
    else if (size == 2 && (m_word >> 10 & 1))
        size = 3;
    lane >>= size;
    begin_structures(count << size, loads, rt, count);
    for (unsigned i = 0; i < count; ++i) {
        unsigned const v = (rt + i) & 31;
        Mem const mem = memory(i << size);
        if (replicates) {
            code().vector(vex::kPbroadcast.of[size], Xmm::Xmm0, mem);
            written_vector(v, Xmm::Xmm0, q);
            continue;
        }
        transfer_lane(loads, read(v, Xmm::Xmm0), size, lane, mem);
        if (loads)
            written(v, Xmm::Xmm0);
    }
    end_structures(count << size);
    return true;
}

}
