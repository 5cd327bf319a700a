#include "engine/emulator/jit/a64/jump_lookup.h"

#include "engine/emulator/cpu/tlb.h"
#include "engine/emulator/jit/a64/guest_registers.h"
#include "engine/emulator/mmu/fetch_tlb.h"

#include <bit>
#include <cstddef>

namespace dormouse::emulator::jit::a64 {

using Jump = FetchTlb::Jump;

namespace {

    // T2: the entry of the address. Takes T1. Any hash does, as long as all users have the same.
    void find_entry(Assembler& assembler, Reg address)
    {
        static_assert(std::has_single_bit(sizeof(Jump)) && offsetof(FetchTlb::Jumps, entries) == 0);
        constexpr unsigned kEntryBits = std::countr_zero(sizeof(Jump));
        assembler.shift_right(kT2, address, kTlbPageBits - kEntryBits);
        assembler.eor(kT2, kT2, address, kEntryBits - 2);
        assembler.keep_bits(kT2, kT2, kEntryBits, std::countr_zero(FetchTlb::Jumps::kEntries));
        assembler.load(8, kT1, Reg::Sp, frame::kJumps);
        assembler.add(kT2, kT1, kT2);
    }

    // T1: what entries for the address must have as their stamp now. Takes `base`, which may be the address.
    void load_stamp(Assembler& assembler, Reg address, Reg base)
    {
        assembler.shift_right(kT1, address, 63);
        assembler.load(8, base, Reg::Sp, frame::kJumpStamps);
        assembler.load_element(kT1, base, kT1);
    }

}

void emit_jump_lookup(Assembler& assembler, Reg address, Label& miss)
{
    find_entry(assembler, address);
    assembler.load(8, kT1, kT2, offsetof(Jump, address));
    assembler.eor(kT1, kT1, address);
    assembler.jump_if_not_zero(Width::W64, kT1, miss);
    load_stamp(assembler, address, kT0);
    assembler.load(8, kT0, kT2, offsetof(Jump, stamp));
    assembler.eor(kT1, kT1, kT0);
    assembler.load(8, kT0, kT2, offsetof(Jump, address));
    assembler.jump_if_not_zero(Width::W64, kT1, miss);
    assembler.load(8, kT2, kT2, offsetof(Jump, code));
}

void emit_jump_note(Assembler& assembler, Reg code)
{
    find_entry(assembler, kT0);
    assembler.store(8, code, kT2, offsetof(Jump, code));
    assembler.store(8, kT0, kT2, offsetof(Jump, address));
    load_stamp(assembler, kT0, code);
    assembler.store(8, kT1, kT2, offsetof(Jump, stamp));
    assembler.load(8, kT2, kT2, offsetof(Jump, code));
}

void emit_jump_to_code(Assembler& assembler)
{
    assembler.keep_bits(kT0, kT0, kTlbPageBits, 64 - kTlbPageBits);
    assembler.store(8, kT0, Reg::Sp, frame::kPage);
    assembler.jump(kT2);
}

}
