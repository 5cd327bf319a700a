#pragma once

#include "engine/emulator/jit/x64/assembler.h"
#include "engine/emulator/jit/x64/guest_registers.h"

#include <array>
#include <cstdint>

namespace dormouse::emulator::jit::x64 {

// Flushing to zero, on the host, is exact only where an inexact result has been noted before. [vector_emitter.h]
inline constexpr int32_t kFpcrFlushes = 1 << 24; // FPCR.FZ
inline constexpr int32_t kFpsrInexact = 1 << 4; // FPSR.IXC
inline constexpr uint32_t kSuitsFlushing = 1u << 31; // what Thunks::enter_fp is told of the block

// Code that floating-point emitters share, by position in the code buffer.
struct FpThunks {
    // Called: from here on the guest's rounding mode holds, and exceptions are collected, until C++ runs. EDX: the page
    // offset of the block, and whether kSuitsFlushing; it is left when it cannot do what FPCR asks for. Takes RAX, RCX.
    uint32_t enter { 0 };
    uint32_t reenter { 0 }; // the same where nothing can have changed since
    // Called with operands in XMM1 and XMM2 and the host's result, in which there is a NaN, in XMM0. Puts what the
    // guest has instead in XMM0 and sets ZF; clears ZF when that needs the function: of two NaNs the second signals. By
    // whether scalar, and whether double. RAX, RCX, XMM1 and XMM3 are lost.
    std::array<std::array<uint32_t, 2>, 2> settle_nan {};
};

// `constants`: where the buffer holds kVectorConstants; `leave`: Thunks::leave.
FpThunks emit_fp_thunks(Assembler&, CpuLayout const&, uint32_t constants, uint32_t leave);

}
