#pragma once

#include "engine/emulator/jit/x64/assembler.h"
#include "engine/emulator/jit/x64/vector_opcodes.h"

#include <cstdint>

namespace dormouse::emulator::jit::x64 {

// The lanes of a floating-point instruction: the one of a scalar form, or those of half or all of a register.
struct FpShape {
    bool is_double;
    bool is_scalar;
    bool q; // all of the register; true for scalars as well

    // As every form that does not convert between sizes has them. [Arm DDI 0487, C4.1.97]
    static constexpr FpShape of(uint32_t word)
    {
        bool const is_scalar = word >> 28 & 1;
        return { static_cast<bool>(word >> 22 & 1), is_scalar, is_scalar || (word >> 30 & 1) };
    }

    constexpr VectorOpcode arithmetic(uint8_t opcode) const
    {
        return is_scalar ? vex::scalar(opcode, is_double) : vex::packed(opcode, is_double);
    }
    constexpr VectorOpcode fused(uint8_t packed_opcode) const
    {
        return vex::fused(static_cast<uint8_t>(packed_opcode + is_scalar), is_double);
    }
    constexpr VectorOpcode rounding() const
    {
        return is_scalar ? vex::round_scalar(is_double) : vex::round_packed(is_double);
    }
};

// Which fields of the word name operands, and how.
enum FpOperands : unsigned {
    kRn = 1,
    kRm = 2,
    kRmElement = 4, // one lane of Rm, in all lanes
    kRaAddend = 8,
    kRdAddend = 16,
    kPairs = 32, // the even lanes of Rn and Rm in n, the odd ones in m; of Rn alone in scalar forms
};

// An instruction that computes, from its operands to its result.
struct FpFrame {
    FpShape shape;
    unsigned operands; // of FpOperands
    Xmm n { Xmm::Xmm1 };
    Xmm m { Xmm::Xmm2 };
    Xmm addend { Xmm::Xmm0 };
    Xmm to { Xmm::Xmm0 }; // none of the operands' registers but perhaps the addend's when that is temporary
    Label* slow { nullptr }; // the semantic function does the instruction
};

// Which integer a number becomes; the first four as the host counts them.
enum class FpDirection : uint8_t { Nearest, Down, Up, ToZero, TiesAway };

// 2^exponent as a normal number of the format.
constexpr uint64_t fp_power_of_two(int exponent, bool is_double)
{
    return is_double ? static_cast<uint64_t>(exponent + 1023) << 52 : static_cast<uint64_t>(exponent + 127) << 23;
}

// What FCMEQ and its kind ask of two lanes, in the host's words.
struct FpRelation {
    uint8_t predicate;
    bool swaps { false };
    bool with_zero { false };
    bool is_absolute { false };
};

// What the guest's result may be where the host's is a NaN.
enum class NanRule : uint8_t {
    Function, // only the semantic function knows
    Settle, // that of the one operand that is a NaN, or the default NaN: Thunks::settle_nan
};

}
