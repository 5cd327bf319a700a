// Advanced SIMD comparisons, which make masks. [Arm DDI 0487, C7.2]

#include "engine/emulator/semantics/fp_lanes.h"
#include "engine/emulator/semantics/fp_operations.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    // With zero as the second operand, and as the first one for "less".
    template <typename Operation> constexpr auto with_zero(Operation operation)
    {
        return [operation](auto a, Environment& env) { return operation(a, decltype(a) { 0 }, env); };
    }
    template <typename Operation> constexpr auto zero_with(Operation operation)
    {
        return [operation](auto a, Environment& env) { return operation(decltype(a) { 0 }, a, env); };
    }

}

Flow FCMEQ_register_vector(Cpu& cpu, uint32_t word)
{
    return vector_binary(cpu, fields::FCMEQ_register_vector { word }, operations::equal);
}

Flow FCMEQ_register_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_binary(cpu, fields::FCMEQ_register_scalar { word }, operations::equal);
}

Flow FCMGE_register_vector(Cpu& cpu, uint32_t word)
{
    return vector_binary(cpu, fields::FCMGE_register_vector { word }, operations::greater_or_equal);
}

Flow FCMGE_register_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_binary(cpu, fields::FCMGE_register_scalar { word }, operations::greater_or_equal);
}

Flow FCMGT_register_vector(Cpu& cpu, uint32_t word)
{
    return vector_binary(cpu, fields::FCMGT_register_vector { word }, operations::greater);
}

Flow FCMGT_register_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_binary(cpu, fields::FCMGT_register_scalar { word }, operations::greater);
}

Flow FACGE_vector(Cpu& cpu, uint32_t word)
{
    return vector_binary(cpu, fields::FACGE_vector { word }, operations::absolute_greater_or_equal);
}

Flow FACGE_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_binary(cpu, fields::FACGE_scalar { word }, operations::absolute_greater_or_equal);
}

Flow FACGT_vector(Cpu& cpu, uint32_t word)
{
    return vector_binary(cpu, fields::FACGT_vector { word }, operations::absolute_greater);
}

Flow FACGT_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_binary(cpu, fields::FACGT_scalar { word }, operations::absolute_greater);
}

Flow FCMEQ_zero_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FCMEQ_zero_vector { word }, with_zero(operations::equal));
}

Flow FCMEQ_zero_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FCMEQ_zero_scalar { word }, with_zero(operations::equal));
}

Flow FCMGE_zero_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FCMGE_zero_vector { word }, with_zero(operations::greater_or_equal));
}

Flow FCMGE_zero_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FCMGE_zero_scalar { word }, with_zero(operations::greater_or_equal));
}

Flow FCMGT_zero_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FCMGT_zero_vector { word }, with_zero(operations::greater));
}

Flow FCMGT_zero_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FCMGT_zero_scalar { word }, with_zero(operations::greater));
}

Flow FCMLE_zero_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FCMLE_zero_vector { word }, zero_with(operations::greater_or_equal));
}

Flow FCMLE_zero_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FCMLE_zero_scalar { word }, zero_with(operations::greater_or_equal));
}

Flow FCMLT_zero_vector(Cpu& cpu, uint32_t word)
{
    return vector_unary(cpu, fields::FCMLT_zero_vector { word }, zero_with(operations::greater));
}

Flow FCMLT_zero_scalar(Cpu& cpu, uint32_t word)
{
    return scalar_unary(cpu, fields::FCMLT_zero_scalar { word }, zero_with(operations::greater));
}

}
