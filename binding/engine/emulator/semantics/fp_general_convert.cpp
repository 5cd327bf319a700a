// Conversions between SIMD&FP and general-purpose registers, integer and fixed-point. [Arm DDI 0487, C7.2]

#include "engine/emulator/semantics/fp_lanes.h"
#include "engine/emulator/semantics/fp_operations.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    enum class Signedness { Signed, Unsigned };

    template <typename Word>
    uint64_t to_general_register(
        Word value, bool is_64_bit, Signedness sign, unsigned fraction_bits, Rounding mode, Environment& env)
    {
        using soft_float::to_fixed;
        if (sign == Signedness::Signed) {
            return is_64_bit ? static_cast<uint64_t>(to_fixed<int64_t>(value, fraction_bits, mode, env))
                             : static_cast<uint32_t>(to_fixed<int32_t>(value, fraction_bits, mode, env));
        }
        return is_64_bit ? to_fixed<uint64_t>(value, fraction_bits, mode, env)
                         : to_fixed<uint32_t>(value, fraction_bits, mode, env);
    }

    template <typename Word>
    Word from_general_register(
        uint64_t value, bool is_64_bit, Signedness sign, unsigned fraction_bits, Environment& env)
    {
        // Extending a W register to 64 bits keeps its value.
        if (sign == Signedness::Unsigned) {
            uint64_t const extended = is_64_bit ? value : static_cast<uint32_t>(value);
            return soft_float::from_fixed<Word>(extended, fraction_bits, env.rounding(), env);
        }
        int64_t const extended = is_64_bit ? static_cast<int64_t>(value) : static_cast<int32_t>(value);
        return soft_float::from_fixed<Word>(extended, fraction_bits, env.rounding(), env);
    }

    template <typename Fields>
    Flow to_general(Cpu& cpu, Fields const& f, Signedness sign, Rounding mode, unsigned fraction_bits = 0)
    {
        Environment env = environment(cpu);
        with_format(f.sz(), [&](auto format) {
            using Word = decltype(format);
            Word const value = read_scalar<Word>(cpu, f.Rn());
            cpu.set_x(f.Rd(), to_general_register(value, f.sf(), sign, fraction_bits, mode, env));
        });
        return Flow::Next;
    }

    template <typename Fields> Flow from_general(Cpu& cpu, Fields const& f, Signedness sign, unsigned fraction_bits = 0)
    {
        Environment env = environment(cpu);
        with_format(f.sz(), [&](auto format) {
            using Word = decltype(format);
            uint64_t const value = cpu.x[f.Rn()];
            write_scalar<Word>(cpu, f.Rd(), from_general_register<Word>(value, f.sf(), sign, fraction_bits, env));
        });
        return Flow::Next;
    }

}

Flow FCVTNS_general(Cpu& cpu, uint32_t word)
{
    return to_general(cpu, fields::FCVTNS_general { word }, Signedness::Signed, Rounding::TiesToEven);
}

Flow FCVTNU_general(Cpu& cpu, uint32_t word)
{
    return to_general(cpu, fields::FCVTNU_general { word }, Signedness::Unsigned, Rounding::TiesToEven);
}

Flow FCVTPS_general(Cpu& cpu, uint32_t word)
{
    return to_general(cpu, fields::FCVTPS_general { word }, Signedness::Signed, Rounding::TowardPlusInfinity);
}

Flow FCVTPU_general(Cpu& cpu, uint32_t word)
{
    return to_general(cpu, fields::FCVTPU_general { word }, Signedness::Unsigned, Rounding::TowardPlusInfinity);
}

Flow FCVTMS_general(Cpu& cpu, uint32_t word)
{
    return to_general(cpu, fields::FCVTMS_general { word }, Signedness::Signed, Rounding::TowardMinusInfinity);
}

Flow FCVTMU_general(Cpu& cpu, uint32_t word)
{
    return to_general(cpu, fields::FCVTMU_general { word }, Signedness::Unsigned, Rounding::TowardMinusInfinity);
}

Flow FCVTZS_general(Cpu& cpu, uint32_t word)
{
    return to_general(cpu, fields::FCVTZS_general { word }, Signedness::Signed, Rounding::TowardZero);
}

Flow FCVTZU_general(Cpu& cpu, uint32_t word)
{
    return to_general(cpu, fields::FCVTZU_general { word }, Signedness::Unsigned, Rounding::TowardZero);
}

Flow FCVTAS_general(Cpu& cpu, uint32_t word)
{
    return to_general(cpu, fields::FCVTAS_general { word }, Signedness::Signed, Rounding::TiesToAway);
}

Flow FCVTAU_general(Cpu& cpu, uint32_t word)
{
    return to_general(cpu, fields::FCVTAU_general { word }, Signedness::Unsigned, Rounding::TiesToAway);
}

Flow SCVTF_general(Cpu& cpu, uint32_t word)
{
    return from_general(cpu, fields::SCVTF_general { word }, Signedness::Signed);
}

Flow UCVTF_general(Cpu& cpu, uint32_t word)
{
    return from_general(cpu, fields::UCVTF_general { word }, Signedness::Unsigned);
}

Flow FCVTZS_fixed_general(Cpu& cpu, uint32_t word)
{
    fields::FCVTZS_fixed_general const f { word };
    return to_general(cpu, f, Signedness::Signed, Rounding::TowardZero, 64 - f.scale());
}

Flow FCVTZU_fixed_general(Cpu& cpu, uint32_t word)
{
    fields::FCVTZU_fixed_general const f { word };
    return to_general(cpu, f, Signedness::Unsigned, Rounding::TowardZero, 64 - f.scale());
}

Flow SCVTF_fixed_general(Cpu& cpu, uint32_t word)
{
    fields::SCVTF_fixed_general const f { word };
    return from_general(cpu, f, Signedness::Signed, 64 - f.scale());
}

Flow UCVTF_fixed_general(Cpu& cpu, uint32_t word)
{
    fields::UCVTF_fixed_general const f { word };
    return from_general(cpu, f, Signedness::Unsigned, 64 - f.scale());
}

}
