// Advanced SIMD vector and scalar by element. [Arm DDI 0487, C7.2]

#include "engine/emulator/semantics/fp_lanes.h"
#include "engine/emulator/semantics/fp_operations.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    // Lane H:L of singles; of doubles lane H, with L zero.
    template <typename Fields> unsigned element_index(Fields const& f)
    {
        return f.sz() ? f.H() : f.H() << 1 | f.L();
    }

    // Operations see the destination's lane first; those that do not accumulate ignore it.
    template <typename Fields, typename Operation> Flow vector_element(Cpu& cpu, Fields const& f, Operation operation)
    {
        Environment env = environment(cpu);
        with_format(f.sz(), [&](auto format) {
            using Word = decltype(format);
            Word const m = cpu.v[f.Rm()].template lane<Word>(element_index(f));
            Vector result;
            for (unsigned lane = 0; lane < lane_count<Word>(f.Q()); ++lane) {
                Word const d = cpu.v[f.Rd()].template lane<Word>(lane);
                Word const n = cpu.v[f.Rn()].template lane<Word>(lane);
                result.set_lane<Word>(lane, operation(d, n, m, env));
            }
            cpu.v[f.Rd()] = result;
        });
        return Flow::Next;
    }

    template <typename Fields, typename Operation> Flow scalar_element(Cpu& cpu, Fields const& f, Operation operation)
    {
        Environment env = environment(cpu);
        with_format(f.sz(), [&](auto format) {
            using Word = decltype(format);
            Word const m = cpu.v[f.Rm()].template lane<Word>(element_index(f));
            Word const d = read_scalar<Word>(cpu, f.Rd());
            Word const n = read_scalar<Word>(cpu, f.Rn());
            write_scalar<Word>(cpu, f.Rd(), operation(d, n, m, env));
        });
        return Flow::Next;
    }

    constexpr auto multiply = [](auto, auto n, auto m, Environment& env) { return soft_float::multiply(n, m, env); };
    constexpr auto multiply_extended
        = [](auto, auto n, auto m, Environment& env) { return soft_float::multiply_extended(n, m, env); };

}

Flow FMLA_element_vector(Cpu& cpu, uint32_t word)
{
    return vector_element(cpu, fields::FMLA_element_vector { word }, operations::multiply_add);
}

Flow FMLA_element_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_element(cpu, fields::FMLA_element_scalar { word }, operations::multiply_add);
}

Flow FMLS_element_vector(Cpu& cpu, uint32_t word)
{
    return vector_element(cpu, fields::FMLS_element_vector { word }, operations::multiply_subtract);
}

Flow FMLS_element_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_element(cpu, fields::FMLS_element_scalar { word }, operations::multiply_subtract);
}

Flow FMUL_element_vector(Cpu& cpu, uint32_t word)
{
    return vector_element(cpu, fields::FMUL_element_vector { word }, multiply);
}

Flow FMUL_element_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_element(cpu, fields::FMUL_element_scalar { word }, multiply);
}

Flow FMULX_element_vector(Cpu& cpu, uint32_t word)
{
    return vector_element(cpu, fields::FMULX_element_vector { word }, multiply_extended);
}

Flow FMULX_element_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_element(cpu, fields::FMULX_element_scalar { word }, multiply_extended);
}

}
