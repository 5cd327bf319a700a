#include "engine/emulator/semantics/load_store_support.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

// Register offset. [Arm DDI 0487, C6.2, LDR (register) and its kin]
namespace dormouse::emulator::semantics {

Flow STRB_register(Cpu& cpu, uint32_t word)
{
    return store_register_offset<uint8_t>(cpu, fields::STRB_register { word });
}

Flow LDRB_register(Cpu& cpu, uint32_t word)
{
    return load_register_offset<uint8_t, uint32_t>(cpu, fields::LDRB_register { word });
}

Flow LDRSB_64_register(Cpu& cpu, uint32_t word)
{
    return load_register_offset<int8_t, uint64_t>(cpu, fields::LDRSB_64_register { word });
}

Flow LDRSB_32_register(Cpu& cpu, uint32_t word)
{
    return load_register_offset<int8_t, uint32_t>(cpu, fields::LDRSB_32_register { word });
}

Flow STRH_register(Cpu& cpu, uint32_t word)
{
    return store_register_offset<uint16_t>(cpu, fields::STRH_register { word });
}

Flow LDRH_register(Cpu& cpu, uint32_t word)
{
    return load_register_offset<uint16_t, uint32_t>(cpu, fields::LDRH_register { word });
}

Flow LDRSH_64_register(Cpu& cpu, uint32_t word)
{
    return load_register_offset<int16_t, uint64_t>(cpu, fields::LDRSH_64_register { word });
}

Flow LDRSH_32_register(Cpu& cpu, uint32_t word)
{
    return load_register_offset<int16_t, uint32_t>(cpu, fields::LDRSH_32_register { word });
}

Flow STR_32_register(Cpu& cpu, uint32_t word)
{
    return store_register_offset<uint32_t>(cpu, fields::STR_32_register { word });
}

Flow LDR_32_register(Cpu& cpu, uint32_t word)
{
    return load_register_offset<uint32_t, uint32_t>(cpu, fields::LDR_32_register { word });
}

Flow LDRSW_register(Cpu& cpu, uint32_t word)
{
    return load_register_offset<int32_t, uint64_t>(cpu, fields::LDRSW_register { word });
}

Flow STR_64_register(Cpu& cpu, uint32_t word)
{
    return store_register_offset<uint64_t>(cpu, fields::STR_64_register { word });
}

Flow LDR_64_register(Cpu& cpu, uint32_t word)
{
    return load_register_offset<uint64_t, uint64_t>(cpu, fields::LDR_64_register { word });
}

Flow PRFM_register(Cpu&, uint32_t)
{
    return Flow::Next;
}

}
