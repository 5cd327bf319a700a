#include "engine/emulator/semantics/load_store_support.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

// Unscaled offset. [Arm DDI 0487, C6.2, LDUR, STUR and their kin]
namespace dormouse::emulator::semantics {

Flow STURB(Cpu& cpu, uint32_t word)
{
    return store_unscaled<uint8_t>(cpu, fields::STURB { word });
}

Flow LDURB(Cpu& cpu, uint32_t word)
{
    return load_unscaled<uint8_t, uint32_t>(cpu, fields::LDURB { word });
}

Flow LDURSB_64(Cpu& cpu, uint32_t word)
{
    return load_unscaled<int8_t, uint64_t>(cpu, fields::LDURSB_64 { word });
}

Flow LDURSB_32(Cpu& cpu, uint32_t word)
{
    return load_unscaled<int8_t, uint32_t>(cpu, fields::LDURSB_32 { word });
}

Flow STURH(Cpu& cpu, uint32_t word)
{
    return store_unscaled<uint16_t>(cpu, fields::STURH { word });
}

Flow LDURH(Cpu& cpu, uint32_t word)
{
    return load_unscaled<uint16_t, uint32_t>(cpu, fields::LDURH { word });
}

Flow LDURSH_64(Cpu& cpu, uint32_t word)
{
    return load_unscaled<int16_t, uint64_t>(cpu, fields::LDURSH_64 { word });
}

Flow LDURSH_32(Cpu& cpu, uint32_t word)
{
    return load_unscaled<int16_t, uint32_t>(cpu, fields::LDURSH_32 { word });
}

Flow STUR_32(Cpu& cpu, uint32_t word)
{
    return store_unscaled<uint32_t>(cpu, fields::STUR_32 { word });
}

Flow LDUR_32(Cpu& cpu, uint32_t word)
{
    return load_unscaled<uint32_t, uint32_t>(cpu, fields::LDUR_32 { word });
}

Flow LDURSW(Cpu& cpu, uint32_t word)
{
    return load_unscaled<int32_t, uint64_t>(cpu, fields::LDURSW { word });
}

Flow STUR_64(Cpu& cpu, uint32_t word)
{
    return store_unscaled<uint64_t>(cpu, fields::STUR_64 { word });
}

Flow LDUR_64(Cpu& cpu, uint32_t word)
{
    return load_unscaled<uint64_t, uint64_t>(cpu, fields::LDUR_64 { word });
}

Flow PRFUM(Cpu&, uint32_t)
{
    return Flow::Next;
}

}
