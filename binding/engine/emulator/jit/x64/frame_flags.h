#pragma once

#include "engine/emulator/jit/x64/assembler.h"
#include "engine/emulator/jit/x64/guest_registers.h"

#include <cstdint>

// NZCV on its way between Cpu and the frame of translated code. `frame`: how far above RSP the frame is.
namespace dormouse::emulator::jit::x64 {

// Cpu::nzcv = the frame's flags. Takes a register and the host's flags.
void flags_to_cpu(Assembler&, CpuLayout const&, Reg temporary, int32_t frame);
// The other way round; takes two registers.
void flags_to_frame(Assembler&, CpuLayout const&, Reg result, Reg temporary, int32_t frame);

}
