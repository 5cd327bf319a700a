#pragma once

#include "engine/emulator/cpu/memory_access.h"
#include "engine/emulator/semantics/sp_alignment.h"

#include <array>
#include <cstdint>

// What the loads and stores of structures share: addresses, post-indexing, register lists.
namespace dormouse::emulator::semantics {

// Runs access(base address) and, in the post-index forms (which have Rm), moves the base by Rm or, when that is 31, by
// the bytes transferred. A fault leaves the base as it was.
template <typename Fields, typename Operation>
Flow with_structure_address(Cpu& cpu, Fields f, unsigned bytes, Operation access)
{
    uint64_t base;
    if (!base_address(cpu, f.Rn(), base)) [[unlikely]]
        return Flow::Exception;
    if (!access(base)) [[unlikely]]
        return fault(cpu);
    if constexpr (requires { f.Rm(); })
        cpu.set_x_or_sp(f.Rn(), base + (f.Rm() == 31 ? bytes : cpu.x[f.Rm()]));
    return Flow::Next;
}

// Consecutive registers, modulo 32. Loads collect first and put last, so that a fault changes none.
template <size_t Registers> void put_registers(Cpu& cpu, unsigned first, std::array<Vector, Registers> const& values)
{
    for (unsigned r = 0; r < Registers; r++)
        cpu.v[(first + r) % 32] = values[r];
}

// Whether [address, address + bytes) is in one page that the first-level TLB lets through: ordinary memory without
// alignment checks, where the size of the single accesses makes no difference.
inline bool tlb_reads(Cpu const& cpu, uint64_t address, unsigned bytes)
{
    return address - cpu.tlb[tlb_index(address)].tag_read <= kTlbPageSize - bytes;
}
inline bool tlb_writes(Cpu const& cpu, uint64_t address, unsigned bytes)
{
    return address - cpu.tlb[tlb_index(address)].tag_write <= kTlbPageSize - bytes;
}

}
