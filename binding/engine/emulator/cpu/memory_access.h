#pragma once

#include "engine/emulator/cpu/cpu.h"

#include <atomic>
#include <cstdint>
#include <cstring>
#include <utility>

namespace dormouse::emulator {

// How a semantic function wants its access done beyond "normal".
enum class Access : uint32_t {
    Normal = 0,
    Unprivileged = 1 << 0, // LDTR, STTR: EL0's permissions
    MustBeAligned = 1 << 1, // exclusives, atomics, acquire/release: a misaligned address faults
    Atomic = 1 << 2, // reads as well as it writes: ESR.WnR tells which of both failed
    StoreExclusive = 1 << 3, // writes memory that atomic_pointer() gave, and does not read it
};
constexpr Access operator|(Access a, Access b)
{
    return static_cast<Access>(static_cast<uint32_t>(a) | static_cast<uint32_t>(b));
}
constexpr bool has(Access set, Access flag)
{
    return static_cast<uint32_t>(set) & static_cast<uint32_t>(flag);
}

// Slow paths (mmu/slow_path.cpp): translate, check, fill the TLB, do device accesses, split accesses that cross a page.
// false: Cpu::exception (or Cpu::stop, when the guest is in the weeds) is filled; nothing was stored (an access that
// crosses pages is checked on both before either is written).
bool load_slow(Cpu&, uint64_t address, unsigned size, void* value, Access);
bool store_slow(Cpu&, uint64_t address, unsigned size, void const* value, Access);
// Host address of naturally aligned, writable Normal memory for atomics; null as above. Device memory gives an abort
// with the fault status "unsupported exclusive or atomic access".
void* atomic_slow(Cpu&, uint64_t address, unsigned size, Access);

// What a semantic function returns when a memory helper said false.
inline Flow fault(Cpu const& cpu);

// The volatile access through a may_alias type is one host load or store whatever the alignment, which is what keeps an
// aligned guest access single-copy atomic. [Arm DDI 0487, B2.2.1]
template <typename T> struct __attribute__((packed, may_alias)) Unaligned {
    T value;
};

template <typename T> T host_load(void const* pointer)
{
    if constexpr (sizeof(T) == 16) {
        T value;
        std::memcpy(&value, pointer, 16);
        return value;
    } else {
        return static_cast<Unaligned<T> const volatile*>(pointer)->value;
    }
}

template <typename T> void host_store(void* pointer, T value)
{
    if constexpr (sizeof(T) == 16)
        std::memcpy(pointer, &value, 16);
    else
        static_cast<Unaligned<T> volatile*>(pointer)->value = value;
}

// T: uint8_t, uint16_t, uint32_t, uint64_t or Vector. On false return fault(cpu).
template <typename T> inline bool load(Cpu& cpu, uint64_t address, T& value, Access access = Access::Normal)
{
    TlbEntry const& entry = (has(access, Access::Unprivileged) ? cpu.tlb_unprivileged : cpu.tlb)[tlb_index(address)];
    bool const misaligned = has(access, Access::MustBeAligned) && address % sizeof(T) != 0;
    if (address - entry.tag_read <= kTlbPageSize - sizeof(T) && !misaligned) [[likely]] {
        value = host_load<T>(reinterpret_cast<void const*>(address + entry.host_addend));
        return true;
    }
    return load_slow(cpu, address, sizeof(T), &value, access);
}

template <typename T> inline bool store(Cpu& cpu, uint64_t address, T value, Access access = Access::Normal)
{
    TlbEntry const& entry = (has(access, Access::Unprivileged) ? cpu.tlb_unprivileged : cpu.tlb)[tlb_index(address)];
    bool const misaligned = has(access, Access::MustBeAligned) && address % sizeof(T) != 0;
    if (address - entry.tag_write <= kTlbPageSize - sizeof(T) && !misaligned) [[likely]] {
        host_store<T>(reinterpret_cast<void*>(address + entry.host_addend), value);
        return true;
    }
    return store_slow(cpu, address, sizeof(T), &value, access);
}

// Host pointer to do an atomic operation on with __atomic builtins, or null: then return fault(cpu).
// `size` 1, 2, 4, 8 or 16; the address must be aligned to it.
inline void* atomic_pointer(Cpu& cpu, uint64_t address, unsigned size, Access access = Access::Normal)
{
    TlbEntry const& entry = cpu.tlb[tlb_index(address)];
    if (address - entry.tag_write < kTlbPageSize && address % size == 0) [[likely]]
        return reinterpret_cast<void*>(address + entry.host_addend);
    return atomic_slow(cpu, address, size, access | Access::MustBeAligned | Access::Atomic);
}

// Memory helpers that fail leave either an exception or a stop behind; `pending_stop` tells which.
inline Flow fault(Cpu const& cpu)
{
    return std::holds_alternative<engine::ExitMemoryFault>(cpu.stop) ? Flow::Stop : Flow::Exception;
}

// Guest barriers and acquire/release on the host. An x86-64 host orders all but store-load; an arm64 host needs each.
// STLR then LDAR must not be reordered, hence the full fence after a release store. [Arm DDI 0487, B2.3]
inline void acquire_fence()
{
    std::atomic_thread_fence(std::memory_order_acquire);
}
inline void release_fence()
{
    std::atomic_thread_fence(std::memory_order_release);
}
inline void full_fence()
{
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

}
