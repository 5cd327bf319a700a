#include "engine/emulator/semantics/load_store_support.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

// Unsigned scaled offset. [Arm DDI 0487, C6.2, LDR (immediate) and its kin]
namespace dormouse::emulator::semantics {

Flow STRB_unsigned(Cpu& cpu, uint32_t word)
{
    return store_unsigned<uint8_t>(cpu, fields::STRB_unsigned { word });
}

Flow LDRB_unsigned(Cpu& cpu, uint32_t word)
{
    return load_unsigned<uint8_t, uint32_t>(cpu, fields::LDRB_unsigned { word });
}

Flow LDRSB_64_unsigned(Cpu& cpu, uint32_t word)
{
    return load_unsigned<int8_t, uint64_t>(cpu, fields::LDRSB_64_unsigned { word });
}

Flow LDRSB_32_unsigned(Cpu& cpu, uint32_t word)
{
    return load_unsigned<int8_t, uint32_t>(cpu, fields::LDRSB_32_unsigned { word });
}

Flow STRH_unsigned(Cpu& cpu, uint32_t word)
{
    return store_unsigned<uint16_t>(cpu, fields::STRH_unsigned { word });
}

Flow LDRH_unsigned(Cpu& cpu, uint32_t word)
{
    return load_unsigned<uint16_t, uint32_t>(cpu, fields::LDRH_unsigned { word });
}

Flow LDRSH_64_unsigned(Cpu& cpu, uint32_t word)
{
    return load_unsigned<int16_t, uint64_t>(cpu, fields::LDRSH_64_unsigned { word });
}

Flow LDRSH_32_unsigned(Cpu& cpu, uint32_t word)
{
    return load_unsigned<int16_t, uint32_t>(cpu, fields::LDRSH_32_unsigned { word });
}

Flow STR_32_unsigned(Cpu& cpu, uint32_t word)
{
    return store_unsigned<uint32_t>(cpu, fields::STR_32_unsigned { word });
}

Flow LDR_32_unsigned(Cpu& cpu, uint32_t word)
{
    return load_unsigned<uint32_t, uint32_t>(cpu, fields::LDR_32_unsigned { word });
}

Flow LDRSW_unsigned(Cpu& cpu, uint32_t word)
{
    return load_unsigned<int32_t, uint64_t>(cpu, fields::LDRSW_unsigned { word });
}

Flow STR_64_unsigned(Cpu& cpu, uint32_t word)
{
    return store_unsigned<uint64_t>(cpu, fields::STR_64_unsigned { word });
}

Flow LDR_64_unsigned(Cpu& cpu, uint32_t word)
{
    return load_unsigned<uint64_t, uint64_t>(cpu, fields::LDR_64_unsigned { word });
}

// Prefetches are hints.
Flow PRFM_unsigned(Cpu&, uint32_t)
{
    return Flow::Next;
}

}
