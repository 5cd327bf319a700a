// Accesses in loops that stay in a page for many rounds: the registers of their address do not change, or by little.
// Each remembers its page in the TLB's array, where it is found without an index and forgotten in time (cpu/tlb.h).
#include "engine/emulator/cpu/tlb.h"
#include "engine/emulator/isa/bit_mask.h"
#include "engine/emulator/jit/x64/atomic_operand.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/jit/x64/register_changes.h"
#include "generated/a64_instruction.h"

#include <bit>
#include <cstddef>
#include <cstdlib>

namespace dormouse::emulator::jit::x64 {

namespace {

    unsigned kind_of(unsigned bytes, bool is_write)
    {
        return static_cast<unsigned>(std::countr_zero(bytes)) * 2 + is_write;
    }

    Mem field(int32_t entry, size_t offset)
    {
        return { kTlbRegister, entry + static_cast<int32_t>(offset) };
    }

    // Whether what the register holds next is near what it holds.
    bool changes_little(DecodedInstruction const& decoded, unsigned guest)
    {
        constexpr int32_t kStep = 16; // with more, pages end too soon: a new one costs a branch that nobody foresees
        constexpr uint64_t kIndices = 256;
        if (auto const by = constant_added(decoded, guest))
            return std::abs(*by) <= kStep;
        uint32_t const word = decoded.word;
        return decoded.instruction == isa::Instruction::AND_immediate
            && isa::logical_bit_mask(word >> 22 & 1, word >> 10 & 63, word >> 16 & 63) < kIndices;
    }

}

void BlockTranslator::find_steady_registers()
{
    for (unsigned index = 0; index < m_instructions.size(); ++index) {
        unsigned target = 0;
        if (m_instructions[index].is_outside || !target_inside(index, target) || target > index)
            continue;
        Round round { target, index };
        for (unsigned i = target; i <= index; ++i) {
            DecodedInstruction const& decoded = m_instructions[i];
            for (uint64_t rest = registers_written(decoded.masks); rest; rest &= rest - 1) {
                auto const guest = static_cast<unsigned>(std::countr_zero(rest));
                if (changes_little(decoded, guest))
                    continue;
                round.unsteady |= bit_of(guest);
                if (decoded.instruction_class != isa::Class::LoadStore)
                    round.computed |= bit_of(guest);
                else if (!constant_added(decoded, guest))
                    round.loaded |= bit_of(guest);
            }
        }
        m_rounds.push_back(round);
    }
}

// The loop around the instruction; nullptr: it is in none.
Round const* BlockTranslator::innermost_round(unsigned index) const
{
    Round const* innermost = nullptr;
    for (Round const& round : m_rounds) {
        bool const is_inner = !innermost || round.last - round.first < innermost->last - innermost->first;
        if (round.first <= index && index <= round.last && is_inner)
            innermost = &round;
    }
    return innermost;
}

bool BlockTranslator::is_steady(unsigned index, unsigned guest) const
{
    Round const* const round = innermost_round(index);
    return round && guest != kSp && !(round->unsteady & bit_of(guest));
}

// Before registers of the address are read: the access is begun again when its page has been found.
void BlockTranslator::begin_steady(SlowAccess& slow)
{
    m_asm->bind(slow.again);
}

// RDX: from the address to the host's.
void BlockTranslator::check_steady(unsigned bytes, bool is_write, SlowAccess& slow)
{
    unsigned const kind = kind_of(bytes, is_write);
    unsigned const number = m_steady_entries[kind]++ % TlbSteadyEntries::kEntriesOfKind;
    slow.steady_entry = static_cast<int32_t>(
        offsetof(TlbArray, steady.kinds) + (kind * TlbSteadyEntries::kEntriesOfKind + number) * sizeof(TlbSteadyEntry));
    slow.is_write = is_write;
    slow.bytes = bytes;
    m_asm->alu(Alu::Sub, Width::W64, Reg::Rdx, field(slow.steady_entry, offsetof(TlbSteadyEntry, page)));
    m_asm->alu(Alu::Cmp, Width::W64, Reg::Rdx, field(slow.steady_entry, offsetof(TlbSteadyEntry, limit)));
    m_asm->jump(Condition::Ae, slow.other_page);
    m_asm->alu(Alu::Add, Width::W64, Reg::Rdx, field(slow.steady_entry, offsetof(TlbSteadyEntry, host)));
}

// RDX: the address.
void BlockTranslator::steady_access(Access const& access, SlowAccess& slow)
{
    if (access.must_be_aligned && access.bytes > 1) {
        m_asm->test_byte(Reg::Rdx, static_cast<uint8_t>(access.bytes - 1));
        m_asm->jump(Condition::Ne, slow.entry);
    }
    check_steady(access.all_bytes(), !access.is_load, slow);
    transfer_all(access, { Reg::Rdx, 0 }, { Reg::Rdx, static_cast<int32_t>(access.bytes) });
    if (access.must_be_aligned && !access.is_load)
        m_asm->or_locked({ Reg::Rsp, frame::kScratch }, 0);
    if (access.indexing != Indexing::Offset)
        write_back(access);
    end_slow();
}

// Tries again if the first-level TLB knows the page. RDX: address - the page that was remembered.
void BlockTranslator::find_steady_page(SlowAccess& slow)
{
    m_asm->bind(slow.other_page);
    m_asm->alu(Alu::Add, Width::W64, Reg::Rdx, field(slow.steady_entry, offsetof(TlbSteadyEntry, page)));
    m_asm->mov(Width::W64, Reg::Rax, Reg::Rdx);
    unsigned const kind = kind_of(slow.bytes, slow.is_write);
    m_asm->store_immediate(Width::W32, field(offsetof(TlbArray, steady.used_kinds), sizeof(uint32_t) * kind), 1);
    m_asm->lea(Width::W64, Reg::Rcx, { kTlbRegister, slow.steady_entry });
    m_asm->mov(Reg::Rdx, kTlbPageSize - slow.bytes + 1);
    m_asm->call_position(slow.is_write ? m_thunks.page.steady_for_write : m_thunks.page.steady_for_read);
    m_asm->jump(Condition::E, slow.again);
}

}
