#include "engine/emulator/isa/bit_mask.h"
#include "engine/emulator/semantics/integer_support.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

// [Arm DDI 0487, C6.2, AND, ANDS, BIC, BICS, EON, EOR, ORN, ORR]
namespace dormouse::emulator::semantics {

namespace {

    enum class Operation { And, Or, ExclusiveOr };

    template <Operation operation, typename T> inline T combine(T a, T b)
    {
        if constexpr (operation == Operation::And)
            return a & b;
        else if constexpr (operation == Operation::Or)
            return a | b;
        else
            return a ^ b;
    }

    // The mask of an immediate is the same in both halves, so the 32-bit form is the low half of the 64-bit one.
    template <Operation operation, typename Fields> inline Flow immediate(Cpu& cpu, Fields f)
    {
        uint64_t const mask = isa::logical_bit_mask(f.N(), f.imms(), f.immr());
        uint64_t const result = combine<operation>(cpu.x[f.Rn()], mask);
        cpu.set_x_or_sp(f.Rd(), f.sf() ? result : static_cast<uint32_t>(result));
        return Flow::Next;
    }

    enum class Invert { No, Yes };
    enum class SetFlags { No, Yes };

    template <Operation operation, Invert invert, SetFlags set_flags, typename Fields>
    inline Flow shifted(Cpu& cpu, Fields f)
    {
        return by_size(f.sf(), [&]<typename T>(T) {
            T value = shift_register(static_cast<T>(cpu.x[f.Rm()]), f.shift(), f.imm6());
            if (invert == Invert::Yes)
                value = static_cast<T>(~value);
            T const result = combine<operation>(static_cast<T>(cpu.x[f.Rn()]), value);
            if (set_flags == SetFlags::Yes)
                cpu.nzcv = flags_nz(result);
            cpu.set_x(f.Rd(), result);
        });
    }

}

Flow AND_immediate(Cpu& cpu, uint32_t word)
{
    return immediate<Operation::And>(cpu, fields::AND_immediate { word });
}

Flow ORR_immediate(Cpu& cpu, uint32_t word)
{
    return immediate<Operation::Or>(cpu, fields::ORR_immediate { word });
}

Flow EOR_immediate(Cpu& cpu, uint32_t word)
{
    return immediate<Operation::ExclusiveOr>(cpu, fields::EOR_immediate { word });
}

Flow ANDS_immediate(Cpu& cpu, uint32_t word)
{
    fields::ANDS_immediate const f { word };
    uint64_t const mask = isa::logical_bit_mask(f.N(), f.imms(), f.immr());
    return by_size(f.sf(), [&]<typename T>(T) {
        T const result = static_cast<T>(cpu.x[f.Rn()] & mask);
        cpu.nzcv = flags_nz(result);
        cpu.set_x(f.Rd(), result);
    });
}

Flow AND_shifted(Cpu& cpu, uint32_t word)
{
    return shifted<Operation::And, Invert::No, SetFlags::No>(cpu, fields::AND_shifted { word });
}

Flow BIC_shifted(Cpu& cpu, uint32_t word)
{
    return shifted<Operation::And, Invert::Yes, SetFlags::No>(cpu, fields::BIC_shifted { word });
}

// MOV between registers is this instruction with Rn = 31 and no shift: worth a short way.
Flow ORR_shifted(Cpu& cpu, uint32_t word)
{
    fields::ORR_shifted const f { word };
    if (f.imm6() == 0) {
        uint64_t const result = cpu.x[f.Rn()] | cpu.x[f.Rm()];
        cpu.set_x(f.Rd(), f.sf() ? result : static_cast<uint32_t>(result));
        return Flow::Next;
    }
    return shifted<Operation::Or, Invert::No, SetFlags::No>(cpu, f);
}

Flow ORN_shifted(Cpu& cpu, uint32_t word)
{
    return shifted<Operation::Or, Invert::Yes, SetFlags::No>(cpu, fields::ORN_shifted { word });
}

Flow EOR_shifted(Cpu& cpu, uint32_t word)
{
    return shifted<Operation::ExclusiveOr, Invert::No, SetFlags::No>(cpu, fields::EOR_shifted { word });
}

Flow EON_shifted(Cpu& cpu, uint32_t word)
{
    return shifted<Operation::ExclusiveOr, Invert::Yes, SetFlags::No>(cpu, fields::EON_shifted { word });
}

Flow ANDS_shifted(Cpu& cpu, uint32_t word)
{
    return shifted<Operation::And, Invert::No, SetFlags::Yes>(cpu, fields::ANDS_shifted { word });
}

Flow BICS_shifted(Cpu& cpu, uint32_t word)
{
    return shifted<Operation::And, Invert::Yes, SetFlags::Yes>(cpu, fields::BICS_shifted { word });
}

}
