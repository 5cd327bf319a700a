#include "engine/emulator/semantics/load_store_support.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

// Pre- and post-index with writeback. [Arm DDI 0487, C6.2, LDR (immediate) and its kin]
namespace dormouse::emulator::semantics {

Flow STRB_post(Cpu& cpu, uint32_t word)
{
    return store_indexed<Index::Post, uint8_t>(cpu, fields::STRB_post { word });
}

Flow LDRB_post(Cpu& cpu, uint32_t word)
{
    return load_indexed<Index::Post, uint8_t, uint32_t>(cpu, fields::LDRB_post { word });
}

Flow LDRSB_64_post(Cpu& cpu, uint32_t word)
{
    return load_indexed<Index::Post, int8_t, uint64_t>(cpu, fields::LDRSB_64_post { word });
}

Flow LDRSB_32_post(Cpu& cpu, uint32_t word)
{
    return load_indexed<Index::Post, int8_t, uint32_t>(cpu, fields::LDRSB_32_post { word });
}

Flow STRH_post(Cpu& cpu, uint32_t word)
{
    return store_indexed<Index::Post, uint16_t>(cpu, fields::STRH_post { word });
}

Flow LDRH_post(Cpu& cpu, uint32_t word)
{
    return load_indexed<Index::Post, uint16_t, uint32_t>(cpu, fields::LDRH_post { word });
}

Flow LDRSH_64_post(Cpu& cpu, uint32_t word)
{
    return load_indexed<Index::Post, int16_t, uint64_t>(cpu, fields::LDRSH_64_post { word });
}

Flow LDRSH_32_post(Cpu& cpu, uint32_t word)
{
    return load_indexed<Index::Post, int16_t, uint32_t>(cpu, fields::LDRSH_32_post { word });
}

Flow STR_32_post(Cpu& cpu, uint32_t word)
{
    return store_indexed<Index::Post, uint32_t>(cpu, fields::STR_32_post { word });
}

Flow LDR_32_post(Cpu& cpu, uint32_t word)
{
    return load_indexed<Index::Post, uint32_t, uint32_t>(cpu, fields::LDR_32_post { word });
}

Flow LDRSW_post(Cpu& cpu, uint32_t word)
{
    return load_indexed<Index::Post, int32_t, uint64_t>(cpu, fields::LDRSW_post { word });
}

Flow STR_64_post(Cpu& cpu, uint32_t word)
{
    return store_indexed<Index::Post, uint64_t>(cpu, fields::STR_64_post { word });
}

Flow LDR_64_post(Cpu& cpu, uint32_t word)
{
    return load_indexed<Index::Post, uint64_t, uint64_t>(cpu, fields::LDR_64_post { word });
}

Flow STRB_pre(Cpu& cpu, uint32_t word)
{
    return store_indexed<Index::Pre, uint8_t>(cpu, fields::STRB_pre { word });
}

Flow LDRB_pre(Cpu& cpu, uint32_t word)
{
    return load_indexed<Index::Pre, uint8_t, uint32_t>(cpu, fields::LDRB_pre { word });
}

Flow LDRSB_64_pre(Cpu& cpu, uint32_t word)
{
    return load_indexed<Index::Pre, int8_t, uint64_t>(cpu, fields::LDRSB_64_pre { word });
}

Flow LDRSB_32_pre(Cpu& cpu, uint32_t word)
{
    return load_indexed<Index::Pre, int8_t, uint32_t>(cpu, fields::LDRSB_32_pre { word });
}

Flow STRH_pre(Cpu& cpu, uint32_t word)
{
    return store_indexed<Index::Pre, uint16_t>(cpu, fields::STRH_pre { word });
}

Flow LDRH_pre(Cpu& cpu, uint32_t word)
{
    return load_indexed<Index::Pre, uint16_t, uint32_t>(cpu, fields::LDRH_pre { word });
}

Flow LDRSH_64_pre(Cpu& cpu, uint32_t word)
{
    return load_indexed<Index::Pre, int16_t, uint64_t>(cpu, fields::LDRSH_64_pre { word });
}

Flow LDRSH_32_pre(Cpu& cpu, uint32_t word)
{
    return load_indexed<Index::Pre, int16_t, uint32_t>(cpu, fields::LDRSH_32_pre { word });
}

Flow STR_32_pre(Cpu& cpu, uint32_t word)
{
    return store_indexed<Index::Pre, uint32_t>(cpu, fields::STR_32_pre { word });
}

Flow LDR_32_pre(Cpu& cpu, uint32_t word)
{
    return load_indexed<Index::Pre, uint32_t, uint32_t>(cpu, fields::LDR_32_pre { word });
}

Flow LDRSW_pre(Cpu& cpu, uint32_t word)
{
    return load_indexed<Index::Pre, int32_t, uint64_t>(cpu, fields::LDRSW_pre { word });
}

Flow STR_64_pre(Cpu& cpu, uint32_t word)
{
    return store_indexed<Index::Pre, uint64_t>(cpu, fields::STR_64_pre { word });
}

Flow LDR_64_pre(Cpu& cpu, uint32_t word)
{
    return load_indexed<Index::Pre, uint64_t, uint64_t>(cpu, fields::LDR_64_pre { word });
}

}
