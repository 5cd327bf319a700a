// Advanced SIMD conversions between numbers and fixed-point numbers of the same width. [Arm DDI 0487, C7.2]

#include "engine/emulator/semantics/fp_lanes.h"
#include "engine/emulator/semantics/fp_operations.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

#include <type_traits>

namespace dormouse::emulator::semantics {

namespace {

    // A row of the shift by immediate classes with the names the lane helpers look for. The position of the leading one
    // of immh is the element size; twice that less immh:immb are the fraction bits.
    template <typename Fields> struct FixedPoint {
        Fields f;
        uint32_t Rd() const { return f.Rd(); }
        uint32_t Rn() const { return f.Rn(); }
        uint32_t Q() const { return f.Q(); }
        uint32_t sz() const { return f.immh() >> 3; }
        unsigned fraction_bits() const { return (64u << sz()) - (f.immh() << 3 | f.immb()); }
    };

    constexpr auto to_signed(unsigned fraction_bits)
    {
        return [fraction_bits](auto a, Environment& env) {
            using Word = decltype(a);
            using Integer = std::make_signed_t<Word>;
            return static_cast<Word>(soft_float::to_fixed<Integer>(a, fraction_bits, Rounding::TowardZero, env));
        };
    }

    constexpr auto to_unsigned(unsigned fraction_bits)
    {
        return [fraction_bits](auto a, Environment& env) {
            return soft_float::to_fixed<decltype(a)>(a, fraction_bits, Rounding::TowardZero, env);
        };
    }

    constexpr auto from_signed(unsigned fraction_bits)
    {
        return [fraction_bits](auto a, Environment& env) {
            using Word = decltype(a);
            auto const value = static_cast<std::make_signed_t<Word>>(a);
            return soft_float::from_fixed<Word>(value, fraction_bits, env.rounding(), env);
        };
    }

    constexpr auto from_unsigned(unsigned fraction_bits)
    {
        return [fraction_bits](auto a, Environment& env) {
            return soft_float::from_fixed<decltype(a)>(a, fraction_bits, env.rounding(), env);
        };
    }

}

Flow SCVTF_fixed_vector(Cpu& cpu, uint32_t word)
{
    FixedPoint<fields::SCVTF_fixed_vector> const f { { word } };
    return vector_unary(cpu, f, from_signed(f.fraction_bits()));
}

Flow SCVTF_fixed_scalar(Cpu& cpu, uint32_t word)
{
    FixedPoint<fields::SCVTF_fixed_scalar> const f { { word } };
    return scalar_unary(cpu, f, from_signed(f.fraction_bits()));
}

Flow UCVTF_fixed_vector(Cpu& cpu, uint32_t word)
{
    FixedPoint<fields::UCVTF_fixed_vector> const f { { word } };
    return vector_unary(cpu, f, from_unsigned(f.fraction_bits()));
}

Flow UCVTF_fixed_scalar(Cpu& cpu, uint32_t word)
{
    FixedPoint<fields::UCVTF_fixed_scalar> const f { { word } };
    return scalar_unary(cpu, f, from_unsigned(f.fraction_bits()));
}

Flow FCVTZS_fixed_vector(Cpu& cpu, uint32_t word)
{
    FixedPoint<fields::FCVTZS_fixed_vector> const f { { word } };
    return vector_unary(cpu, f, to_signed(f.fraction_bits()));
}

Flow FCVTZS_fixed_scalar(Cpu& cpu, uint32_t word)
{
    FixedPoint<fields::FCVTZS_fixed_scalar> const f { { word } };
    return scalar_unary(cpu, f, to_signed(f.fraction_bits()));
}

Flow FCVTZU_fixed_vector(Cpu& cpu, uint32_t word)
{
    FixedPoint<fields::FCVTZU_fixed_vector> const f { { word } };
    return vector_unary(cpu, f, to_unsigned(f.fraction_bits()));
}

Flow FCVTZU_fixed_scalar(Cpu& cpu, uint32_t word)
{
    FixedPoint<fields::FCVTZU_fixed_scalar> const f { { word } };
    return scalar_unary(cpu, f, to_unsigned(f.fraction_bits()));
}

}
