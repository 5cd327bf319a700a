#include "engine/emulator/semantics/load_store_support.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

// EL0's permissions at EL1; at EL0 they are plain accesses. [Arm DDI 0487, C6.2, LDTR, STTR and their kin]
namespace dormouse::emulator::semantics {

Flow STTRB(Cpu& cpu, uint32_t word)
{
    return store_unscaled<uint8_t>(cpu, fields::STTRB { word }, Access::Unprivileged);
}

Flow LDTRB(Cpu& cpu, uint32_t word)
{
    return load_unscaled<uint8_t, uint32_t>(cpu, fields::LDTRB { word }, Access::Unprivileged);
}

Flow LDTRSB_64(Cpu& cpu, uint32_t word)
{
    return load_unscaled<int8_t, uint64_t>(cpu, fields::LDTRSB_64 { word }, Access::Unprivileged);
}

Flow LDTRSB_32(Cpu& cpu, uint32_t word)
{
    return load_unscaled<int8_t, uint32_t>(cpu, fields::LDTRSB_32 { word }, Access::Unprivileged);
}

Flow STTRH(Cpu& cpu, uint32_t word)
{
    return store_unscaled<uint16_t>(cpu, fields::STTRH { word }, Access::Unprivileged);
}

Flow LDTRH(Cpu& cpu, uint32_t word)
{
    return load_unscaled<uint16_t, uint32_t>(cpu, fields::LDTRH { word }, Access::Unprivileged);
}

Flow LDTRSH_64(Cpu& cpu, uint32_t word)
{
    return load_unscaled<int16_t, uint64_t>(cpu, fields::LDTRSH_64 { word }, Access::Unprivileged);
}

Flow LDTRSH_32(Cpu& cpu, uint32_t word)
{
    return load_unscaled<int16_t, uint32_t>(cpu, fields::LDTRSH_32 { word }, Access::Unprivileged);
}

Flow STTR_32(Cpu& cpu, uint32_t word)
{
    return store_unscaled<uint32_t>(cpu, fields::STTR_32 { word }, Access::Unprivileged);
}

Flow LDTR_32(Cpu& cpu, uint32_t word)
{
    return load_unscaled<uint32_t, uint32_t>(cpu, fields::LDTR_32 { word }, Access::Unprivileged);
}

Flow LDTRSW(Cpu& cpu, uint32_t word)
{
    return load_unscaled<int32_t, uint64_t>(cpu, fields::LDTRSW { word }, Access::Unprivileged);
}

Flow STTR_64(Cpu& cpu, uint32_t word)
{
    return store_unscaled<uint64_t>(cpu, fields::STTR_64 { word }, Access::Unprivileged);
}

Flow LDTR_64(Cpu& cpu, uint32_t word)
{
    return load_unscaled<uint64_t, uint64_t>(cpu, fields::LDTR_64 { word }, Access::Unprivileged);
}

}
