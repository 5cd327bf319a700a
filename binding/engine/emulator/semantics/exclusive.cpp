#include "engine/emulator/cpu/memory_access.h"
#include "engine/emulator/semantics/exclusive_support.h"
#include "engine/emulator/semantics/sp_alignment.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

// Load and store exclusive. The monitor is the loaded value: a store exclusive is a compare-exchange with it, see
// ExclusiveMonitor in cpu/cpu.h. [Arm DDI 0487, C6.2, LDXR, LDAXR, LDXP, LDAXP, STXR, STLXR, STXP, STLXP]
namespace dormouse::emulator::semantics {

namespace {

    // Two mappings of one page that differ in the tag byte are one location.
    constexpr uint64_t without_tag(uint64_t address)
    {
        return address & 0x00ff'ffff'ffff'ffff;
    }

    inline void arm(Cpu& cpu, uint64_t address, unsigned size, uint64_t low, uint64_t high)
    {
        cpu.exclusive = { true, static_cast<uint8_t>(size), without_tag(address), { low, high } };
    }

    // The acquire fence costs nothing on x86-64, so the plain forms have it as well.
    template <typename Memory, typename Fields> inline Flow load_exclusive(Cpu& cpu, Fields f)
    {
        uint64_t address;
        if (!base_address(cpu, f.Rn(), address)) [[unlikely]]
            return Flow::Exception;
        Memory value;
        if (!load(cpu, address, value, Access::MustBeAligned)) [[unlikely]]
            return fault(cpu);
        acquire_fence();
        arm(cpu, address, sizeof(Memory), value, 0);
        cpu.set_x(f.Rt(), value);
        return Flow::Next;
    }

    // Two registers of 32 bits are one access of 8 bytes.
    template <typename Fields> inline Flow load_exclusive_pair_32(Cpu& cpu, Fields f)
    {
        uint64_t address;
        if (!base_address(cpu, f.Rn(), address)) [[unlikely]]
            return Flow::Exception;
        uint64_t value;
        if (!load(cpu, address, value, Access::MustBeAligned)) [[unlikely]]
            return fault(cpu);
        acquire_fence();
        arm(cpu, address, 8, value, 0);
        cpu.x[f.Rt()] = static_cast<uint32_t>(value);
        cpu.set_x(f.Rt2(), value >> 32);
        return Flow::Next;
    }

    // The two halves may be from different moments: then the store exclusive fails, and only its success promises that
    // the pair was one value. [Arm DDI 0487, B2.2.1]
    template <typename Fields> inline Flow load_exclusive_pair_64(Cpu& cpu, Fields f)
    {
        uint64_t address;
        if (!base_address(cpu, f.Rn(), address)) [[unlikely]]
            return Flow::Exception;
        Vector value;
        if (!load(cpu, address, value, Access::MustBeAligned)) [[unlikely]]
            return fault(cpu);
        acquire_fence();
        arm(cpu, address, 16, value.d[0], value.d[1]);
        cpu.x[f.Rt()] = value.d[0];
        cpu.set_x(f.Rt2(), value.d[1]);
        return Flow::Next;
    }

    // Alignment and permissions are checked whether the monitor is armed or not, which the manual leaves to us.
    template <typename Memory, typename Fields>
    inline Flow store_exclusive(Cpu& cpu, Fields f, Memory expected, Memory desired)
    {
        uint64_t address;
        if (!base_address(cpu, f.Rn(), address)) [[unlikely]]
            return Flow::Exception;
        void* const pointer = atomic_pointer(cpu, address, sizeof(Memory), Access::StoreExclusive);
        if (pointer == nullptr) [[unlikely]]
            return fault(cpu);
        bool const held = cpu.exclusive.armed && cpu.exclusive.size == sizeof(Memory)
            && cpu.exclusive.address == without_tag(address);
        cpu.exclusive.armed = false;
        bool const stored = held && compare_exchange(pointer, expected, desired) == expected;
        cpu.set_x(f.Rs(), stored ? 0 : 1);
        return Flow::Next;
    }

    template <typename Memory, typename Fields> inline Flow store_exclusive_single(Cpu& cpu, Fields f)
    {
        return store_exclusive(cpu, f, static_cast<Memory>(cpu.exclusive.value[0]), static_cast<Memory>(cpu.x[f.Rt()]));
    }

