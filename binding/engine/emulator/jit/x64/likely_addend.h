#pragma once

#include "engine/emulator/jit/x64/assembler.h"

namespace dormouse::emulator::jit::x64 {

// On the way into translated code. [emit_pointer.cpp]
void allow_wrong_guesses(Assembler&);

}
