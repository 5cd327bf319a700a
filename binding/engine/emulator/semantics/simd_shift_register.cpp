// Advanced SIMD shifts by register. [Arm DDI 0487, C4.1.96 "Advanced SIMD three same"]
#include "engine/emulator/semantics/simd_lanes.h"
#include "engine/emulator/semantics/simd_shift.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

Flow SSHL_vector(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SSHL_vector { word }, shift_by_register<false>);
}

Flow SSHL_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SSHL_scalar { word }, shift_by_register<false>);
}

Flow USHL_vector(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::USHL_vector { word }, shift_by_register<false>);
}

Flow USHL_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::USHL_scalar { word }, shift_by_register<false>);
}

Flow SRSHL_vector(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SRSHL_vector { word }, shift_by_register<true>);
}

Flow SRSHL_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SRSHL_scalar { word }, shift_by_register<true>);
}

Flow URSHL_vector(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::URSHL_vector { word }, shift_by_register<true>);
}

Flow URSHL_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::URSHL_scalar { word }, shift_by_register<true>);
}

Flow SQSHL_register_vector(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(
        cpu, fields::SQSHL_register_vector { word }, saturating(cpu, shift_by_register<false>));
}

Flow SQSHL_register_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(
        cpu, fields::SQSHL_register_scalar { word }, saturating(cpu, shift_by_register<false>));
}

Flow UQSHL_register_vector(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(
        cpu, fields::UQSHL_register_vector { word }, saturating(cpu, shift_by_register<false>));
}

Flow UQSHL_register_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(
        cpu, fields::UQSHL_register_scalar { word }, saturating(cpu, shift_by_register<false>));
}

Flow SQRSHL_vector(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SQRSHL_vector { word }, saturating(cpu, shift_by_register<true>));
}

Flow SQRSHL_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<SignedLanes>(cpu, fields::SQRSHL_scalar { word }, saturating(cpu, shift_by_register<true>));
}

Flow UQRSHL_vector(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::UQRSHL_vector { word }, saturating(cpu, shift_by_register<true>));
}

Flow UQRSHL_scalar(Cpu& cpu, uint32_t word)
{
    return three_same<UnsignedLanes>(cpu, fields::UQRSHL_scalar { word }, saturating(cpu, shift_by_register<true>));
}

}
