// Advanced SIMD comparisons: each lane becomes all ones or zero. [Arm DDI 0487, C4.1.96]
#include "engine/emulator/semantics/simd_lanes.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    constexpr auto greater = [](auto n, auto m) { return n > m ? -1 : 0; };
    constexpr auto greater_or_equal = [](auto n, auto m) { return n >= m ? -1 : 0; };
    constexpr auto equal = [](auto n, auto m) { return n == m ? -1 : 0; };
    constexpr auto any_common_bit = [](auto n, auto m) { return (n & m) != 0 ? -1 : 0; };

    template <typename Fields, typename Operation> Flow with_zero(Cpu& cpu, Fields f, Operation operation)
    {
        return lanewise<SignedLanes>(cpu, f, lane_size(f), Vector {}, operation);
    }

}

Flow CMGT_register_vector(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::CMGT_register_vector { word }, greater);
}

Flow CMGT_register_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::CMGT_register_scalar { word }, greater);
}

Flow CMHI_register_vector(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::CMHI_register_vector { word }, greater);
}

Flow CMHI_register_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::CMHI_register_scalar { word }, greater);
}

Flow CMGE_register_vector(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::CMGE_register_vector { word }, greater_or_equal);
}

Flow CMGE_register_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::CMGE_register_scalar { word }, greater_or_equal);
}

Flow CMHS_register_vector(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::CMHS_register_vector { word }, greater_or_equal);
}

Flow CMHS_register_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::CMHS_register_scalar { word }, greater_or_equal);
}

Flow CMEQ_register_vector(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::CMEQ_register_vector { word }, equal);
}

Flow CMEQ_register_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::CMEQ_register_scalar { word }, equal);
}

Flow CMTST_register_vector(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::CMTST_register_vector { word }, any_common_bit);
}

Flow CMTST_register_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::CMTST_register_scalar { word }, any_common_bit);
}

Flow CMGT_zero_vector(Cpu& cpu, uint32_t word)
{
    return with_zero(cpu, fields::CMGT_zero_vector { word }, greater);
}

Flow CMGT_zero_scalar(Cpu& cpu, uint32_t word)
{
    return with_zero(cpu, fields::CMGT_zero_scalar { word }, greater);
}

Flow CMGE_zero_vector(Cpu& cpu, uint32_t word)
{
    return with_zero(cpu, fields::CMGE_zero_vector { word }, greater_or_equal);
}

Flow CMGE_zero_scalar(Cpu& cpu, uint32_t word)
{
    return with_zero(cpu, fields::CMGE_zero_scalar { word }, greater_or_equal);
}

Flow CMEQ_zero_vector(Cpu& cpu, uint32_t word)
{
    return with_zero(cpu, fields::CMEQ_zero_vector { word }, equal);
}

Flow CMEQ_zero_scalar(Cpu& cpu, uint32_t word)
{
    return with_zero(cpu, fields::CMEQ_zero_scalar { word }, equal);
}

Flow CMLE_zero_vector(Cpu& cpu, uint32_t word)
{
    return with_zero(cpu, fields::CMLE_zero_vector { word }, [](auto n, auto zero) { return n <= zero ? -1 : 0; });
}

Flow CMLE_zero_scalar(Cpu& cpu, uint32_t word)
{
    return with_zero(cpu, fields::CMLE_zero_scalar { word }, [](auto n, auto zero) { return n <= zero ? -1 : 0; });
}

Flow CMLT_zero_vector(Cpu& cpu, uint32_t word)
{
    return with_zero(cpu, fields::CMLT_zero_vector { word }, [](auto n, auto zero) { return n < zero ? -1 : 0; });
}

Flow CMLT_zero_scalar(Cpu& cpu, uint32_t word)
{
    return with_zero(cpu, fields::CMLT_zero_scalar { word }, [](auto n, auto zero) { return n < zero ? -1 : 0; });
}

}
