#include "engine/emulator/semantics/integer_support.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

// FEAT_FlagM. [Arm DDI 0487, C6.2, CFINV, RMIF, SETF8, SETF16]
namespace dormouse::emulator::semantics {

namespace {

    // N and Z of the low `bits` bits; V when they overflowed as a signed number, that is the bit above differs from the
    // sign.
    inline Flow evaluate_into_flags(Cpu& cpu, uint64_t value, unsigned bits)
    {
        uint32_t const sign = (value >> (bits - 1)) & 1;
        uint32_t const above = (value >> bits) & 1;
        uint32_t const zero = (value & ((uint64_t { 1 } << bits) - 1)) == 0;
        cpu.nzcv = (cpu.nzcv & kFlagC) | sign << 31 | zero << 30 | (sign ^ above) << 28;
        return Flow::Next;
    }

}

Flow CFINV(Cpu& cpu, uint32_t)
{
    cpu.nzcv ^= kFlagC;
    return Flow::Next;
}

Flow RMIF(Cpu& cpu, uint32_t word)
{
    fields::RMIF const f { word };
    uint32_t const rotated = static_cast<uint32_t>(std::rotr(cpu.x[f.Rn()], static_cast<int>(f.imm6())));
    uint32_t const mask = f.mask() << 28;
    cpu.nzcv = (cpu.nzcv & ~mask) | (rotated << 28 & mask);
    return Flow::Next;
}

Flow SETF8(Cpu& cpu, uint32_t word)
{
    return evaluate_into_flags(cpu, cpu.x[fields::SETF8 { word }.Rn()], 8);
}

Flow SETF16(Cpu& cpu, uint32_t word)
{
    return evaluate_into_flags(cpu, cpu.x[fields::SETF16 { word }.Rn()], 16);
}

}
