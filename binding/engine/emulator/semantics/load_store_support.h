#pragma once

#include "base/bits.h"
#include "engine/emulator/cpu/memory_access.h"
#include "engine/emulator/semantics/sp_alignment.h"

#include <cstdint>
#include <type_traits>

// What the loads and stores of general registers share. `Memory` is the type in memory, signed when the load extends
// the sign; `Result` is uint32_t or uint64_t, the register's size.
namespace dormouse::emulator::semantics {

enum class Index { Offset, Pre, Post };

template <typename Memory, typename Result>
inline Flow load_register(Cpu& cpu, unsigned rt, uint64_t address, Access access = Access::Normal)
{
    std::make_unsigned_t<Memory> value;
    if (!load(cpu, address, value, access)) [[unlikely]]
        return fault(cpu);
    cpu.set_x(rt, static_cast<Result>(static_cast<Memory>(value)));
    return Flow::Next;
}

template <typename Memory>
inline Flow store_register(Cpu& cpu, unsigned rt, uint64_t address, Access access = Access::Normal)
{
    if (!store(cpu, address, static_cast<Memory>(cpu.x[rt]), access)) [[unlikely]]
        return fault(cpu);
    return Flow::Next;
}

// [Xn|SP, #pimm], the immediate in units of the access.
template <typename Memory, typename Result, typename Fields> inline Flow load_unsigned(Cpu& cpu, Fields f)
{
    uint64_t base;
    if (!base_address(cpu, f.Rn(), base)) [[unlikely]]
        return Flow::Exception;
    return load_register<Memory, Result>(cpu, f.Rt(), base + f.imm12() * sizeof(Memory));
}

template <typename Memory, typename Fields> inline Flow store_unsigned(Cpu& cpu, Fields f)
{
    uint64_t base;
    if (!base_address(cpu, f.Rn(), base)) [[unlikely]]
        return Flow::Exception;
    return store_register<Memory>(cpu, f.Rt(), base + f.imm12() * sizeof(Memory));
}

template <typename Fields> inline uint64_t offset9(Fields f)
{
    return static_cast<uint64_t>(sign_extend(f.imm9(), 9));
}

// [Xn|SP, #simm], bytes.
template <typename Memory, typename Result, typename Fields>
inline Flow load_unscaled(Cpu& cpu, Fields f, Access access = Access::Normal)
{
    uint64_t base;
    if (!base_address(cpu, f.Rn(), base)) [[unlikely]]
        return Flow::Exception;
    return load_register<Memory, Result>(cpu, f.Rt(), base + offset9(f), access);
}

template <typename Memory, typename Fields>
inline Flow store_unscaled(Cpu& cpu, Fields f, Access access = Access::Normal)
{
    uint64_t base;
    if (!base_address(cpu, f.Rn(), base)) [[unlikely]]
        return Flow::Exception;
    return store_register<Memory>(cpu, f.Rt(), base + offset9(f), access);
}

// Pre- and post-index. The base is written after the access, which may fault, and after Rt, which may be the base.
template <Index index, typename Memory, typename Result, typename Fields> inline Flow load_indexed(Cpu& cpu, Fields f)
{
    uint64_t base;
    if (!base_address(cpu, f.Rn(), base)) [[unlikely]]
        return Flow::Exception;
    uint64_t const moved = base + offset9(f);
    Flow const flow = load_register<Memory, Result>(cpu, f.Rt(), index == Index::Pre ? moved : base);
    if (flow == Flow::Next) [[likely]]
        cpu.set_x_or_sp(f.Rn(), moved);
    return flow;
}

template <Index index, typename Memory, typename Fields> inline Flow store_indexed(Cpu& cpu, Fields f)
{
    uint64_t base;
    if (!base_address(cpu, f.Rn(), base)) [[unlikely]]
        return Flow::Exception;
    uint64_t const moved = base + offset9(f);
    Flow const flow = store_register<Memory>(cpu, f.Rt(), index == Index::Pre ? moved : base);
    if (flow == Flow::Next) [[likely]]
        cpu.set_x_or_sp(f.Rn(), moved);
    return flow;
}

// The table admits the options UXTW, LSL, SXTW and SXTX.
template <typename Memory, typename Fields> inline uint64_t register_offset(Cpu const& cpu, Fields f)
{
    uint64_t offset = cpu.x[f.Rm()];
    if ((f.option() & 1) == 0)
        offset = f.option() == 2 ? uint64_t { static_cast<uint32_t>(offset) }
                                 : static_cast<uint64_t>(int64_t { static_cast<int32_t>(offset) });
    return f.S() ? offset * sizeof(Memory) : offset;
}

template <typename Memory, typename Result, typename Fields> inline Flow load_register_offset(Cpu& cpu, Fields f)
{
    uint64_t base;
    if (!base_address(cpu, f.Rn(), base)) [[unlikely]]
        return Flow::Exception;
    return load_register<Memory, Result>(cpu, f.Rt(), base + register_offset<Memory>(cpu, f));
}

template <typename Memory, typename Fields> inline Flow store_register_offset(Cpu& cpu, Fields f)
{
    uint64_t base;
    if (!base_address(cpu, f.Rn(), base)) [[unlikely]]
        return Flow::Exception;
    return store_register<Memory>(cpu, f.Rt(), base + register_offset<Memory>(cpu, f));
}

}
