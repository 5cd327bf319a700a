#pragma once

#include <cstdint>

// Compare-exchange on host memory, 1 to 16 bytes, sequentially consistent: as strong as any guest form asks for.
namespace dormouse::emulator::semantics {

__extension__ using UnsignedInt128 = unsigned __int128;

constexpr UnsignedInt128 join(uint64_t low, uint64_t high)
{
    return UnsignedInt128 { high } << 64 | low;
}

// Stores `desired` when memory holds `expected`; returns what memory held.
// Sixteen bytes go through the older builtin: __atomic_compare_exchange_n becomes a library call that may take a lock,
// which other sizes at the same address would not respect.
template <typename T> inline T compare_exchange(void* pointer, T expected, T desired)
{
    if constexpr (sizeof(T) == 16) {
        return __sync_val_compare_and_swap(static_cast<T*>(pointer), expected, desired);
    } else {
        T held = expected;
        __atomic_compare_exchange_n(
            static_cast<T*>(pointer), &held, desired, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
        return held;
    }
}

}
