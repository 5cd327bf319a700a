#pragma once

#include "engine/emulator/jit/a64/assembler.h"

namespace dormouse::emulator::jit::a64 {

// Looks for the code of an address among the jumps that were made lately. [FetchTlb::Jumps]
// `address`: T0 or a pin, kept. Jumps to `miss` when there is none; else T0 is the address, T2 the code. Takes T1.
void emit_jump_lookup(Assembler&, Reg address, Label& miss);

// Keeps the code in `code` for the address in T0. Afterwards the code is in T2. Takes T1 and `code`.
void emit_jump_note(Assembler&, Reg code);

// Goes on at the code in T2, of the page whose address T0 is in.
void emit_jump_to_code(Assembler&);

}