    template <typename Fields> inline Flow store_exclusive_pair_32(Cpu& cpu, Fields f)
    {
        uint64_t const desired = cpu.x[f.Rt2()] << 32 | static_cast<uint32_t>(cpu.x[f.Rt()]);
        return store_exclusive(cpu, f, cpu.exclusive.value[0], desired);
    }

    template <typename Fields> inline Flow store_exclusive_pair_64(Cpu& cpu, Fields f)
    {
        return store_exclusive(
            cpu, f, join(cpu.exclusive.value[0], cpu.exclusive.value[1]), join(cpu.x[f.Rt()], cpu.x[f.Rt2()]));
    }

}

Flow LDXRB(Cpu& cpu, uint32_t word)
{
    return load_exclusive<uint8_t>(cpu, fields::LDXRB { word });
}

Flow LDXRH(Cpu& cpu, uint32_t word)
{
    return load_exclusive<uint16_t>(cpu, fields::LDXRH { word });
}

Flow LDXR_32(Cpu& cpu, uint32_t word)
{
    return load_exclusive<uint32_t>(cpu, fields::LDXR_32 { word });
}

Flow LDXR_64(Cpu& cpu, uint32_t word)
{
    return load_exclusive<uint64_t>(cpu, fields::LDXR_64 { word });
}

Flow LDAXRB(Cpu& cpu, uint32_t word)
{
    return load_exclusive<uint8_t>(cpu, fields::LDAXRB { word });
}

Flow LDAXRH(Cpu& cpu, uint32_t word)
{
    return load_exclusive<uint16_t>(cpu, fields::LDAXRH { word });
}

Flow LDAXR_32(Cpu& cpu, uint32_t word)
{
    return load_exclusive<uint32_t>(cpu, fields::LDAXR_32 { word });
}

Flow LDAXR_64(Cpu& cpu, uint32_t word)
{
    return load_exclusive<uint64_t>(cpu, fields::LDAXR_64 { word });
}

Flow LDXP_32(Cpu& cpu, uint32_t word)
{
    return load_exclusive_pair_32(cpu, fields::LDXP_32 { word });
}

Flow LDXP_64(Cpu& cpu, uint32_t word)
{
    return load_exclusive_pair_64(cpu, fields::LDXP_64 { word });
}

Flow LDAXP_32(Cpu& cpu, uint32_t word)
{
    return load_exclusive_pair_32(cpu, fields::LDAXP_32 { word });
}

Flow LDAXP_64(Cpu& cpu, uint32_t word)
{
    return load_exclusive_pair_64(cpu, fields::LDAXP_64 { word });
}

Flow STXRB(Cpu& cpu, uint32_t word)
{
    return store_exclusive_single<uint8_t>(cpu, fields::STXRB { word });
}

Flow STXRH(Cpu& cpu, uint32_t word)
{
    return store_exclusive_single<uint16_t>(cpu, fields::STXRH { word });
}

Flow STXR_32(Cpu& cpu, uint32_t word)
{
    return store_exclusive_single<uint32_t>(cpu, fields::STXR_32 { word });
}

Flow STXR_64(Cpu& cpu, uint32_t word)
{
    return store_exclusive_single<uint64_t>(cpu, fields::STXR_64 { word });
}

Flow STLXRB(Cpu& cpu, uint32_t word)
{
    return store_exclusive_single<uint8_t>(cpu, fields::STLXRB { word });
}

Flow STLXRH(Cpu& cpu, uint32_t word)
{
    return store_exclusive_single<uint16_t>(cpu, fields::STLXRH { word });
}

Flow STLXR_32(Cpu& cpu, uint32_t word)
{
    return store_exclusive_single<uint32_t>(cpu, fields::STLXR_32 { word });
}

Flow STLXR_64(Cpu& cpu, uint32_t word)
{
    return store_exclusive_single<uint64_t>(cpu, fields::STLXR_64 { word });
}

Flow STXP_32(Cpu& cpu, uint32_t word)
{
    return store_exclusive_pair_32(cpu, fields::STXP_32 { word });
}

Flow STXP_64(Cpu& cpu, uint32_t word)
{
    return store_exclusive_pair_64(cpu, fields::STXP_64 { word });
}

Flow STLXP_32(Cpu& cpu, uint32_t word)
{
    return store_exclusive_pair_32(cpu, fields::STLXP_32 { word });
}

Flow STLXP_64(Cpu& cpu, uint32_t word)
{
    return store_exclusive_pair_64(cpu, fields::STLXP_64 { word });
}

}
