#include "engine/emulator/semantics/load_store_support.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

// PC-relative. [Arm DDI 0487, C6.2, LDR (literal), LDRSW (literal), PRFM (literal)]
namespace dormouse::emulator::semantics {

namespace {

    template <typename Fields> inline uint64_t literal_address(Cpu const& cpu, Fields f)
    {
        return cpu.pc + (static_cast<uint64_t>(sign_extend(f.imm19(), 19)) << 2);
    }

}

Flow LDR_literal_32(Cpu& cpu, uint32_t word)
{
    fields::LDR_literal_32 const f { word };
    return load_register<uint32_t, uint32_t>(cpu, f.Rt(), literal_address(cpu, f));
}

Flow LDR_literal_64(Cpu& cpu, uint32_t word)
{
    fields::LDR_literal_64 const f { word };
    return load_register<uint64_t, uint64_t>(cpu, f.Rt(), literal_address(cpu, f));
}

Flow LDRSW_literal(Cpu& cpu, uint32_t word)
{
    fields::LDRSW_literal const f { word };
    return load_register<int32_t, uint64_t>(cpu, f.Rt(), literal_address(cpu, f));
}

Flow PRFM_literal(Cpu&, uint32_t)
{
    return Flow::Next;
}

}
