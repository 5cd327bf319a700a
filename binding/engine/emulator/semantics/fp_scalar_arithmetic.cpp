// Scalar arithmetic with one, two and three sources. [Arm DDI 0487, C7.2]

#include "engine/emulator/semantics/fp_lanes.h"
#include "engine/emulator/semantics/fp_operations.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    template <typename Fields, typename Operation> Flow scalar_ternary(Cpu& cpu, Fields const& f, Operation operation)
    {
        Environment env = environment(cpu);
        with_format(f.sz(), [&](auto format) {
            using Word = decltype(format);
            Word const a = read_scalar<Word>(cpu, f.Ra());
            Word const n = read_scalar<Word>(cpu, f.Rn());
            Word const m = read_scalar<Word>(cpu, f.Rm());
            write_scalar<Word>(cpu, f.Rd(), operation(a, n, m, env));
        });
        return Flow::Next;
    }

    // The operands change sign before the operation, NaNs included, which the result of a NaN shows.
    constexpr auto negated_multiply_add = [](auto a, auto n, auto m, Environment& env) {
        return operations::multiply_subtract(soft_float::negate(a), n, m, env);
    };
    constexpr auto negated_multiply_subtract = [](auto a, auto n, auto m, Environment& env) {
        return operations::multiply_add(soft_float::negate(a), n, m, env);
    };

}

Flow FABS_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FABS_scalar { word }, operations::absolute);
}

Flow FNEG_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FNEG_scalar { word }, operations::negate);
}

Flow FSQRT_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FSQRT_scalar { word }, operations::square_root);
}

Flow FADD_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_binary(cpu, fields::FADD_scalar { word }, operations::add);
}

Flow FSUB_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_binary(cpu, fields::FSUB_scalar { word }, operations::subtract);
}

Flow FMUL_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_binary(cpu, fields::FMUL_scalar { word }, operations::multiply);
}

Flow FDIV_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_binary(cpu, fields::FDIV_scalar { word }, operations::divide);
}

Flow FMAX_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_binary(cpu, fields::FMAX_scalar { word }, operations::maximum);
}

Flow FMIN_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_binary(cpu, fields::FMIN_scalar { word }, operations::minimum);
}

Flow FMAXNM_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_binary(cpu, fields::FMAXNM_scalar { word }, operations::maximum_number);
}

Flow FMINNM_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_binary(cpu, fields::FMINNM_scalar { word }, operations::minimum_number);
}

Flow FNMUL_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_binary(cpu, fields::FNMUL_scalar { word }, operations::negated_multiply);
}

Flow FMADD(Cpu& cpu, uint32_t word)
{
    return scalar_ternary(cpu, fields::FMADD { word }, operations::multiply_add);
}

Flow FMSUB(Cpu& cpu, uint32_t word)
{
    return scalar_ternary(cpu, fields::FMSUB { word }, operations::multiply_subtract);
}

Flow FNMADD(Cpu& cpu, uint32_t word)
{
    return scalar_ternary(cpu, fields::FNMADD { word }, negated_multiply_add);
}

Flow FNMSUB(Cpu& cpu, uint32_t word)
{
    return scalar_ternary(cpu, fields::FNMSUB { word }, negated_multiply_subtract);
}

}
