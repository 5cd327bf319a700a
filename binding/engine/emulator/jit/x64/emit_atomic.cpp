// FEAT_LSE, and what exclusives share with it. The host's locked instructions are sequentially consistent, so every
// form is the strongest one. In a machine of one vCPU nothing but a device could see an instruction half done, and no
// device shares a word that the guest modifies atomically: there the lock, which costs more than the rest, is left out.
// [Arm DDI 0487, C4.1.94, B2.12 "Synchronization and semaphores"]
#include "base/bits.h"
#include "engine/emulator/jit/memory_encodings.h"
#include "engine/emulator/jit/word_fields.h"
#include "engine/emulator/jit/x64/atomic_operand.h"
#include "engine/emulator/jit/x64/block_translator.h"

#include <cstddef>

namespace dormouse::emulator::jit::x64 {

namespace {

    // o3:opc of the read-modify-writes.
    enum Operation : unsigned { Add, Clear, ExclusiveOr, Set, SignedMax, SignedMin, UnsignedMax, UnsignedMin, Swap };

}

bool BlockTranslator::emit_atomic(unsigned index)
{
    uint32_t const word = m_instructions[index].word;
    unsigned const bytes = 1u << (word >> 30);
    unsigned const pair_bytes = word >> 30 & 1 ? 16 : 8;
    if (is_read_modify_write(word)) {
        begin_atomic(index, bytes, true);
        read_modify_write(word);
    } else if (is_compare_and_swap(word)) {
        begin_atomic(index, bytes, true);
        compare_and_swap(word);
    } else if (is_compare_and_swap_pair(word)) {
        if (pair_bytes != 16)
            return false;
        begin_atomic(index, pair_bytes, true);
        compare_and_swap_pair(word);
    } else if (is_exclusive(word) || is_exclusive_pair(word)) {
        emit_exclusive(index, is_exclusive_pair(word) ? pair_bytes : bytes);
    } else {
        return false;
    }
    end_slow();
    return true;
}

// RDX: host address of the `bytes` at the base register. RAX and RCX are free afterwards; all pins that the instruction
// names hold their registers.
void BlockTranslator::begin_atomic(unsigned index, unsigned bytes, bool is_write)
{
    unsigned const rn = or_sp(rn_of(m_instructions[index].word));
    clobber_flags();
    load_operands(index);
    ensure_loaded(rn);
    SlowAccess& slow = begin_slow(index);
    if (rn == kSp)
        check_sp(slow);
    bool const stays = is_steady(index, rn);
    if (stays)
        begin_steady(slow);
    Reg const address = read(rn, Reg::Rax);
    if (bytes > 1) {
        m_asm->test_byte(address, static_cast<uint8_t>(bytes - 1));
        m_asm->jump(Condition::Ne, slow.entry);
    }
    if (stays) {
        m_asm->mov(Width::W64, kAtomicAddress, address);
        return check_steady(bytes, is_write, slow);
    }
    check_tlb(address, bytes, is_write, slow.entry);
    m_asm->lea(Width::W64, kAtomicAddress, { kAtomicAddress, address, 1, 0 });
}

void BlockTranslator::load_operands(unsigned index)
{
    isa::OperandMasks const& masks = m_instructions[index].masks;
    for (unsigned const guest : m_pin_map.guests) {
        if (guest != kSp && ((masks.x_read | masks.x_written) >> guest & 1))
            ensure_loaded(guest);
    }
}

void BlockTranslator::load_for(unsigned bytes, bool is_signed, Reg to, Mem from)
{
    if (bytes == 8)
        m_asm->load(Width::W64, to, from);
    else if (is_signed)
        m_asm->load_sign_extended(bytes, Width::W64, to, from);
    else if (bytes == 4)
        m_asm->load(Width::W32, to, from);
    else
        m_asm->load_zero_extended(bytes, to, from);
}

void BlockTranslator::read_modify_write(uint32_t word)
{
    unsigned const bytes = 1u << (word >> 30);
    unsigned const operation = word >> 12 & 15;
    unsigned const rt = rd_of(word);
    bool const locked = !m_cpu.is_alone;
    if (operation == Swap)
        return swap(bytes, word);
    if (operation >= SignedMax)
        return modify_in_loop(operation, bytes, word);

    if (operation != Add && rt != kZero && locked)
        return modify_in_loop(operation, bytes, word);
    Reg operand = read(rs_of(word), Reg::Rcx);
    if (operation == Add && rt != kZero && !locked) {
        // XADD and CMPXCHG take longer than what they do.
        load_for(bytes, false, Reg::Rax, atomic_memory());
        m_asm->lea(Width::W64, Reg::Rcx, { Reg::Rax, operand, 1, 0 });
        m_asm->store_sized(bytes, atomic_memory(), Reg::Rcx);
        return written(rt, Reg::Rax);
    }
    if (operation == Clear || (operation == Add && rt != kZero)) {
        if (operand != Reg::Rcx)
            m_asm->mov(Width::W64, Reg::Rcx, operand);
        operand = Reg::Rcx;
    }
    if (operation == Add && rt != kZero) {
        m_asm->exchange_add(bytes, atomic_memory(), Reg::Rcx, locked);
        if (bytes < 4)
            m_asm->zero_extend(bytes, Reg::Rcx, Reg::Rcx);
        return written(rt, Reg::Rcx);
    }
    if (operation == Clear)
        m_asm->unary(Unary::Not, Width::W64, Reg::Rcx);
    if (rt != kZero)
        load_for(bytes, false, Reg::Rax, atomic_memory());
    constexpr Alu alu[4] = { Alu::Add, Alu::And, Alu::Xor, Alu::Or };
    m_asm->alu_to_memory(alu[operation], bytes, atomic_memory(), operand, locked);
    written(rt, Reg::Rax);
}

// What the host has no instruction for: compute, and store if memory is still the same.
void BlockTranslator::modify_in_loop(unsigned operation, unsigned bytes, uint32_t word)
{
    bool const is_signed = operation == SignedMax || operation == SignedMin;
    unsigned const rt = rd_of(word);
    Label again;
    m_asm->bind(again);
    load_for(bytes, is_signed, Reg::Rax, atomic_memory());
    Reg const operand = read(rs_of(word), Reg::Rcx);
    if (bytes == 8) {
        if (operand != Reg::Rcx)
            m_asm->mov(Width::W64, Reg::Rcx, operand);
    } else if (is_signed) {
        m_asm->sign_extend(bytes, Width::W64, Reg::Rcx, operand);
    } else {
        m_asm->zero_extend(bytes, Reg::Rcx, operand);
    }
    auto const keep_if = [&](Condition condition) {
        m_asm->alu(Alu::Cmp, Width::W64, Reg::Rcx, Reg::Rax);
        m_asm->cmov(condition, Width::W64, Reg::Rcx, Reg::Rax);
    };
    switch (operation) {
    case Clear:
        m_asm->unary(Unary::Not, Width::W64, Reg::Rcx);
        m_asm->alu(Alu::And, Width::W64, Reg::Rcx, Reg::Rax);
        break;
    case ExclusiveOr: m_asm->alu(Alu::Xor, Width::W64, Reg::Rcx, Reg::Rax); break;
    case Set: m_asm->alu(Alu::Or, Width::W64, Reg::Rcx, Reg::Rax); break;
    case SignedMax: keep_if(Condition::L); break;
    case SignedMin: keep_if(Condition::G); break;
    case UnsignedMax: keep_if(Condition::B); break;
    default: keep_if(Condition::A); break;
    }
    m_asm->compare_exchange(bytes, atomic_memory(), Reg::Rcx, !m_cpu.is_alone);
    m_asm->jump(Condition::Ne, again);
    if (bytes < 8)
        m_asm->zero_extend(bytes, Reg::Rax, Reg::Rax);
    written(rt, Reg::Rax);
}

void BlockTranslator::swap(unsigned bytes, uint32_t word)
{
    Reg const operand = read(rs_of(word), Reg::Rcx);
    if (m_cpu.is_alone) {
        load_for(bytes, false, Reg::Rax, atomic_memory());
        m_asm->store_sized(bytes, atomic_memory(), operand);
    } else {
        m_asm->mov(Width::W64, Reg::Rax, operand);
        m_asm->exchange(bytes, atomic_memory(), Reg::Rax);
        if (bytes < 4)
            m_asm->zero_extend(bytes, Reg::Rax, Reg::Rax);
    }
    written(rd_of(word), Reg::Rax);
}

void BlockTranslator::compare_and_swap(uint32_t word)
{
    unsigned const bytes = 1u << (word >> 30);
    unsigned const rs = rs_of(word);
    if (m_cpu.is_alone) {
        Label differs;
        load_for(bytes, false, Reg::Rax, atomic_memory());
        Reg expected = read(rs, Reg::Rcx);
        if (bytes < 4) {
            m_asm->zero_extend(bytes, Reg::Rcx, expected);
            expected = Reg::Rcx;
        }
        m_asm->alu(Alu::Cmp, bytes == 8 ? Width::W64 : Width::W32, Reg::Rax, expected);
        m_asm->jump(Condition::Ne, differs);
        m_asm->store_sized(bytes, atomic_memory(), read(rd_of(word), Reg::Rcx));
        m_asm->bind(differs);
        return written(rs, Reg::Rax);
    }
    Reg const desired = read(rd_of(word), Reg::Rcx);
    if (Reg const expected = read(rs, Reg::Rax); expected != Reg::Rax)
        m_asm->mov(Width::W64, Reg::Rax, expected);
    m_asm->compare_exchange(bytes, atomic_memory(), desired, !m_cpu.is_alone);
    if (bytes < 8)
        m_asm->zero_extend(bytes, Reg::Rax, Reg::Rax);
    written(rs, Reg::Rax);
}

void BlockTranslator::jump_unless_equal(Reg value, unsigned guest, Label& label)
{
    if (guest == kZero)
        m_asm->test(Width::W64, value, value);
    else if (m_pin_map.pins[guest] != kNoPin)
        m_asm->alu(Alu::Cmp, Width::W64, value, read(guest, Reg::Rax));
    else
        m_asm->alu(Alu::Cmp, Width::W64, value, m_layout.general(guest));
    m_asm->jump(Condition::Ne, label);
}

void BlockTranslator::write_pair(unsigned first, unsigned second)
{
    m_asm->store(Width::W64, atomic_memory(0), read(first, Reg::Rax));
    m_asm->store(Width::W64, atomic_memory(8), read(second, Reg::Rax));
}

// The host's instruction for 16 bytes takes RBX, which is a pin, and another one is needed for the address: until
// exchange_pair() RSI has the address, and operand_of_pair() alone knows where the registers are.
void BlockTranslator::begin_exchange_pair()
{
    m_asm->store(Width::W64, { Reg::Rsp, frame::kScratch }, Reg::Rsi);
    m_asm->store(Width::W64, { Reg::Rsp, frame::kScratch2 }, Reg::Rbx);
    m_asm->mov(Width::W64, Reg::Rsi, kAtomicAddress);
}

void BlockTranslator::operand_of_pair(Reg to, unsigned guest)
{
    int const pin = guest == kZero ? kNoPin : m_pin_map.pins[guest];
    Reg const held = pin == kNoPin ? to : kPins[static_cast<unsigned>(pin)].host;
    if (pin != kNoPin && held == Reg::Rsi)
        m_asm->load(Width::W64, to, { Reg::Rsp, frame::kScratch });
    else if (pin != kNoPin && held == Reg::Rbx)
        m_asm->load(Width::W64, to, { Reg::Rsp, frame::kScratch2 });
    else if (Reg const from = read(guest, to); from != to)
        m_asm->mov(Width::W64, to, from);
}

// Writes the two if memory is RDX:RAX. Then ZF is set; else RDX:RAX is what memory holds.
void BlockTranslator::exchange_pair(unsigned low, unsigned high)
{
    operand_of_pair(Reg::Rcx, high);
    operand_of_pair(Reg::Rbx, low);
    m_asm->compare_exchange_16({ Reg::Rsi, 0 });
    m_asm->load(Width::W64, Reg::Rbx, { Reg::Rsp, frame::kScratch2 });
    m_asm->load(Width::W64, Reg::Rsi, { Reg::Rsp, frame::kScratch });
}

// Of 16 bytes. Alone, registers that compare equal keep what they have.
void BlockTranslator::compare_and_swap_pair(uint32_t word)
{
    unsigned const rs = rs_of(word);
    unsigned const rt = rd_of(word);
    if (!m_cpu.is_alone) {
        begin_exchange_pair();
        operand_of_pair(Reg::Rax, rs);
        operand_of_pair(Reg::Rdx, rs + 1);
        exchange_pair(rt, rt + 1);
        written(rs, Reg::Rax);
        return written(rs + 1, Reg::Rdx);
    }
    Label differs;
    Label done;
    m_asm->load(Width::W64, Reg::Rax, atomic_memory(0));
    m_asm->load(Width::W64, Reg::Rcx, atomic_memory(8));
    jump_unless_equal(Reg::Rax, rs, differs);
    jump_unless_equal(Reg::Rcx, rs + 1, differs);
    write_pair(rt, rt + 1);
    m_asm->jump(done);
    m_asm->bind(differs);
    written(rs, Reg::Rax);
    written(rs + 1, Reg::Rcx);
    m_asm->bind(done);
}

}
