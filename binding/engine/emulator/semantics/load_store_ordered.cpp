#include "engine/emulator/semantics/load_store_support.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

// Acquire and release. LDAPR could be weaker than LDAR; limited ordering regions are all memory.
// [Arm DDI 0487, C6.2, LDAR, LDLAR, LDAPR, LDAPUR, STLR, STLLR, STLUR and their kin]
namespace dormouse::emulator::semantics {

namespace {

    // These must be aligned as long as the profile has no FEAT_LSE2.
    template <typename Memory, typename Result>
    inline Flow load_acquire(Cpu& cpu, unsigned rn, unsigned rt, uint64_t offset)
    {
        uint64_t base;
        if (!base_address(cpu, rn, base)) [[unlikely]]
            return Flow::Exception;
        Flow const flow = load_register<Memory, Result>(cpu, rt, base + offset, Access::MustBeAligned);
        acquire_fence();
        return flow;
    }

    template <typename Memory> inline Flow store_release(Cpu& cpu, unsigned rn, unsigned rt, uint64_t offset)
    {
        uint64_t base;
        if (!base_address(cpu, rn, base)) [[unlikely]]
            return Flow::Exception;
        release_fence();
        Flow const flow = store_register<Memory>(cpu, rt, base + offset, Access::MustBeAligned);
        // A later load-acquire must not overtake this store.
        full_fence();
        return flow;
    }

    template <typename Memory, typename Result, typename Fields> inline Flow load_ordered(Cpu& cpu, Fields f)
    {
        return load_acquire<Memory, Result>(cpu, f.Rn(), f.Rt(), 0);
    }

    template <typename Memory, typename Fields> inline Flow store_ordered(Cpu& cpu, Fields f)
    {
        return store_release<Memory>(cpu, f.Rn(), f.Rt(), 0);
    }

    template <typename Memory, typename Result, typename Fields> inline Flow load_ordered_unscaled(Cpu& cpu, Fields f)
    {
        return load_acquire<Memory, Result>(cpu, f.Rn(), f.Rt(), offset9(f));
    }

