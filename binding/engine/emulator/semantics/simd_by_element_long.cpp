// Advanced SIMD by indexed element, results twice as wide as the factors. [Arm DDI 0487, C4.1.96]
#include "engine/emulator/semantics/simd_element.h"
#include "engine/emulator/semantics/simd_multiply.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    template <typename Lanes, typename Fields, typename Operation>
    Flow by_element_long(Cpu& cpu, Fields f, Operation operation)
    {
        return widening<Lanes>(cpu, f, element_size<Fields>, element(cpu, f), operation);
    }

}

Flow SMULL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SMULL_element_H { word }, multiply);
}

Flow SMULL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SMULL_element_S { word }, multiply);
}

Flow UMULL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element_long<UnsignedLanes>(cpu, fields::UMULL_element_H { word }, multiply);
}

Flow UMULL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element_long<UnsignedLanes>(cpu, fields::UMULL_element_S { word }, multiply);
}

Flow SMLAL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SMLAL_element_H { word }, multiply_add);
}

Flow SMLAL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SMLAL_element_S { word }, multiply_add);
}

Flow UMLAL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element_long<UnsignedLanes>(cpu, fields::UMLAL_element_H { word }, multiply_add);
}

Flow UMLAL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element_long<UnsignedLanes>(cpu, fields::UMLAL_element_S { word }, multiply_add);
}

Flow SMLSL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SMLSL_element_H { word }, multiply_subtract);
}

Flow SMLSL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SMLSL_element_S { word }, multiply_subtract);
}

Flow UMLSL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element_long<UnsignedLanes>(cpu, fields::UMLSL_element_H { word }, multiply_subtract);
}

Flow UMLSL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element_long<UnsignedLanes>(cpu, fields::UMLSL_element_S { word }, multiply_subtract);
}

Flow SQDMULL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMULL_element_H { word }, saturating(cpu, multiply_doubling));
}

Flow SQDMULL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMULL_element_S { word }, saturating(cpu, multiply_doubling));
}

Flow SQDMULL_element_H_scalar(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(
        cpu, fields::SQDMULL_element_H_scalar { word }, saturating(cpu, multiply_doubling));
}

Flow SQDMULL_element_S_scalar(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(
        cpu, fields::SQDMULL_element_S_scalar { word }, saturating(cpu, multiply_doubling));
}

Flow SQDMLAL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMLAL_element_H { word }, doubling_accumulate<1>(cpu));
}

Flow SQDMLAL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMLAL_element_S { word }, doubling_accumulate<1>(cpu));
}

Flow SQDMLAL_element_H_scalar(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMLAL_element_H_scalar { word }, doubling_accumulate<1>(cpu));
}

Flow SQDMLAL_element_S_scalar(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMLAL_element_S_scalar { word }, doubling_accumulate<1>(cpu));
}

Flow SQDMLSL_element_H(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMLSL_element_H { word }, doubling_accumulate<-1>(cpu));
}

Flow SQDMLSL_element_S(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMLSL_element_S { word }, doubling_accumulate<-1>(cpu));
}

Flow SQDMLSL_element_H_scalar(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMLSL_element_H_scalar { word }, doubling_accumulate<-1>(cpu));
}

Flow SQDMLSL_element_S_scalar(Cpu& cpu, uint32_t word)
{
    return by_element_long<SignedLanes>(cpu, fields::SQDMLSL_element_S_scalar { word }, doubling_accumulate<-1>(cpu));
}

}
