// Loads in loops through pointers that the loop itself has loaded: lists and trees. Each waits for the load before it,
// so that what counts is how long an address takes. What to add to it is most likely what was added last time: the load
// begins with that, while the TLB is asked whether it is so. Pages that are neighbours for the guest often are for the
// host.
#include "engine/emulator/cpu/tlb.h"
#include "engine/emulator/jit/x64/block_translator.h"
#include "engine/emulator/jit/x64/likely_addend.h"
#include "engine/emulator/jit/x64/register_changes.h"

#include <cstddef>

namespace dormouse::emulator::jit::x64 {

namespace {

    constexpr int32_t kWrongGuesses = 32;

    Mem likely_addend(unsigned slot)
    {
        return { Reg::Rsp, frame::kLikelyAddends + 8 * static_cast<int32_t>(slot) };
    }

    Mem wrong_guesses_left(unsigned slot)
    {
        return { Reg::Rsp, frame::kWrongGuessesLeft + 4 * static_cast<int32_t>(slot) };
    }

    Mem addend_of_entry()
    {
        return { kTlbRegister, Reg::Rcx, 1, offsetof(TlbEntry, host_addend) };
    }

}

bool BlockTranslator::follows_pointer(unsigned index, Access const& access) const
{
    Round const* const round = innermost_round(index);
    return round && access.is_load && !access.is_vector && (round->loaded & ~round->computed & bit_of(access.rn));
}

// As check_tlb(). A guess that is wrong costs more than a right one saves: after a few the TLB alone is asked, until
// translated code is entered again.
void BlockTranslator::check_pointer(Reg address, unsigned bytes, SlowAccess& slow)
{
    check_tlb_tag(address, bytes, false, slow.entry);
    slow.addend_slot = m_pointers++ % frame::kAddends;
    m_asm->alu_memory(Alu::Cmp, Width::W32, wrong_guesses_left(slow.addend_slot), 0);
    m_asm->jump(Condition::E, slow.no_guess);
    m_asm->load(Width::W64, Reg::Rdx, likely_addend(slow.addend_slot));
    m_asm->alu(Alu::Cmp, Width::W64, Reg::Rdx, addend_of_entry());
    m_asm->jump(Condition::Ne, slow.other_addend);
    m_asm->bind(slow.again);
}

void BlockTranslator::find_addend(SlowAccess& slow)
{
    m_asm->bind(slow.other_addend);
    m_asm->alu_memory(Alu::Sub, Width::W32, wrong_guesses_left(slow.addend_slot), 1);
    m_asm->bind(slow.no_guess);
    m_asm->load(Width::W64, Reg::Rdx, addend_of_entry());
    m_asm->store(Width::W64, likely_addend(slow.addend_slot), Reg::Rdx);
    m_asm->jump(slow.again);
}

void allow_wrong_guesses(Assembler& assembler)
{
    for (unsigned slot = 0; slot < frame::kAddends; ++slot)
        assembler.store_immediate(Width::W32, wrong_guesses_left(slot), kWrongGuesses);
}

}
