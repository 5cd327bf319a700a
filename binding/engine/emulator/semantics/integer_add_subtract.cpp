#include "engine/emulator/semantics/integer_support.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

// [Arm DDI 0487, C6.2, ADD, ADDS, SUB, SUBS, ADC, ADCS, SBC, SBCS]
namespace dormouse::emulator::semantics {

namespace {

    enum class Operation { Add, Subtract };

    template <Operation operation, typename T> inline T combine(T a, T b)
    {
        return operation == Operation::Add ? a + b : a - b;
    }

    template <Operation operation, typename T> inline T combine_with_flags(uint32_t& nzcv, T a, T b)
    {
        return operation == Operation::Add ? add_with_flags(nzcv, a, b) : subtract_with_flags(nzcv, a, b);
    }

    template <Operation operation, typename Fields> inline Flow immediate(Cpu& cpu, Fields f)
    {
        uint64_t const value = uint64_t { f.imm12() } << (f.sh() * 12);
        uint64_t const result = combine<operation>(cpu.x_or_sp(f.Rn()), value);
        cpu.set_x_or_sp(f.Rd(), f.sf() ? result : static_cast<uint32_t>(result));
        return Flow::Next;
    }

    template <Operation operation, typename Fields> inline Flow immediate_with_flags(Cpu& cpu, Fields f)
    {
        uint64_t const value = uint64_t { f.imm12() } << (f.sh() * 12);
        return by_size(f.sf(), [&]<typename T>(T) {
            T const result
                = combine_with_flags<operation>(cpu.nzcv, static_cast<T>(cpu.x_or_sp(f.Rn())), static_cast<T>(value));
            cpu.set_x(f.Rd(), result);
        });
    }

    template <Operation operation, typename Fields> inline Flow shifted(Cpu& cpu, Fields f)
    {
        return by_size(f.sf(), [&]<typename T>(T) {
            T const value = shift_register(static_cast<T>(cpu.x[f.Rm()]), f.shift(), f.imm6());
            cpu.set_x(f.Rd(), combine<operation>(static_cast<T>(cpu.x[f.Rn()]), value));
        });
    }

    template <Operation operation, typename Fields> inline Flow shifted_with_flags(Cpu& cpu, Fields f)
    {
        return by_size(f.sf(), [&]<typename T>(T) {
            T const value = shift_register(static_cast<T>(cpu.x[f.Rm()]), f.shift(), f.imm6());
            cpu.set_x(f.Rd(), combine_with_flags<operation>(cpu.nzcv, static_cast<T>(cpu.x[f.Rn()]), value));
        });
    }

    template <Operation operation, typename Fields> inline Flow extended(Cpu& cpu, Fields f)
    {
        uint64_t const value = extend_register(cpu.x[f.Rm()], f.option()) << f.imm3();
        uint64_t const result = combine<operation>(cpu.x_or_sp(f.Rn()), value);
        cpu.set_x_or_sp(f.Rd(), f.sf() ? result : static_cast<uint32_t>(result));
        return Flow::Next;
    }

    template <Operation operation, typename Fields> inline Flow extended_with_flags(Cpu& cpu, Fields f)
    {
        uint64_t const value = extend_register(cpu.x[f.Rm()], f.option()) << f.imm3();
        return by_size(f.sf(), [&]<typename T>(T) {
            T const result
                = combine_with_flags<operation>(cpu.nzcv, static_cast<T>(cpu.x_or_sp(f.Rn())), static_cast<T>(value));
            cpu.set_x(f.Rd(), result);
        });
    }

    enum class SetFlags { No, Yes };

    template <Operation operation, SetFlags set_flags, typename Fields> inline Flow with_carry(Cpu& cpu, Fields f)
    {
        return by_size(f.sf(), [&]<typename T>(T) {
            T const a = static_cast<T>(cpu.x[f.Rn()]);
            T const m = static_cast<T>(cpu.x[f.Rm()]);
            T const b = operation == Operation::Add ? m : static_cast<T>(~m);
            uint32_t nzcv;
            cpu.set_x(f.Rd(), add_carry_with_flags(nzcv, a, b, (cpu.nzcv >> 29) & 1));
            if (set_flags == SetFlags::Yes)
                cpu.nzcv = nzcv;
        });
    }

}

Flow ADD_immediate(Cpu& cpu, uint32_t word)
{
    return immediate<Operation::Add>(cpu, fields::ADD_immediate { word });
}

Flow ADDS_immediate(Cpu& cpu, uint32_t word)
{
    return immediate_with_flags<Operation::Add>(cpu, fields::ADDS_immediate { word });
}

Flow SUB_immediate(Cpu& cpu, uint32_t word)
{
    return immediate<Operation::Subtract>(cpu, fields::SUB_immediate { word });
}

Flow SUBS_immediate(Cpu& cpu, uint32_t word)
{
    return immediate_with_flags<Operation::Subtract>(cpu, fields::SUBS_immediate { word });
}

Flow ADD_shifted(Cpu& cpu, uint32_t word)
{
    return shifted<Operation::Add>(cpu, fields::ADD_shifted { word });
}

Flow ADDS_shifted(Cpu& cpu, uint32_t word)
{
    return shifted_with_flags<Operation::Add>(cpu, fields::ADDS_shifted { word });
}

Flow SUB_shifted(Cpu& cpu, uint32_t word)
{
    return shifted<Operation::Subtract>(cpu, fields::SUB_shifted { word });
}

Flow SUBS_shifted(Cpu& cpu, uint32_t word)
{
    return shifted_with_flags<Operation::Subtract>(cpu, fields::SUBS_shifted { word });
}

Flow ADD_extended(Cpu& cpu, uint32_t word)
{
    return extended<Operation::Add>(cpu, fields::ADD_extended { word });
}

Flow ADDS_extended(Cpu& cpu, uint32_t word)
{
    return extended_with_flags<Operation::Add>(cpu, fields::ADDS_extended { word });
}

Flow SUB_extended(Cpu& cpu, uint32_t word)
{
    return extended<Operation::Subtract>(cpu, fields::SUB_extended { word });
}

Flow SUBS_extended(Cpu& cpu, uint32_t word)
{
    return extended_with_flags<Operation::Subtract>(cpu, fields::SUBS_extended { word });
}

Flow ADC(Cpu& cpu, uint32_t word)
{
    return with_carry<Operation::Add, SetFlags::No>(cpu, fields::ADC { word });
}

Flow ADCS(Cpu& cpu, uint32_t word)
{
    return with_carry<Operation::Add, SetFlags::Yes>(cpu, fields::ADCS { word });
}

Flow SBC(Cpu& cpu, uint32_t word)
{
    return with_carry<Operation::Subtract, SetFlags::No>(cpu, fields::SBC { word });
}

Flow SBCS(Cpu& cpu, uint32_t word)
{
    return with_carry<Operation::Subtract, SetFlags::Yes>(cpu, fields::SBCS { word });
}

}
