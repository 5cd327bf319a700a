// Advanced SIMD pairwise and across lanes. [Arm DDI 0487, C7.2]

#include "engine/emulator/semantics/fp_lanes.h"
#include "engine/emulator/semantics/fp_operations.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    // Neighbours of the two sources put end to end, Rn's first.
    template <typename Fields, typename Operation> Flow pairwise(Cpu& cpu, Fields const& f, Operation operation)
    {
        Environment env = environment(cpu);
        with_format(f.sz(), [&](auto format) {
            using Word = decltype(format);
            unsigned const pairs = lane_count<Word>(f.Q()) / 2;
            Vector result;
            for (unsigned lane = 0; lane < 2 * pairs; ++lane) {
                Vector const& source = cpu.v[lane < pairs ? f.Rn() : f.Rm()];
                unsigned const first = 2 * (lane % pairs);
                auto const a = source.lane<Word>(first);
                auto const b = source.lane<Word>(first + 1);
                result.set_lane<Word>(lane, operation(a, b, env));
            }
            cpu.v[f.Rd()] = result;
        });
        return Flow::Next;
    }

    template <typename Fields, typename Operation> Flow scalar_pairwise(Cpu& cpu, Fields const& f, Operation operation)
    {
        Environment env = environment(cpu);
        with_format(f.sz(), [&](auto format) {
            using Word = decltype(format);
            Vector const& source = cpu.v[f.Rn()];
            Word const a = source.lane<Word>(0);
            Word const b = source.lane<Word>(1);
            write_scalar<Word>(cpu, f.Rd(), operation(a, b, env));
        });
        return Flow::Next;
    }

    // Four singles, halves first: which NaN wins depends on the order. [shared/functions/vector/reduce]
    template <typename Fields, typename Operation> Flow across(Cpu& cpu, Fields const& f, Operation operation)
    {
        Environment env = environment(cpu);
        Vector const& source = cpu.v[f.Rn()];
        uint32_t const lower = operation(source.lane<uint32_t>(0), source.lane<uint32_t>(1), env);
        uint32_t const upper = operation(source.lane<uint32_t>(2), source.lane<uint32_t>(3), env);
        write_scalar<uint32_t>(cpu, f.Rd(), operation(lower, upper, env));
        return Flow::Next;
    }

}

Flow FADDP_vector(Cpu& cpu, uint32_t word)
{
    return pairwise(cpu, fields::FADDP_vector { word }, operations::add);
}

Flow FADDP_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_pairwise(cpu, fields::FADDP_scalar { word }, operations::add);
}

Flow FMAXP_vector(Cpu& cpu, uint32_t word)
{
    return pairwise(cpu, fields::FMAXP_vector { word }, operations::maximum);
}

Flow FMAXP_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_pairwise(cpu, fields::FMAXP_scalar { word }, operations::maximum);
}

Flow FMINP_vector(Cpu& cpu, uint32_t word)
{
    return pairwise(cpu, fields::FMINP_vector { word }, operations::minimum);
}

Flow FMINP_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_pairwise(cpu, fields::FMINP_scalar { word }, operations::minimum);
}

Flow FMAXNMP_vector(Cpu& cpu, uint32_t word)
{
    return pairwise(cpu, fields::FMAXNMP_vector { word }, operations::maximum_number);
}

Flow FMAXNMP_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_pairwise(cpu, fields::FMAXNMP_scalar { word }, operations::maximum_number);
}

Flow FMINNMP_vector(Cpu& cpu, uint32_t word)
{
    return pairwise(cpu, fields::FMINNMP_vector { word }, operations::minimum_number);
}

Flow FMINNMP_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_pairwise(cpu, fields::FMINNMP_scalar { word }, operations::minimum_number);
}

Flow FMAXV(Cpu& cpu, uint32_t word)
{
    return across(cpu, fields::FMAXV { word }, operations::maximum);
}

Flow FMINV(Cpu& cpu, uint32_t word)
{
    return across(cpu, fields::FMINV { word }, operations::minimum);
}

Flow FMAXNMV(Cpu& cpu, uint32_t word)
{
    return across(cpu, fields::FMAXNMV { word }, operations::maximum_number);
}

Flow FMINNMV(Cpu& cpu, uint32_t word)
{
    return across(cpu, fields::FMINNMV { word }, operations::minimum_number);
}

}
