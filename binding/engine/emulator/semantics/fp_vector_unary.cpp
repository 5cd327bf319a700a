// Advanced SIMD signs, roots and estimates. [Arm DDI 0487, C7.2]

#include "engine/emulator/semantics/fp_lanes.h"
#include "engine/emulator/semantics/fp_operations.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

Flow FABS_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FABS_vector { word }, operations::absolute);
}

Flow FNEG_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FNEG_vector { word }, operations::negate);
}

Flow FSQRT_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FSQRT_vector { word }, operations::square_root);
}

Flow FRECPE_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FRECPE_vector { word }, operations::reciprocal_estimate);
}

Flow FRECPE_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FRECPE_scalar { word }, operations::reciprocal_estimate);
}

Flow FRSQRTE_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FRSQRTE_vector { word }, operations::reciprocal_square_root_estimate);
}

Flow FRSQRTE_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FRSQRTE_scalar { word }, operations::reciprocal_square_root_estimate);
}

Flow FRECPX(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FRECPX { word }, operations::reciprocal_exponent);
}

}
