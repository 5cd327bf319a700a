// Advanced SIMD three same, and its scalar forms. [Arm DDI 0487, C7.2]

#include "engine/emulator/semantics/fp_lanes.h"
#include "engine/emulator/semantics/fp_operations.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

Flow FADD_vector(Cpu& cpu, uint32_t word)
{
    return vector_binary(cpu, fields::FADD_vector { word }, operations::add);
}

Flow FSUB_vector(Cpu& cpu, uint32_t word)
{
    return vector_binary(cpu, fields::FSUB_vector { word }, operations::subtract);
}

Flow FMUL_vector(Cpu& cpu, uint32_t word)
{
    return vector_binary(cpu, fields::FMUL_vector { word }, operations::multiply);
}

Flow FDIV_vector(Cpu& cpu, uint32_t word)
{
    return vector_binary(cpu, fields::FDIV_vector { word }, operations::divide);
}

Flow FMAX_vector(Cpu& cpu, uint32_t word)
{
    return vector_binary(cpu, fields::FMAX_vector { word }, operations::maximum);
}

Flow FMIN_vector(Cpu& cpu, uint32_t word)
{
    return vector_binary(cpu, fields::FMIN_vector { word }, operations::minimum);
}

Flow FMAXNM_vector(Cpu& cpu, uint32_t word)
{
    return vector_binary(cpu, fields::FMAXNM_vector { word }, operations::maximum_number);
}

Flow FMINNM_vector(Cpu& cpu, uint32_t word)
{
    return vector_binary(cpu, fields::FMINNM_vector { word }, operations::minimum_number);
}

Flow FMLA_vector(Cpu& cpu, uint32_t word)
{
    return vector_accumulate(cpu, fields::FMLA_vector { word }, operations::multiply_add);
}

Flow FMLS_vector(Cpu& cpu, uint32_t word)
{
    return vector_accumulate(cpu, fields::FMLS_vector { word }, operations::multiply_subtract);
}

Flow FMULX_vector(Cpu& cpu, uint32_t word)
{
    return vector_binary(cpu, fields::FMULX_vector { word }, operations::multiply_extended);
}

Flow FMULX_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_binary(cpu, fields::FMULX_scalar { word }, operations::multiply_extended);
}

Flow FABD_vector(Cpu& cpu, uint32_t word)
{
    return vector_binary(cpu, fields::FABD_vector { word }, operations::absolute_difference);
}

Flow FABD_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_binary(cpu, fields::FABD_scalar { word }, operations::absolute_difference);
}

Flow FRECPS_vector(Cpu& cpu, uint32_t word)
{
    return vector_binary(cpu, fields::FRECPS_vector { word }, operations::reciprocal_step);
}

Flow FRECPS_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_binary(cpu, fields::FRECPS_scalar { word }, operations::reciprocal_step);
}

Flow FRSQRTS_vector(Cpu& cpu, uint32_t word)
{
    return vector_binary(cpu, fields::FRSQRTS_vector { word }, operations::reciprocal_square_root_step);
}

Flow FRSQRTS_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_binary(cpu, fields::FRSQRTS_scalar { word }, operations::reciprocal_square_root_step);
}

}
