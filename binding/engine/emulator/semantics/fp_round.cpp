// FRINT*, scalar and vector. FRINTX alone reports inexactness. [Arm DDI 0487, C7.2]

#include "engine/emulator/semantics/fp_lanes.h"
#include "engine/emulator/semantics/fp_operations.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

Flow FRINTN_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FRINTN_scalar { word }, operations::round_to_integral<Rounding::TiesToEven>);
}

Flow FRINTP_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(
        cpu, fields::FRINTP_scalar { word }, operations::round_to_integral<Rounding::TowardPlusInfinity>);
}

Flow FRINTM_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(
        cpu, fields::FRINTM_scalar { word }, operations::round_to_integral<Rounding::TowardMinusInfinity>);
}

Flow FRINTZ_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FRINTZ_scalar { word }, operations::round_to_integral<Rounding::TowardZero>);
}

Flow FRINTA_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FRINTA_scalar { word }, operations::round_to_integral<Rounding::TiesToAway>);
}

Flow FRINTX_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FRINTX_scalar { word }, operations::round_to_integral_exact);
}

Flow FRINTI_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FRINTI_scalar { word }, operations::round_to_integral_current);
}

Flow FRINTN_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FRINTN_vector { word }, operations::round_to_integral<Rounding::TiesToEven>);
}

Flow FRINTP_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(
        cpu, fields::FRINTP_vector { word }, operations::round_to_integral<Rounding::TowardPlusInfinity>);
}

Flow FRINTM_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(
        cpu, fields::FRINTM_vector { word }, operations::round_to_integral<Rounding::TowardMinusInfinity>);
}

Flow FRINTZ_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FRINTZ_vector { word }, operations::round_to_integral<Rounding::TowardZero>);
}

Flow FRINTA_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FRINTA_vector { word }, operations::round_to_integral<Rounding::TiesToAway>);
}

Flow FRINTX_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FRINTX_vector { word }, operations::round_to_integral_exact);
}

Flow FRINTI_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FRINTI_vector { word }, operations::round_to_integral_current);
}

}
