// Loads and stores of one or two SIMD&FP registers. [Arm DDI 0487, C4.1.94 "Loads and Stores"]
#include "base/bits.h"
#include "engine/emulator/cpu/memory_access.h"
#include "engine/emulator/semantics/integer_support.h"
#include "engine/emulator/semantics/sp_alignment.h"
#include "generated/a64_fields.h"
#include "generated/a64_semantics.h"

namespace dormouse::emulator::semantics {

namespace {

    template <typename T> bool load_lane_zero(Cpu& cpu, uint64_t address, Vector& result)
    {
        T value;
        if (!load(cpu, address, value)) [[unlikely]]
            return false;
        result = Vector {};
        result.set_lane<T>(0, value);
        return true;
    }

    // 1 << scale bytes, 0 <= scale <= 4; the rest of the register becomes zero.
    bool load_vector(Cpu& cpu, uint64_t address, unsigned scale, Vector& result)
    {
        switch (scale) {
        case 0: return load_lane_zero<uint8_t>(cpu, address, result);
        case 1: return load_lane_zero<uint16_t>(cpu, address, result);
        case 2: return load_lane_zero<uint32_t>(cpu, address, result);
        case 3: return load_lane_zero<uint64_t>(cpu, address, result);
        default: return load(cpu, address, result);
        }
    }

    bool store_vector(Cpu& cpu, uint64_t address, unsigned scale, Vector const& value)
    {
        switch (scale) {
        case 0: return store(cpu, address, value.lane<uint8_t>(0));
        case 1: return store(cpu, address, value.lane<uint16_t>(0));
        case 2: return store(cpu, address, value.lane<uint32_t>(0));
        case 3: return store(cpu, address, value.lane<uint64_t>(0));
        default: return store(cpu, address, value);
        }
    }

    template <typename Fields> unsigned access_scale(Fields f)
    {
        return f.opc1() << 2 | f.size();
    }
    template <typename Fields> uint64_t scaled_immediate(Fields f)
    {
        return uint64_t { f.imm12() } << access_scale(f);
    }
    template <typename Fields> uint64_t unscaled_immediate(Fields f)
    {
        return static_cast<uint64_t>(sign_extend(f.imm9(), 9));
    }
    template <typename Fields> uint64_t register_offset(Cpu const& cpu, Fields f)
    {
        return extend_register(cpu.x[f.Rm()], f.option()) << (f.S() ? access_scale(f) : 0);
    }

    enum class Index { Offset, Pre, Post };

    // Faults leave the base and the registers as they were.
    template <Index index, typename Fields> Flow load_one(Cpu& cpu, Fields f, uint64_t offset)
    {
        uint64_t base;
        if (!base_address(cpu, f.Rn(), base)) [[unlikely]]
            return Flow::Exception;
        uint64_t const moved = base + offset;
        if (!load_vector(cpu, index == Index::Post ? base : moved, access_scale(f), cpu.v[f.Rt()])) [[unlikely]]
            return fault(cpu);
        if constexpr (index != Index::Offset)
            cpu.set_x_or_sp(f.Rn(), moved);
        return Flow::Next;
    }

    template <Index index, typename Fields> Flow store_one(Cpu& cpu, Fields f, uint64_t offset)
    {
        uint64_t base;
        if (!base_address(cpu, f.Rn(), base)) [[unlikely]]
            return Flow::Exception;
        uint64_t const moved = base + offset;
        if (!store_vector(cpu, index == Index::Post ? base : moved, access_scale(f), cpu.v[f.Rt()])) [[unlikely]]
            return fault(cpu);
        if constexpr (index != Index::Offset)
            cpu.set_x_or_sp(f.Rn(), moved);
        return Flow::Next;
    }

    // Pairs: 4, 8 or 16 bytes each for opc 0, 1, 2; the offset counts in that unit.
    template <typename Fields> uint64_t pair_offset(Fields f)
    {
        return static_cast<uint64_t>(sign_extend(f.imm7(), 7)) << (2 + f.opc());
    }

    // Rt == Rt2 is CONSTRAINED UNPREDICTABLE; the second value stays. [Arm DDI 0487, K1.1.15]
    template <Index index, typename Fields> Flow load_two(Cpu& cpu, Fields f)
    {
        uint64_t base;
        if (!base_address(cpu, f.Rn(), base)) [[unlikely]]
            return Flow::Exception;
        unsigned const scale = 2 + f.opc();
        uint64_t const moved = base + pair_offset(f);
        uint64_t const address = index == Index::Post ? base : moved;
        Vector first;
        Vector second;
        if (!load_vector(cpu, address, scale, first)
            || !load_vector(cpu, address + (uint64_t { 1 } << scale), scale, second)) [[unlikely]]
            return fault(cpu);
        cpu.v[f.Rt()] = first;
        cpu.v[f.Rt2()] = second;
        if constexpr (index != Index::Offset)
            cpu.set_x_or_sp(f.Rn(), moved);
        return Flow::Next;
    }

