#pragma once

#include "engine/emulator/jit/x64/assembler.h"
#include "engine/emulator/mmu/fetch_tlb.h"

// The table of jumps, as translated code looks into it. [FetchTlb::Jumps]
namespace dormouse::emulator::jit::x64 {

// Goes on at the code of the address in RAX, or at `miss` with the address still there. Takes RAX, RCX and RDX.
void emit_jump_lookup(Assembler&, FetchTlb::Jumps const*, Label& miss);

// Enters that the code of the address in RAX is where `code` points, and goes on there.
void emit_jump_note(Assembler&, FetchTlb::Jumps const*, Mem code);

}
