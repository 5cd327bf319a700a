// Advanced SIMD conversions between numbers and integers of the same width. [Arm DDI 0487, C7.2]

#include "engine/emulator/semantics/fp_lanes.h"
#include "engine/emulator/semantics/fp_operations.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

Flow FCVTNS_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FCVTNS_vector { word }, operations::to_signed<Rounding::TiesToEven>);
}

Flow FCVTNS_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FCVTNS_scalar { word }, operations::to_signed<Rounding::TiesToEven>);
}

Flow FCVTNU_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FCVTNU_vector { word }, operations::to_unsigned<Rounding::TiesToEven>);
}

Flow FCVTNU_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FCVTNU_scalar { word }, operations::to_unsigned<Rounding::TiesToEven>);
}

Flow FCVTPS_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FCVTPS_vector { word }, operations::to_signed<Rounding::TowardPlusInfinity>);
}

Flow FCVTPS_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FCVTPS_scalar { word }, operations::to_signed<Rounding::TowardPlusInfinity>);
}

Flow FCVTPU_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FCVTPU_vector { word }, operations::to_unsigned<Rounding::TowardPlusInfinity>);
}

Flow FCVTPU_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FCVTPU_scalar { word }, operations::to_unsigned<Rounding::TowardPlusInfinity>);
}

Flow FCVTMS_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FCVTMS_vector { word }, operations::to_signed<Rounding::TowardMinusInfinity>);
}

Flow FCVTMS_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FCVTMS_scalar { word }, operations::to_signed<Rounding::TowardMinusInfinity>);
}

Flow FCVTMU_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FCVTMU_vector { word }, operations::to_unsigned<Rounding::TowardMinusInfinity>);
}

Flow FCVTMU_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FCVTMU_scalar { word }, operations::to_unsigned<Rounding::TowardMinusInfinity>);
}

Flow FCVTZS_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FCVTZS_vector { word }, operations::to_signed<Rounding::TowardZero>);
}

Flow FCVTZS_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FCVTZS_scalar { word }, operations::to_signed<Rounding::TowardZero>);
}

Flow FCVTZU_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FCVTZU_vector { word }, operations::to_unsigned<Rounding::TowardZero>);
}

Flow FCVTZU_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FCVTZU_scalar { word }, operations::to_unsigned<Rounding::TowardZero>);
}

Flow FCVTAS_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FCVTAS_vector { word }, operations::to_signed<Rounding::TiesToAway>);
}

Flow FCVTAS_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FCVTAS_scalar { word }, operations::to_signed<Rounding::TiesToAway>);
}

Flow FCVTAU_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FCVTAU_vector { word }, operations::to_unsigned<Rounding::TiesToAway>);
}

Flow FCVTAU_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FCVTAU_scalar { word }, operations::to_unsigned<Rounding::TiesToAway>);
}

Flow SCVTF_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::SCVTF_vector { word }, operations::from_signed);
}

Flow SCVTF_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::SCVTF_scalar { word }, operations::from_signed);
}

Flow UCVTF_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::UCVTF_vector { word }, operations::from_unsigned);
}

Flow UCVTF_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::UCVTF_scalar { word }, operations::from_unsigned);
}

}