    template <typename Memory, typename Fields> inline Flow store_ordered_unscaled(Cpu& cpu, Fields f)
    {
        return store_release<Memory>(cpu, f.Rn(), f.Rt(), offset9(f));
    }

}

Flow STLLRB(Cpu& cpu, uint32_t word)
{
    return store_ordered<uint8_t>(cpu, fields::STLLRB { word });
}

Flow STLLRH(Cpu& cpu, uint32_t word)
{
    return store_ordered<uint16_t>(cpu, fields::STLLRH { word });
}

Flow STLLR_32(Cpu& cpu, uint32_t word)
{
    return store_ordered<uint32_t>(cpu, fields::STLLR_32 { word });
}

Flow STLLR_64(Cpu& cpu, uint32_t word)
{
    return store_ordered<uint64_t>(cpu, fields::STLLR_64 { word });
}

Flow STLRB(Cpu& cpu, uint32_t word)
{
    return store_ordered<uint8_t>(cpu, fields::STLRB { word });
}

Flow STLRH(Cpu& cpu, uint32_t word)
{
    return store_ordered<uint16_t>(cpu, fields::STLRH { word });
}

Flow STLR_32(Cpu& cpu, uint32_t word)
{
    return store_ordered<uint32_t>(cpu, fields::STLR_32 { word });
}

Flow STLR_64(Cpu& cpu, uint32_t word)
{
    return store_ordered<uint64_t>(cpu, fields::STLR_64 { word });
}

Flow LDLARB(Cpu& cpu, uint32_t word)
{
    return load_ordered<uint8_t, uint64_t>(cpu, fields::LDLARB { word });
}

Flow LDLARH(Cpu& cpu, uint32_t word)
{
    return load_ordered<uint16_t, uint64_t>(cpu, fields::LDLARH { word });
}

Flow LDLAR_32(Cpu& cpu, uint32_t word)
{
    return load_ordered<uint32_t, uint64_t>(cpu, fields::LDLAR_32 { word });
}

Flow LDLAR_64(Cpu& cpu, uint32_t word)
{
    return load_ordered<uint64_t, uint64_t>(cpu, fields::LDLAR_64 { word });
}

Flow LDARB(Cpu& cpu, uint32_t word)
{
    return load_ordered<uint8_t, uint64_t>(cpu, fields::LDARB { word });
}

Flow LDARH(Cpu& cpu, uint32_t word)
{
    return load_ordered<uint16_t, uint64_t>(cpu, fields::LDARH { word });
}

Flow LDAR_32(Cpu& cpu, uint32_t word)
{
    return load_ordered<uint32_t, uint64_t>(cpu, fields::LDAR_32 { word });
}

Flow LDAR_64(Cpu& cpu, uint32_t word)
{
    return load_ordered<uint64_t, uint64_t>(cpu, fields::LDAR_64 { word });
}

Flow LDAPRB(Cpu& cpu, uint32_t word)
{
    return load_ordered<uint8_t, uint64_t>(cpu, fields::LDAPRB { word });
}

Flow LDAPRH(Cpu& cpu, uint32_t word)
{
    return load_ordered<uint16_t, uint64_t>(cpu, fields::LDAPRH { word });
}

Flow LDAPR_32(Cpu& cpu, uint32_t word)
{
    return load_ordered<uint32_t, uint64_t>(cpu, fields::LDAPR_32 { word });
}

Flow LDAPR_64(Cpu& cpu, uint32_t word)
{
    return load_ordered<uint64_t, uint64_t>(cpu, fields::LDAPR_64 { word });
}

Flow STLURB(Cpu& cpu, uint32_t word)
{
    return store_ordered_unscaled<uint8_t>(cpu, fields::STLURB { word });
}

Flow LDAPURB(Cpu& cpu, uint32_t word)
{
    return load_ordered_unscaled<uint8_t, uint32_t>(cpu, fields::LDAPURB { word });
}

Flow LDAPURSB_64(Cpu& cpu, uint32_t word)
{
    return load_ordered_unscaled<int8_t, uint64_t>(cpu, fields::LDAPURSB_64 { word });
}

Flow LDAPURSB_32(Cpu& cpu, uint32_t word)
{
    return load_ordered_unscaled<int8_t, uint32_t>(cpu, fields::LDAPURSB_32 { word });
}

Flow STLURH(Cpu& cpu, uint32_t word)
{
    return store_ordered_unscaled<uint16_t>(cpu, fields::STLURH { word });
}

Flow LDAPURH(Cpu& cpu, uint32_t word)
{
    return load_ordered_unscaled<uint16_t, uint32_t>(cpu, fields::LDAPURH { word });
}

Flow LDAPURSH_64(Cpu& cpu, uint32_t word)
{
    return load_ordered_unscaled<int16_t, uint64_t>(cpu, fields::LDAPURSH_64 { word });
}

Flow LDAPURSH_32(Cpu& cpu, uint32_t word)
{
    return load_ordered_unscaled<int16_t, uint32_t>(cpu, fields::LDAPURSH_32 { word });
}

Flow STLUR_32(Cpu& cpu, uint32_t word)
{
    return store_ordered_unscaled<uint32_t>(cpu, fields::STLUR_32 { word });
}

Flow LDAPUR_32(Cpu& cpu, uint32_t word)
{
    return load_ordered_unscaled<uint32_t, uint32_t>(cpu, fields::LDAPUR_32 { word });
}

Flow LDAPURSW(Cpu& cpu, uint32_t word)
{
    return load_ordered_unscaled<int32_t, uint64_t>(cpu, fields::LDAPURSW { word });
}

Flow STLUR_64(Cpu& cpu, uint32_t word)
{
    return store_ordered_unscaled<uint64_t>(cpu, fields::STLUR_64 { word });
}

Flow LDAPUR_64(Cpu& cpu, uint32_t word)
{
    return load_ordered_unscaled<uint64_t, uint64_t>(cpu, fields::LDAPUR_64 { word });
}

}
