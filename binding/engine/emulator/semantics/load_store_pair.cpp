#include "engine/emulator/semantics/load_store_support.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

// Pairs; the non-temporal ones are the same without the hint. [Arm DDI 0487, C6.2, LDP, LDPSW, LDNP, STP, STNP]
namespace dormouse::emulator::semantics {

namespace {

    template <typename Memory, typename Fields> inline uint64_t pair_offset(Fields f)
    {
        return static_cast<uint64_t>(sign_extend(f.imm7(), 7)) * sizeof(Memory);
    }

    // Both parts are loaded before a register changes, so that a fault on the second leaves all as it was.
    template <Index index, typename Memory, typename Result, typename Fields> inline Flow load_pair(Cpu& cpu, Fields f)
    {
        uint64_t base;
        if (!base_address(cpu, f.Rn(), base)) [[unlikely]]
            return Flow::Exception;
        uint64_t const moved = base + pair_offset<Memory>(f);
        uint64_t const address = index == Index::Post ? base : moved;
        std::make_unsigned_t<Memory> first;
        std::make_unsigned_t<Memory> second;
        if (!load(cpu, address, first) || !load(cpu, address + sizeof(Memory), second)) [[unlikely]]
            return fault(cpu);
        cpu.x[f.Rt2()] = static_cast<Result>(static_cast<Memory>(second));
        cpu.set_x(f.Rt(), static_cast<Result>(static_cast<Memory>(first)));
        if (index != Index::Offset)
            cpu.set_x_or_sp(f.Rn(), moved);
        return Flow::Next;
    }

    template <Index index, typename Memory, typename Fields> inline Flow store_pair(Cpu& cpu, Fields f)
    {
        uint64_t base;
        if (!base_address(cpu, f.Rn(), base)) [[unlikely]]
            return Flow::Exception;
        uint64_t const moved = base + pair_offset<Memory>(f);
        uint64_t const address = index == Index::Post ? base : moved;
        if (!store(cpu, address, static_cast<Memory>(cpu.x[f.Rt()]))
            || !store(cpu, address + sizeof(Memory), static_cast<Memory>(cpu.x[f.Rt2()]))) [[unlikely]]
            return fault(cpu);
        if (index != Index::Offset)
            cpu.set_x_or_sp(f.Rn(), moved);
        return Flow::Next;
    }

}

Flow STP_32_offset(Cpu& cpu, uint32_t word)
{
    return store_pair<Index::Offset, uint32_t>(cpu, fields::STP_32_offset { word });
}

Flow LDP_32_offset(Cpu& cpu, uint32_t word)
{
    return load_pair<Index::Offset, uint32_t, uint32_t>(cpu, fields::LDP_32_offset { word });
}

Flow LDPSW_offset(Cpu& cpu, uint32_t word)
{
    return load_pair<Index::Offset, int32_t, uint64_t>(cpu, fields::LDPSW_offset { word });
}

Flow STP_64_offset(Cpu& cpu, uint32_t word)
{
    return store_pair<Index::Offset, uint64_t>(cpu, fields::STP_64_offset { word });
}

Flow LDP_64_offset(Cpu& cpu, uint32_t word)
{
    return load_pair<Index::Offset, uint64_t, uint64_t>(cpu, fields::LDP_64_offset { word });
}

Flow STP_32_post(Cpu& cpu, uint32_t word)
{
    return store_pair<Index::Post, uint32_t>(cpu, fields::STP_32_post { word });
}

Flow LDP_32_post(Cpu& cpu, uint32_t word)
{
    return load_pair<Index::Post, uint32_t, uint32_t>(cpu, fields::LDP_32_post { word });
}

Flow LDPSW_post(Cpu& cpu, uint32_t word)
{
    return load_pair<Index::Post, int32_t, uint64_t>(cpu, fields::LDPSW_post { word });
}

Flow STP_64_post(Cpu& cpu, uint32_t word)
{
    return store_pair<Index::Post, uint64_t>(cpu, fields::STP_64_post { word });
}

Flow LDP_64_post(Cpu& cpu, uint32_t word)
{
    return load_pair<Index::Post, uint64_t, uint64_t>(cpu, fields::LDP_64_post { word });
}

Flow STP_32_pre(Cpu& cpu, uint32_t word)
{
    return store_pair<Index::Pre, uint32_t>(cpu, fields::STP_32_pre { word });
}

Flow LDP_32_pre(Cpu& cpu, uint32_t word)
{
    return load_pair<Index::Pre, uint32_t, uint32_t>(cpu, fields::LDP_32_pre { word });
}

Flow LDPSW_pre(Cpu& cpu, uint32_t word)
{
    return load_pair<Index::Pre, int32_t, uint64_t>(cpu, fields::LDPSW_pre { word });
}

Flow STP_64_pre(Cpu& cpu, uint32_t word)
{
    return store_pair<Index::Pre, uint64_t>(cpu, fields::STP_64_pre { word });
}

Flow LDP_64_pre(Cpu& cpu, uint32_t word)
{
    return load_pair<Index::Pre, uint64_t, uint64_t>(cpu, fields::LDP_64_pre { word });
}

Flow STNP_32(Cpu& cpu, uint32_t word)
{
    return store_pair<Index::Offset, uint32_t>(cpu, fields::STNP_32 { word });
}

Flow LDNP_32(Cpu& cpu, uint32_t word)
{
    return load_pair<Index::Offset, uint32_t, uint32_t>(cpu, fields::LDNP_32 { word });
}

Flow STNP_64(Cpu& cpu, uint32_t word)
{
    return store_pair<Index::Offset, uint64_t>(cpu, fields::STNP_64 { word });
}

Flow LDNP_64(Cpu& cpu, uint32_t word)
{
    return load_pair<Index::Offset, uint64_t, uint64_t>(cpu, fields::LDNP_64 { word });
}

}
