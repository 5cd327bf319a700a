#include "engine/emulator/jit/x64/frame_flags.h"

namespace dormouse::emulator::jit::x64 {

// The multiplication moves bits 15, 14 by 16, 8 by 21 and 0 by 28 places; what else it makes does not reach bits 31 to
// 28.
void flags_to_cpu(Assembler& assembler, CpuLayout const& layout, Reg temporary, int32_t frame)
{
    assembler.load_zero_extended(2, temporary, { Reg::Rsp, frame + frame::kFlags });
    assembler.alu(Alu::And, Width::W32, temporary, 0xc101);
    assembler.alu(Alu::Xor, Width::W32, temporary, 0x100);
    assembler.imul(Width::W32, temporary, temporary, 1 << 16 | 1 << 21 | 1 << 28);
    assembler.alu(Alu::And, Width::W32, temporary, static_cast<int32_t>(0xf000'0000u));
    assembler.store(Width::W32, CpuLayout::at(layout.nzcv), temporary);
}

void flags_to_frame(Assembler& assembler, CpuLayout const& layout, Reg result, Reg temporary, int32_t frame)
{
    auto const add_bits = [&](unsigned shift, int32_t mask) {
        assembler.load(Width::W32, temporary, CpuLayout::at(layout.nzcv));
        assembler.shift(Shift::Shr, Width::W32, temporary, static_cast<uint8_t>(shift));
        assembler.alu(Alu::And, Width::W32, temporary, mask);
        assembler.alu(Alu::Or, Width::W32, result, temporary);
    };
    assembler.alu(Alu::Xor, Width::W32, result, result);
    add_bits(16, 0xc000);
    add_bits(21, 0x100);
    add_bits(28, 1);
    assembler.alu(Alu::Xor, Width::W32, result, 0x100);
    assembler.store16({ Reg::Rsp, frame + frame::kFlags }, result);
}

}