    template <Index index, typename Fields> Flow store_two(Cpu& cpu, Fields f)
    {
        uint64_t base;
        if (!base_address(cpu, f.Rn(), base)) [[unlikely]]
            return Flow::Exception;
        unsigned const scale = 2 + f.opc();
        uint64_t const moved = base + pair_offset(f);
        uint64_t const address = index == Index::Post ? base : moved;
        if (!store_vector(cpu, address, scale, cpu.v[f.Rt()])
            || !store_vector(cpu, address + (uint64_t { 1 } << scale), scale, cpu.v[f.Rt2()])) [[unlikely]]
            return fault(cpu);
        if constexpr (index != Index::Offset)
            cpu.set_x_or_sp(f.Rn(), moved);
        return Flow::Next;
    }

}

Flow LDR_simd_literal(Cpu& cpu, uint32_t word)
{
    fields::LDR_simd_literal const f { word };
    uint64_t const address = cpu.pc + static_cast<uint64_t>(sign_extend(f.imm19(), 19)) * 4;
    return load_vector(cpu, address, 2 + f.opc(), cpu.v[f.Rt()]) ? Flow::Next : fault(cpu);
}

Flow LDR_simd_unsigned(Cpu& cpu, uint32_t word)
{
    fields::LDR_simd_unsigned const f { word };
    return load_one<Index::Offset>(cpu, f, scaled_immediate(f));
}

Flow LDR_simd_post(Cpu& cpu, uint32_t word)
{
    fields::LDR_simd_post const f { word };
    return load_one<Index::Post>(cpu, f, unscaled_immediate(f));
}

Flow LDR_simd_pre(Cpu& cpu, uint32_t word)
{
    fields::LDR_simd_pre const f { word };
    return load_one<Index::Pre>(cpu, f, unscaled_immediate(f));
}

Flow LDUR_simd(Cpu& cpu, uint32_t word)
{
    fields::LDUR_simd const f { word };
    return load_one<Index::Offset>(cpu, f, unscaled_immediate(f));
}

Flow LDR_simd_register(Cpu& cpu, uint32_t word)
{
    fields::LDR_simd_register const f { word };
    return load_one<Index::Offset>(cpu, f, register_offset(cpu, f));
}

Flow STR_simd_unsigned(Cpu& cpu, uint32_t word)
{
    fields::STR_simd_unsigned const f { word };
    return store_one<Index::Offset>(cpu, f, scaled_immediate(f));
}

Flow STR_simd_post(Cpu& cpu, uint32_t word)
{
    fields::STR_simd_post const f { word };
    return store_one<Index::Post>(cpu, f, unscaled_immediate(f));
}

Flow STR_simd_pre(Cpu& cpu, uint32_t word)
{
    fields::STR_simd_pre const f { word };
    return store_one<Index::Pre>(cpu, f, unscaled_immediate(f));
}

Flow STUR_simd(Cpu& cpu, uint32_t word)
{
    fields::STUR_simd const f { word };
    return store_one<Index::Offset>(cpu, f, unscaled_immediate(f));
}

Flow STR_simd_register(Cpu& cpu, uint32_t word)
{
    fields::STR_simd_register const f { word };
    return store_one<Index::Offset>(cpu, f, register_offset(cpu, f));
}

Flow LDNP_simd(Cpu& cpu, uint32_t word)
{
    return load_two<Index::Offset>(cpu, fields::LDNP_simd { word });
}

Flow LDP_simd(Cpu& cpu, uint32_t word)
{
    return load_two<Index::Offset>(cpu, fields::LDP_simd { word });
}

Flow LDP_simd_post(Cpu& cpu, uint32_t word)
{
    return load_two<Index::Post>(cpu, fields::LDP_simd_post { word });
}

Flow LDP_simd_pre(Cpu& cpu, uint32_t word)
{
    return load_two<Index::Pre>(cpu, fields::LDP_simd_pre { word });
}

Flow STNP_simd(Cpu& cpu, uint32_t word)
{
    return store_two<Index::Offset>(cpu, fields::STNP_simd { word });
}

Flow STP_simd(Cpu& cpu, uint32_t word)
{
    return store_two<Index::Offset>(cpu, fields::STP_simd { word });
}

Flow STP_simd_post(Cpu& cpu, uint32_t word)
{
    return store_two<Index::Post>(cpu, fields::STP_simd_post { word });
}

Flow STP_simd_pre(Cpu& cpu, uint32_t word)
{
    return store_two<Index::Pre>(cpu, fields::STP_simd_pre { word });
}

}
